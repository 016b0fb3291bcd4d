// Package vectors_test holds the edge against several hundred conversations, each given down to
// the byte.
package vectors_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
