// Package admin_test has tests of what operators see of the edge: its admin API and its access log.
package admin_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
