package http2_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestH2spec(t *testing.T) {
	for name, secure := range map[string]bool{"h2c": false, "tls": true} {
		t.Run(name, func(t *testing.T) {
			s := listen(t, hello, func(s *server) {
				if secure {
					withTLS(t, s)
				}
			})
			testkit.H2Spec(t, s.addr(), secure)
		})
	}
}
