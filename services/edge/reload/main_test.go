//go:build unix

// Package reload_test has tests of changes of the configuration while the edge runs.
package reload_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
