// Package websocket_test has tests of tunnels: WebSockets over each protocol, other upgrades, and
// CONNECT.
package websocket_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
