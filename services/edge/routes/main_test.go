// Package routes_test has tests of what a route does: rewrite, split, retry, and wait for a
// connection.
package routes_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
