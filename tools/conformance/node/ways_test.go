package node_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A way is how a client of the driver comes to an endpoint. Its JSON is what client.js reads.
type way struct {
	Name string `json:"name"`
	// Kind is the protocol of the client: http1, http1s, or h2, which is over TLS.
	Kind     string `json:"kind"`
	Straight bool   `json:"straight"` // without a gateway
	Relay    bool   `json:"relay"`
	Address  string `json:"address"`
	Secure   bool   `json:"secure"`
	Expects  string `json:"expects"` // the name in the certificate
	// Cluster is the protocol of the endpoint, and the first part of every path.
	Cluster string `json:"cluster"`
}

// kinds are the endpoint's protocols that a client of each kind can have without a gateway, and
// those that it can have through the edge.
var kinds = map[string][]string{
	"http1":  {"http1", "http1s", "h2c", "h2"},
	"http1s": {"http1", "http1s", "h2"},
	"h2":     {"http1", "http1s", "h2c", "h2"},
}

// layWays starts an edge and a relay in front of the endpoints, by their protocols.
func layWays(t *testing.T, dir string, endpoints map[string]string) (ways []way) {
	t.Helper()
	edge := testkit.StartEdge(t, edgeConfig(dir, endpoints))
	relay := testkit.StartRelay(t, relayConfig(endpoints))
	for kind, clusters := range kinds {
		secure := kind != "http1"
		ways = append(ways, way{
			Name: kind + " straight", Kind: kind, Straight: true, Address: endpoints[kind],
			Secure: secure, Expects: testkit.EndpointName, Cluster: kind,
		}, way{
			Name: kind + " through the relay", Kind: kind, Relay: true, Address: relay.Addr(kind),
			Secure: secure, Expects: testkit.EndpointName, Cluster: kind,
		})
		listener := "plain"
		if secure {
			listener = "tls"
		}
		for _, cluster := range clusters {
			ways = append(ways, way{
				Name: kind + " through the edge to " + cluster, Kind: kind, Secure: secure,
				Address: edge.Addr(listener), Expects: testkit.FrontName, Cluster: cluster,
			})
		}
	}
	return ways
}

func edgeConfig(dir string, endpoints map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - name: tls
    address: "127.0.0.1:0"
    tls: {certificates: [{cert: %[1]q, key: %[2]q}]}
admin: {address: "127.0.0.1:0"}
access_log: {output: "off"}
clusters:
`, filepath.Join(dir, "front.pem"), filepath.Join(dir, "front.key"))
	for name, address := range endpoints {
		security := "{mode: none}"
		if name == "h2" || name == "http1s" {
			security = fmt.Sprintf("{mode: tls, ca: %q, server_name: %s}",
				filepath.Join(dir, "ca.pem"), testkit.EndpointName)
		}
		fmt.Fprintf(&b, "  - {name: %s, protocol: %s, security: %s, endpoints: [{address: %q}]}\n",
			name, strings.TrimSuffix(name, "s"), security, address)
	}
	b.WriteString("routes:\n")
	for name := range endpoints {
		// A case that lets the endpoint fail counts how often it was asked.
		fmt.Fprintf(&b, "  - {name: %s, path_prefix: /%[1]s, cluster: %[1]s, "+
			"retry: {attempts: 1}}\n", name)
	}
	return b.String()
}

func relayConfig(endpoints map[string]string) string {
	var b strings.Builder
	b.WriteString("version: 1\nlisteners:\n")
	for name := range endpoints {
		fmt.Fprintf(&b, "  - {name: %s, address: \"127.0.0.1:0\", protocol: tcp, cluster: %[1]s}\n",
			name)
	}
	b.WriteString("clusters:\n")
	for name, address := range endpoints {
		fmt.Fprintf(&b, "  - {name: %s, endpoints: [{address: %q}]}\n", name, address)
	}
	b.WriteString("routes: []\nadmin: {address: \"127.0.0.1:0\"}\n")
	return b.String()
}

// certify writes the certificates of edge and endpoints, and that of their authority, into dir.
func certify(t *testing.T, dir string) {
	t.Helper()
	authority := testkit.NewAuthority(t)
	authority.Leaf(t, nil, testkit.FrontName).Write(t, dir, "front")
	authority.Leaf(t, nil, testkit.EndpointName).Write(t, dir, "endpoint")
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
}
