package exposed_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// patience bounds what takes seconds on a quiet machine.
const patience = 3 * time.Minute

// A site is one process of each service, with all that there is in use.
type site struct {
	t       *testing.T
	admin   map[string]string // by service
	edge    *testkit.Process
	relay   *testkit.Process
	sync    configpb.ConfigSyncClient
	release chan struct{} // ends the requests that hold a connection
	key     [2]string     // of the issuer of tokens: its coordinates
}

const spec = `openapi: 3.1.0
info: {title: shop, version: "1"}
paths:
  /api/users: {post: {requestBody: {content: {application/json: {schema: {type: object}}}},
    responses: {"200": {description: users}}}}
`

// team is somebody who never comes: "ana", with the password "myPassword".
const team = "ana:$2y$05$" + "mHvzTGgJGpRCxLNqDxJRGe8yEGsxmx5d1a7V0WYxhSx8y8P2nL9xG\n"

const edgeConfig = `version: 1
admin: {address: "127.0.0.1:0"}
access_log: {output: "off"}
listeners:
  - {name: public, address: "127.0.0.1:0", limits: {max_connections: 50}}
  - {name: secure, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}]}}
  - {name: narrow, address: "127.0.0.1:0", limits: {max_connections: 1}}
gossip: {bind: "127.0.0.1:0", join: ["%[1]s"], name: edge-1}
config_sync: {address: "%[2]s", node: edge-1, cache: last-good.yaml}
auth:
  basic: [{name: team, realm: staff, file: users}]
  jwt: [{name: main, issuer: "https://id.test", audiences: [shop], algorithms: [ES256],
    jwks: {url: "%[3]s/keys"}}]
clusters:
  - {name: sealed, endpoints: [{address: "127.0.0.1:9"}], security: {mode: tls, ca: front.pem, server_name: a}}
  - name: shop
    endpoints: [{address: "%[4]s"}]
    sticky: {cookie: gw}
    health: {active: {type: http, path: /, interval: 200ms, timeout: 100ms}}
  - {name: shadow, endpoints: [{address: "%[4]s"}]}
  - {name: secured, security: {mode: tls, insecure_skip_verify: true},
    endpoints: [{address: "%[5]s"}]}
  - {name: gone, endpoints: [{address: "127.0.0.1:1"}, {address: "127.0.0.1:2"}]}
  - {name: few, endpoints: [{address: "%[4]s"}], limits: {max_connections: 1, max_pending: 1}}
routes:
  - {name: shop, cluster: shop, compress: {min_bytes: 1}, mirror: {cluster: shadow, compare: {}}}
  - name: search
    path_prefix: /search
    cluster: shop
    rate_limit: {requests: 20, per: 1s}
    limit: {concurrent: 2, least: 1, adaptive: true}
  - {name: staff, path_prefix: /staff, cluster: shop, auth: {basic: team}}
  - {name: tokens, path_prefix: /tokens, cluster: shop, auth: {jwt: main}}
  - {name: api, path_prefix: /api, cluster: shop, openapi: {spec: api.yaml, requests: enforce}}
  - {name: gone, path_prefix: /gone, cluster: gone, retry: {attempts: 2, on: [connect]}}
  - {name: secured, path_prefix: /secured, cluster: secured}
  - {name: few, path_prefix: /few, cluster: few}
  - {name: shared, path_prefix: /shared, cluster: shop, rate_limit: {requests: 9, scope: fleet}}
`

// run starts a service in a folder of its own, with files in it.
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

// endpoint answers at once, but /few when it is told to.
func (s *site) endpoint() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/keys":
			fmt.Fprintf(w, `{"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "1", `+
				`"x": %q, "y": %q}]}`, s.key[0], s.key[1])
			return
		case "/few":
			select {
			case <-s.release:
			case <-r.Context().Done():
			}
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, strings.Repeat("the shop has many things\n", 100))
	})
}

func startSite(t *testing.T) *site {
	t.Helper()
	t.Setenv("GOMEMLIMIT", "512MiB") // those with a limit tell of their memory
	s := &site{t: t, admin: map[string]string{}, release: make(chan struct{})}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes() // 4, then the coordinates
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range [][]byte{point[1:33], point[33:]} {
		s.key[i] = base64.RawURLEncoding.EncodeToString(part)
	}
	plain, secured := httptest.NewServer(s.endpoint()), httptest.NewTLSServer(s.endpoint())
	t.Cleanup(plain.Close)
	t.Cleanup(secured.Close)
	endpoint := plain.Listener.Addr().String()

	sync := testkit.StartConfigsync(t, "--admin", "127.0.0.1:0", "--store",
		filepath.Join(t.TempDir(), "history"))
	s.admin["configsync"] = adminOf(t, "configsync", sync.Stderr)
	conn, err := grpc.NewClient(sync.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s.sync = configpb.NewConfigSyncClient(conn)

	agg := run(t, testkit.RunHealthagg, fmt.Sprintf(`version: 1
admin: {address: "127.0.0.1:0"}
healthagg: {address: "127.0.0.1:0"}
gossip: {bind: "127.0.0.1:0", name: agg-1}
clusters: [{name: shop, endpoints: [{address: %q}], health: {active: {type: tcp, interval: 200ms,
  timeout: 100ms, from: aggregator}}}]
`, endpoint), nil)
	s.admin["healthagg"] = agg.Addr("admin")
	ring := regexp.MustCompile(`gossip: \S*?(127\.0\.0\.1:\d+)`).FindStringSubmatch(agg.Stderr())
	if ring == nil {
		t.Fatalf("healthagg does not say where its ring is:\n%s", agg.Stderr())
	}
	leaf := testkit.NewAuthority(t).Leaf(t, nil, "shop.example")
	s.edge = run(t, testkit.RunEdge, fmt.Sprintf(edgeConfig, ring[1], sync.Address, plain.URL,
		endpoint, secured.Listener.Addr()), map[string]string{
		"users": team, "api.yaml": spec, "front.pem": string(leaf.Cert),
		"front.key": string(leaf.Key),
	})
	s.admin["edge"] = s.edge.Addr("admin")
	s.relay = run(t, testkit.RunRelay, fmt.Sprintf(`version: 1
admin: {address: "127.0.0.1:0"}
listeners:
  - {name: tcp, address: "127.0.0.1:0", protocol: tcp, cluster: shop}
  - {name: narrow, address: "127.0.0.1:0", protocol: tcp, cluster: shop,
    limits: {max_connections: 1}}
gossip: {bind: "127.0.0.1:0", join: [%q], name: relay-1}
config_sync: {address: %q, node: relay-1, cache: last-good.yaml}
clusters: [{name: shop, endpoints: [{address: %q}], health: {active: {type: tcp, interval: 200ms,
  timeout: 100ms}}}]
`, ring[1], sync.Address, endpoint), nil)
	s.admin["relay"] = s.relay.Addr("admin")
	s.startGateway()
	return s
}

// startGateway starts `gateway run`, with the configuration that is built in.
func (s *site) startGateway() {
	path, err := testkit.GatewayBinary()
	if err != nil {
		s.t.Fatal(err)
	}
	dir := s.t.TempDir()
	file := filepath.Join(dir, "gateway.yaml")
	if err := os.WriteFile(file, []byte(`version: 1
admin: {address: "127.0.0.1:0"}
listeners: [{name: public, address: "127.0.0.1:0"}]
routes: [{name: all, respond: {body: hello}}]
`), 0o600); err != nil {
		s.t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "run", "--config", file)
	cmd.Dir, cmd.Stderr = dir, log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		_ = log.Close()
	})
	s.admin["gateway"] = adminOf(s.t, "gateway", func() string {
		text, err := os.ReadFile(log.Name())
		if err != nil {
			s.t.Error(err)
		}
		return string(text)
	})
}

// adminOf waits until a program has said where its admin API is.
func adminOf(t *testing.T, name string, said func() string) (address string) {
	t.Helper()
	line := regexp.MustCompile(name + `: admin: http://(\S+)`)
	testkit.Within(t, patience, name+" says where its admin API is", func() bool {
		m := line.FindStringSubmatch(said())
		if m != nil {
			address = m[1]
		}
		return m != nil
	})
	return address
}

// request sends a request on a connection of its own. What comes of it is in the metrics.
func request(address, text string) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte(text)); err == nil {
		_, _ = c.Read(make([]byte, 1))
	}
}

// get asks for a path.
func get(address, path string, fields ...string) {
	fields = append([]string{"GET " + path + " HTTP/1.1", "Host: shop.example"}, fields...)
	request(address, strings.Join(fields, "\r\n")+"\r\nConnection: close\r\n\r\n")
}

// use has the site do once what each metric counts.
func (s *site) use() {
	public := s.edge.Addr("public")
	get(public, "/", "Accept-Encoding: gzip")
	for range 4 { // an adaptive limit learns from ten
		get(public, "/search")
	}
	get(public, "/staff", "Authorization: Basic YW5hOndyb25n")
	get(public, "/tokens")
	get(public, "/api/nothing")
	request(public, "POST /api/users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"+
		"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}")
	get(public, "/gone")
	get(public, "/secured")
	get(s.edge.Addr("secure"), "/") // no TLS: the handshake fails
	secure := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: trusting(),
	}}
	if resp, err := secure.Get("https://" + s.edge.Addr("secure") + "/"); err == nil {
		_ = resp.Body.Close()
	}
	for range 4 { // one has the connection, one waits, and the others are refused
		go get(public, "/few")
	}
	select {
	case s.release <- struct{}{}:
	case <-time.After(100 * time.Millisecond):
	}
	for _, p := range []*testkit.Process{s.edge, s.relay} { // the second connection is refused
		kept, err := net.Dial("tcp", p.Addr("narrow"))
		if err != nil {
			continue
		}
		get(p.Addr("narrow"), "/")
		_ = kept.Close()
	}
	request(s.relay.Addr("tcp"), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	_, _, _, _ = s.edge.Ask("POST", "/reload")
}
