package hostname_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

func TestLoopbackHasManyNames(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "LocalHost.": true,
		"127.0.0.1": true, "127.1.2.3": true, "::1": true, "[::1]": true,
		"::ffff:127.0.0.1": true,
		"":                 false, "0.0.0.0": false, "::": false, "localhost..": false,
		"localhost.example": false,
		"notlocalhost":      false, "192.0.2.1": false, ".": false,
	} {
		if hostname.Loopback(host) != want {
			t.Errorf("%q: %v, want %v", host, !want, want)
		}
	}
}
