// Package redirects_test does what this folder's README does, step by step, so that the README
// stays true.
package redirects_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func TestRedirects(t *testing.T) {
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9000": testkit.NewUpstream(t,
			testkit.Answer(exampletest.Text(200, "the app"))).Addr(),
	})
	address := edge.Addr("public")
	port := address[strings.LastIndexByte(address, ':'):]
	for _, tc := range []struct {
		method, host, path string
		status             int
		want               string
	}{
		{"GET", "secure.example.com", "/a?b=c", 302, "https://secure.example.com/a?b=c"},
		{"GET", "example.com", "/a", 301, "http://www.example.com" + port + "/a"},
		{"POST", "127.0.0.1", "/old/users", 308, "http://127.0.0.1" + port + "/new/users"},
		{"GET", "127.0.0.1", "/docs", 301, "http://127.0.0.1" + port + "/docs/"},
		{"GET", "127.0.0.1", "/help?from=me", 302, "https://help.example.com/start"},
		{"GET", "127.0.0.1", "/docs/", 200, ""},
		{"GET", "www.example.com", "/", 200, ""},
	} {
		a := edge.Do(t, tc.method, tc.path, http.Header{"Host": {tc.host}})
		if got := a.Header.Get("Location"); a.Status != tc.status || got != tc.want {
			t.Errorf("%s %s%s: %d %q, want %d %q", tc.method, tc.host, tc.path, a.Status, got,
				tc.status, tc.want)
		}
	}
}
