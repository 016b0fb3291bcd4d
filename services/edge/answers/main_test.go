// Package answers_test has tests of what an edge answers without an endpoint, or in the place of
// one: redirects, fixed answers, and pages for errors.
package answers_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// A front is an edge with the listeners "plain" and "tls", as edgetest.ClientOf wants them.
type front struct {
	*testkit.Process
	authority *testkit.Authority
	dir       string
}

// start runs an edge with the routes, as YAML, and whatever else there is. files are beside its
// configuration.
func start(t *testing.T, routes string, files map[string]string) *front {
	t.Helper()
	return startWith(t, configuration(routes), files)
}

// startWith runs an edge with the configuration.
func startWith(t *testing.T, configuration string, files map[string]string) *front {
	t.Helper()
	f := &front{authority: testkit.NewAuthority(t), dir: t.TempDir()}
	f.authority.Leaf(t, nil, testkit.FrontName).Write(t, f.dir, "front")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if f.Process, err = testkit.RunEdge(f.dir, configuration); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Kill)
	return f
}

// configuration is that of a front with the routes.
func configuration(routes string) string {
	return `version: 1
listeners:
  - {name: plain, address: "127.0.0.1:0"}
  - {name: tls, address: "127.0.0.1:0", tls: {certificates: [{cert: front.pem, key: front.key}]}}
admin: {address: "127.0.0.1:0"}
` + routes
}

// protocols are all that clients speak.
var protocols = []string{"HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS"}

// each runs a test over every protocol.
func (f *front) each(t *testing.T, test func(t *testing.T, c *asker)) {
	t.Helper()
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			c, base := edgetest.ClientOf(t, f.authority, f.Process, protocol)
			c.CheckRedirect = func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			}
			test(t, &asker{c, base, strings.HasSuffix(protocol, "TLS")})
		})
	}
}

// An asker sends requests over one protocol.
type asker struct {
	client *http.Client
	base   string // scheme and address
	tls    bool
}

// ask sends a request, whose header lines are "Name: value", and returns the answer with its body.
func (c *asker) ask(
	t *testing.T, method, target string, lines ...string,
) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.base+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	resp, err := c.client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	return resp, string(body)
}
