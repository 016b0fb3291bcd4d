package dashboards

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A process is one of the fleet's, with the job that Prometheus knows it by.
type process struct{ job, admin string }

// A site is a fleet of every service: one edge that has and uses all there is, two that follow
// config-sync, a relay, config-sync and a health aggregator.
type site struct {
	processes  []process
	edge       *testkit.Process // with its own configuration
	relay      *testkit.Process
	followers  []*testkit.Process
	sync       configpb.ConfigSyncClient
	upstreams  []*testkit.Upstream // of the cluster shop
	configured string              // of edge
}

const spec = `openapi: 3.1.0
info: {title: shop, version: "1"}
paths:
  /api/users: {get: {responses: {"200": {description: users}}}}
`

// team is the user "ana" with the password "myPassword".
const team = "ana:$2y$05$" + "mHvzTGgJGpRCxLNqDxJRGe8yEGsxmx5d1a7V0WYxhSx8y8P2nL9xG\n"

func edgeConfig(ring string, shop, nobody []string, shadow, cert, key string) string {
	return fmt.Sprintf(`version: 1
admin: {address: "127.0.0.1:0"}
listeners:
  - {name: public, address: "127.0.0.1:0", limits: {max_connections: 200}}
  - {name: secure, address: "127.0.0.1:0", tls: {certificates: [{cert: %q, key: %q}]}}
gossip: {bind: "127.0.0.1:0", join: [%q], name: edge-1}
auth: {basic: [{name: team, realm: staff, file: users}]}
clusters:
  - {name: sealed, endpoints: [{address: "127.0.0.1:9"}], security: {mode: tls, ca: %q, server_name: a}}
  - name: shop
    endpoints: [{address: %q}, {address: %q}, {address: %q}]
    health: {active: {type: http, path: /, interval: 1s, timeout: 500ms}}
  - {name: shadow, endpoints: [{address: %q}]}
  - {name: gone, endpoints: [{address: %q}, {address: %q}]}
routes:
  - {name: shop, cluster: shop, compress: {min_bytes: 1}, mirror: {cluster: shadow}}
  - name: search
    path_prefix: /search
    cluster: shop
    rate_limit: {requests: 20, per: 1s}
    limit: {concurrent: 2, least: 1, adaptive: true}
  - {name: staff, path_prefix: /staff, cluster: shop, auth: {basic: team}}
  - {name: api, path_prefix: /api, cluster: shop, openapi: {spec: api.yaml, requests: enforce}}
  - {name: gone, path_prefix: /gone, cluster: gone}
`, cert, key, ring, cert, shop[0], shop[1], shop[2], shadow, nobody[0], nobody[1])
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// answer is an upstream with a text that is worth coding.
func answer(t *testing.T) *testkit.Upstream {
	t.Helper()
	body := strings.Repeat("the shop has many things, and this is one of them\n", 40)
	return testkit.NewUpstream(t, testkit.Answer(fmt.Sprintf(
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(body),
		body)))
}

// run starts a service in a folder of its own, with more files in it.
func run(
	t *testing.T, start func(dir, config string) (*testkit.Process, error), config string,
	files map[string]string,
) *testkit.Process {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := start(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%.3000s", p.Stderr())
		}
	})
	return p
}

var adminLine = regexp.MustCompile(`configsync: admin: http://(\S+)`)

// startSite starts the fleet. Those that have a memory limit tell of their memory.
func startSite(t *testing.T) *site {
	t.Helper()
	t.Setenv("GOMEMLIMIT", "256MiB")
	s := &site{}
	var shop []string
	for range 3 {
		u := answer(t)
		s.upstreams, shop = append(s.upstreams, u), append(shop, u.Addr())
	}
	ring, dir := free(t), t.TempDir()
	agg := run(t, testkit.RunHealthagg, fmt.Sprintf(`version: 1
admin: {address: "127.0.0.1:0"}
healthagg: {address: "127.0.0.1:0"}
gossip: {bind: %q, name: agg-1}
`, ring), nil)
	cert, key := testkit.NewAuthority(t).Leaf(t, nil, "shop.example").Write(t, dir, "shop")
	s.configured = edgeConfig(ring, shop, []string{free(t), free(t)}, answer(t).Addr(), cert, key)
	s.edge = run(t, testkit.RunEdge, s.configured,
		map[string]string{"users": team, "api.yaml": spec})
	s.relay = run(t, testkit.RunRelay, fmt.Sprintf(`version: 1
admin: {address: "127.0.0.1:0"}
listeners:
  - {name: tcp, address: "127.0.0.1:0", protocol: tcp, cluster: shop}
  - {name: dead, address: "127.0.0.1:0", protocol: tcp, cluster: gone}
gossip: {bind: "127.0.0.1:0", join: [%q], name: relay-1}
clusters:
  - name: shop
    endpoints: [{address: %q}, {address: %q}]
    health: {active: {type: tcp, interval: 1s, timeout: 500ms}}
  - {name: gone, endpoints: [{address: %q}]}
`, ring, shop[0], shop[1], free(t)), nil)
	sync := testkit.StartConfigsync(t, "--admin", "127.0.0.1:0", "--store",
		filepath.Join(dir, "history"))
	conn, err := grpc.NewClient(sync.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s.sync = configpb.NewConfigSyncClient(conn)
	for i := range 2 {
		s.followers = append(s.followers, run(t, testkit.RunEdge, fmt.Sprintf(`version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
gossip: {bind: "127.0.0.1:0", join: [%q], name: edge-%d}
config_sync: {address: %q, node: edge-%[2]d, cache: last-good.yaml}
`, ring, i+2, sync.Address), nil))
	}
	s.processes = []process{
		{"gateway-edge", s.edge.Addr("admin")},
		{"gateway-edge", s.followers[0].Addr("admin")},
		{"gateway-edge", s.followers[1].Addr("admin")},
		{"gateway-relay", s.relay.Addr("admin")},
		{"gateway-healthagg", agg.Addr("admin")},
	}
	testkit.Within(t, patience, "config-sync says where its metrics are", func() bool {
		return adminLine.MatchString(sync.Stderr())
	})
	s.processes = append(s.processes,
		process{"gateway-configsync", adminLine.FindStringSubmatch(sync.Stderr())[1]})
	return s
}

// published is a configuration for the followers.
func (s *site) published(text string) []byte {
	return fmt.Appendf(nil, `version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
access_log: {output: "off"}
clusters: [{name: shop, endpoints: [{address: %q}, {address: %q}]}]
routes: [{name: shop, cluster: shop, headers: {request: {set: {X-Fleet: %q}}}}]
`, s.upstreams[0].Addr(), s.upstreams[1].Addr(), text)
}
