// Package differential_test sends random valid exchanges through the edge, in each protocol on
// either side, and straight to the endpoint. What the two sides learn must be the same, but for
// what docs/connections.md names.
package differential_test

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// amount is how many exchanges each pair of protocols has. GATEWAY_TEST_EXCHANGES says another
// number, as 100000, and GATEWAY_TEST_SEED another first one.
const amount = 2000

func fromEnvironment(t testing.TB, name string, otherwise uint64) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv(name), fmt.Sprint(otherwise)), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// kinds are the protocols of endpoints, by the names of their hosts.
var kinds = map[string]string{
	"h1.test": "http1", "h1s.test": "http1s", "h2c.test": "h2c", "h2.test": "h2",
}

// clients are the protocols of clients.
var clients = []string{"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2", "HTTP/2 over TLS"}

func TestThroughTheEdgeIsLikeStraight(t *testing.T) {
	t.Parallel()
	first, n := fromEnvironment(t, "GATEWAY_TEST_SEED", 1),
		fromEnvironment(t, "GATEWAY_TEST_EXCHANGES", amount)
	authority := testkit.NewAuthority(t)
	endpoints, addresses := map[string]*endpoint{}, map[string]string{}
	for host, protocol := range kinds {
		endpoints[host] = &endpoint{heard: map[string]*heard{}}
		addresses[host] = edgetest.Serve(t, authority, protocol, endpoints[host])
	}
	edge := start(t, authority, addresses)
	for host, protocol := range kinds {
		for _, client := range clients {
			name := strings.ReplaceAll(client+" to "+protocol, "/", "-")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				straight := straightTo(t, authority, protocol, addresses[host])
				c, base := edgetest.ClientOf(t, authority, edge, client)
				noFollow(c)
				run, wrong := 0, 0
				for number := first; number < first+n && wrong < 5; number++ {
					run++
					x := from(number)
					want := x.run(t, straight.client, straight.base, host, "straight "+name)
					want.heard = endpoints[host].take("straight " + name + " " + fmt.Sprint(number))
					got := x.run(t, c, base, host, name)
					got.heard = endpoints[host].take(name + " " + fmt.Sprint(number))
					if d := differ(x, want, got); d != "" {
						wrong++
						t.Errorf("exchange %d: %s\nagain: GATEWAY_TEST_SEED=%[1]d "+
							"GATEWAY_TEST_EXCHANGES=1", number, d)
					}
				}
				t.Logf("%d exchanges", run)
			})
		}
	}
}

// start runs an edge in front of all endpoints.
func start(
	t testing.TB, authority *testkit.Authority, addresses map[string]string,
) *testkit.Process {
	t.Helper()
	dir := t.TempDir()
	authority.Leaf(t, nil, testkit.FrontName, "localhost", "127.0.0.1").Write(t, dir, "front")
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString(`version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}]}}
admin: {address: "127.0.0.1:0"}
access_log: {output: "off"}
clusters:
`)
	for host, kind := range kinds {
		security := "{mode: none}"
		if kind == "h2" || kind == "http1s" {
			security = "{mode: tls, ca: ca.pem, server_name: " + testkit.EndpointName + "}"
		}
		fmt.Fprintf(&text,
			"  - {name: %s, protocol: %s, security: %s, endpoints: [{address: %q}]}\n", kind,
			strings.TrimSuffix(kind, "s"), security, addresses[host])
	}
	text.WriteString("routes:\n")
	for host, kind := range kinds {
		fmt.Fprintf(&text, "  - {name: %s, hosts: [%s], cluster: %[1]s, retry: {attempts: 1}}\n",
			kind, host)
	}
	e, err := testkit.RunEdge(dir, text.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Kill()
		if t.Failed() {
			t.Logf("the edge's stderr:\n%s", e.Stderr())
		}
	})
	return e
}

type route struct {
	client *http.Client
	base   string
}

// straightTo is the way to an endpoint without the edge.
func straightTo(
	t testing.TB, authority *testkit.Authority, protocol, address string,
) route {
	t.Helper()
	tr := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	base := "http://"
	switch protocol {
	case "http1", "http1s":
		tr.Protocols.SetHTTP1(true)
	case "h2c":
		tr.Protocols.SetUnencryptedHTTP2(true)
	case "h2":
		tr.Protocols.SetHTTP2(true)
	}
	if protocol == "http1s" || protocol == "h2" {
		base = "https://"
		tr.TLSClientConfig = &tls.Config{
			RootCAs: authority.Pool(), ServerName: testkit.EndpointName,
		}
	}
	c := &http.Client{Transport: tr, Timeout: testkit.Deadline}
	noFollow(c)
	return route{c, base + address}
}

func noFollow(c *http.Client) {
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

// outcome is what both sides learn of an exchange.
type outcome struct {
	heard   heard
	failed  string
	status  int
	interim string
	fields  http.Header
	length  int64
	body    string
	trailer string
}

// run sends the request and reads the response.
func (x *exchange) run(t testing.TB, c *http.Client, base, host, run string) (o outcome) {
	t.Helper()
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		if code != 100 { // that is for each hop to send or not
			o.interim += fmt.Sprintln(code, h.Get("Link"))
		}
		return nil
	}}
	var body io.Reader
	switch {
	case x.unsized:
		body = io.MultiReader(strings.NewReader(x.body)) // of which net/http knows no length
	case x.body != "":
		body = strings.NewReader(x.body)
	}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), x.method,
		base+x.target, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header = x.fields.Clone()
	if r.Header["User-Agent"] == nil {
		r.Header.Set("User-Agent", "") // net/http sends none then
	}
	r.Header.Set(numberField, fmt.Sprint(x.number))
	r.Header.Set(runField, run)
	r.Trailer = x.trailer.Clone()
	if x.unsized {
		r.TransferEncoding = []string{"chunked"} // or an empty body would lose its trailer here
	}
	if x.expects {
		r.Header.Set("Expect", "100-continue")
	}
	resp, err := c.Do(r)
	if err != nil {
		o.failed = err.Error()
		return o
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		o.failed = err.Error()
	}
	o.status, o.fields, o.body = resp.StatusCode, resp.Header, string(content)
	o.length, o.trailer = resp.ContentLength, list(resp.Trailer)
	return o
}

func sortedKeys(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }
