// Package rewrite_test does what this folder's README does, step by step, so that the README stays
// true.
package rewrite_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// mirror is the README's upstream: it answers with the request it got.
func mirror(c *testkit.Conn) {
	for {
		r, err := c.Request()
		if err != nil {
			return
		}
		text := r.Method + " " + r.Target + " " + r.Proto + "\n"
		for _, f := range r.Fields {
			text += f.Name + ": " + f.Value + "\n"
		}
		if c.Send(exampletest.Text(200, text, "Server: Mirror/1.0", "X-Powered-By: Python",
			"X-Kept: yes")) != nil {
			return
		}
	}
}

func TestRewrite(t *testing.T) {
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9000": testkit.NewUpstream(t, mirror).Addr(),
	})

	t.Run("prefixes are stripped and replaced", func(t *testing.T) {
		for path, want := range map[string]string{
			"/users/7":            "/7",
			"/users/7?fields=all": "/7?fields=all",
			"/users":              "/",
			"/users/users":        "/users",
			"/people/7":           "/v2/users/7",
			"/people":             "/v2/users",
			"/people/?page=2":     "/v2/users/?page=2",
		} {
			a := edge.Do(t, "GET", path, nil)
			if line, _, _ := strings.Cut(a.Body, "\n"); a.Status != 200 ||
				line != "GET "+want+" HTTP/1.1" {
				t.Errorf("%s: %d, the upstream got %q, want %s", path, a.Status, line, want)
			}
		}
	})

	t.Run("a prefix ends where a segment does", func(t *testing.T) {
		if a := edge.Do(t, "GET", "/usersx/7", nil); a.Status != 404 ||
			!strings.Contains(a.Body, "GW_NO_ROUTE") {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})

	t.Run("the upstream gets other fields", func(t *testing.T) {
		sent := http.Header{
			"Host": {"shop.example"}, "Cookie": {"session=1"}, "X-Debug": {"1"},
			"X-From": {"somebody"}, "Accept": {"text/plain"},
		}
		got := edge.Do(t, "GET", "/users/7", sent.Clone()).Body
		for _, want := range []string{
			"X-From: edge\n", "Host: users.internal\n", "Accept: text/plain\n",
			"X-Forwarded-Host: shop.example\n",
		} {
			if strings.Count(got, want) != 1 {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
		for _, gone := range []string{"Cookie", "X-Debug", "somebody"} {
			if strings.Contains(got, gone) {
				t.Errorf("%s in\n%s", gone, got)
			}
		}
		// The other route edits nothing.
		if got := edge.Do(t, "GET", "/people/7", sent.Clone()).Body; !strings.Contains(got,
			"Cookie: session=1\n") || !strings.Contains(got, "Host: shop.example\n") {
			t.Errorf("no Cookie, or another Host, in\n%s", got)
		}
	})

	t.Run("the client gets other fields", func(t *testing.T) {
		h := edge.Do(t, "GET", "/users/7", nil).Header
		if h.Get("X-Frame-Options") != "DENY" || h.Get("Cache-Control") != "no-cache" ||
			h.Get("X-Kept") != "yes" {
			t.Errorf("%v", h)
		}
		if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
			t.Errorf("%v", h)
		}
		if h := edge.Do(t, "GET", "/people/7", nil).Header; h.Get("Server") != "Mirror/1.0" ||
			h.Get("X-Frame-Options") != "" {
			t.Errorf("the other route: %v", h)
		}
	})

	t.Run("the access log has what the client asked for", func(t *testing.T) {
		testkit.Eventually(t, "a line with the client's path", func() bool {
			return strings.Contains(edge.Stdout(), `"path":"/people/7","route":"people"`)
		})
	})
}
