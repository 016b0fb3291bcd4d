package netx_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// keepsAlive is not asked of Windows.
func keepsAlive(*testing.T, netx.Conn) bool { return true }
