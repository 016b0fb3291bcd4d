// Package drain_test has tests of the end of an edge: what is in flight when it is told to stop.
package drain_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
