// Package health_test has tests of health: what the edge makes of its endpoints' behaviour, alone
// and in a ring.
package health_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
