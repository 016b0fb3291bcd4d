package rig

import (
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// The proxies of TCP all listen at the address and lead to the upstream, and the relay takes its
// configuration.
func TestProxiesOfTCPAreConfigured(t *testing.T) {
	s := Site{Dir: t.TempDir(), Upstream: "127.0.0.1:18001", Duty: Carry("row")}
	for name, make := range map[string]func(Site, Found, string) (Server, error){
		Relay: RelayProxy, "haproxy": HAProxyTCP, "nginx": NginxStream,
	} {
		server, err := make(s, Found{Path: "program", Version: "1"}, "127.0.0.1:18002")
		if err != nil {
			t.Fatal(err)
		}
		if server.Name != name || server.Argv[0] != "program" {
			t.Errorf("%+v", server)
		}
		file := server.Argv[len(server.Argv)-1]
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(file, "row-") || !strings.Contains(string(text), "127.0.0.1:18001") ||
			!strings.Contains(string(text), "127.0.0.1:18002") {
			t.Errorf("%s: %s\n%s", name, file, text)
		}
		if name == Relay {
			if _, problems := config.Decode("relay.yaml", text); len(problems) > 0 {
				t.Error(problems)
			}
		}
	}
}
