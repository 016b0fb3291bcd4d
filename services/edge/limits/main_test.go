//go:build unix

// Package limits_test has tests of what bodies and connections cost the edge in memory.
package limits_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
