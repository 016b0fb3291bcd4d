// Package counted_test holds the metrics of an edge against what its clients and endpoints have
// counted themselves.
package counted_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
