package fields_test

import (
	"strings"
	"testing"
)

const forwardedRoutes = `
routes:
  - {name: r, path_prefix: /one, cluster: http1}
  - {name: two, path_prefix: /two, cluster: h2c}
  - {name: strip, path_prefix: /strip, cluster: http1, rewrite: {strip_prefix: true}}
  - {name: strip2, path_prefix: /strip2/, cluster: h2c, rewrite: {strip_prefix: true}}
  - {name: root, cluster: http1}
  - {name: replace, path_prefix: /replace, cluster: http1, rewrite: {replace_prefix: /new}}
  - {name: to, path_prefix: /to, redirect: {replace_prefix: /there}}
`

// told is what an endpoint is told of where the client came to.
type told struct{ target, lines, proto, port, prefix string }

func (f *front) tells(t *testing.T, cases func(c *asker) []told) {
	f.each(t, func(t *testing.T, c *asker) {
		for _, tc := range cases(c) {
			var lines []string
			if tc.lines != "" {
				lines = strings.Split(tc.lines, "\n")
			}
			_, g := c.ask(t, tc.target, lines...)
			for name, want := range map[string]string{
				"X-Forwarded-Proto": tc.proto, "X-Forwarded-Port": tc.port,
				"X-Forwarded-Prefix": tc.prefix,
			} {
				if got := strings.Join(g.Header.Values(name), " | "); got != want {
					t.Errorf("%s with %q: %s is %q, want %q", tc.target, tc.lines, name, got, want)
				}
			}
		}
	})
}

func TestEndpointsAreToldThePortAndThePrefix(t *testing.T) {
	t.Parallel()
	f := start(t, "", forwardedRoutes)
	f.tells(t, func(c *asker) []told {
		return []told{
			{"/one/x", "", c.scheme, c.port, ""}, {"/two/x", "", c.scheme, c.port, ""},
			{"/strip/x", "", c.scheme, c.port, "/strip"},
			{"/strip", "", c.scheme, c.port, "/strip"},
			{"/strip2/x", "", c.scheme, c.port, "/strip2"}, {"/any", "", c.scheme, c.port, ""},
			{"/replace/x", "", c.scheme, c.port, ""},
			{"/strip/x", "X-Forwarded-Prefix: /evil\nX-Forwarded-Port: 1\nX-Forwarded-Proto: x",
				c.scheme, c.port, "/strip"},
			{"/one/x", "X-Forwarded-Prefix: /evil\nx-forwarded-port: 1", c.scheme, c.port, ""},
		}
	})
}

func TestATrustedProxyTellsThePortAndThePrefix(t *testing.T) {
	t.Parallel()
	f := start(t, ", trusted_proxies: [127.0.0.0/8]", forwardedRoutes)
	f.tells(t, func(c *asker) []told {
		return []told{
			{"/one", "", c.scheme, c.port, ""},
			{"/one", "X-Forwarded-Port: 8443", c.scheme, "8443", ""},
			{"/one", "X-Forwarded-Proto: https\nX-Forwarded-Port: 8443", "https", "8443", ""},
			{"/two", "X-Forwarded-For: 192.0.2.1\nX-Forwarded-Prefix: /a", c.scheme, c.port, "/a"},
			{"/strip/x", "X-Forwarded-Prefix: /a/", c.scheme, c.port, "/a/strip"},
			{"/strip/x", "X-Forwarded-Prefix: /", c.scheme, c.port, "/strip"},
		}
	})
	// The port of a proxy's scheme, where it says nothing else: ours is not the one outside.
	c := f.asker(t, "HTTP/1.1")
	own := "http://a.test:" + c.port + "/there"
	for lines, want := range map[string]string{
		"X-Forwarded-Proto: https":                                 "https://a.test/there",
		"X-Forwarded-Proto: HTTPS, http":                           "https://a.test/there",
		"X-Forwarded-Proto: wss":                                   "https://a.test/there",
		"X-Forwarded-Proto: https\nX-Forwarded-Port: 8443":         "https://a.test:8443/there",
		"X-Forwarded-Proto: javascript":                            own,
		"X-Forwarded-Proto: https\nX-Forwarded-Port: 1/@evil.test": "https://a.test/there",
		"X-Forwarded-Port: 99999":                                  own,
	} {
		r, _ := c.ask(t, "/to", strings.Split(lines, "\n")...)
		if got := r.Header.Get("Location"); got != want {
			t.Errorf("with %q clients are sent to %q, want %q", lines, got, want)
		}
	}
	_, g := c.ask(t, "/one", "X-Forwarded-Proto: https")
	if port := g.Header.Get("X-Forwarded-Port"); port != "443" {
		t.Errorf("the port is %q", port)
	}
}

func TestAListenerSaysWhatTheWorldOutsideSpeaks(t *testing.T) {
	t.Parallel()
	f := start(t, "", forwardedRoutes)
	for _, tc := range []struct{ forwarded, scheme, port, location string }{
		{"{proto: https}", "https", "443", "https://a.test/there"},
		{"{proto: https, port: 8443}", "https", "8443", "https://a.test:8443/there"},
		{"{proto: http}", "http", "80", "http://a.test/there"},
		{"{port: 444}", "", "444", ":444/there"},
		{"{}", "", "", ""},
	} {
		// A reload, after which a connection that stays has the new settings.
		c := f.asker(t, "HTTP/1.1")
		c.ask(t, "/one")
		f.Change(t, f.configuration(", forwarded: "+tc.forwarded, forwardedRoutes))
		if r, _ := c.ask(t, "/to"); !strings.HasSuffix(r.Header.Get("Location"), tc.location) {
			t.Errorf("%s: a client that was there is sent to %q", tc.forwarded,
				r.Header.Get("Location"))
		}
		f.tells(t, func(c *asker) []told {
			scheme, port := tc.scheme, tc.port
			if scheme == "" {
				scheme = c.scheme
			}
			if port == "" {
				port = c.port
			}
			return []told{
				{"/one", "", scheme, port, ""}, {"/two", "", scheme, port, ""},
				{"/strip", "X-Forwarded-Proto: x\nX-Forwarded-Port: 1", scheme, port, "/strip"},
			}
		})
		f.each(t, func(t *testing.T, c *asker) {
			if r, _ := c.ask(t, "/to"); !strings.HasSuffix(r.Header.Get("Location"), tc.location) {
				t.Errorf("%s: clients are sent to %q", tc.forwarded, r.Header.Get("Location"))
			}
		})
	}
}
