package fields_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const clientRoutes = `
routes:
  - {name: inside, path_prefix: /in, cluster: http1,
     clients: {allow: [10.0.0.0/8, "fd00::/8"], deny: [10.9.0.0/16]}}
  - {name: local, path_prefix: /local, cluster: h2c, clients: {allow: [127.0.0.0/8]}}
  - {name: others, path_prefix: /others, cluster: http1, clients: {deny: [127.0.0.1/32]}}
  - {name: to, path_prefix: /to, redirect: {path: /}, clients: {deny: [10.0.0.0/8]}}
`

func TestClientsUseARouteByTheirAddresses(t *testing.T) {
	t.Parallel()
	trusting := start(t, ", trusted_proxies: [127.0.0.0/8, 192.0.2.0/24]", clientRoutes)
	for _, tc := range []struct {
		target, chain string
		status        int
	}{
		{"/in", "", 403}, {"/in", "10.1.1.1", 200}, {"/in", "10.9.1.1", 403},
		{"/in", "[fd00::1]:4711", 200}, {"/in", "10.1.1.1, 192.0.2.7", 200},
		{"/in", "10.1.1.1, 203.0.113.1, 192.0.2.7", 403}, {"/in", "10.1.1.1, junk", 403},
		{"/local", "", 200}, {"/local", "203.0.113.1", 403},
		{"/others", "", 403}, {"/others", "203.0.113.1", 200},
		{"/to", "10.1.1.1", 403}, {"/to", "11.1.1.1", 302},
	} {
		trusting.each(t, func(t *testing.T, c *asker) {
			var lines []string
			if tc.chain != "" {
				lines = append(lines, "X-Forwarded-For: "+tc.chain)
			}
			if r, _ := c.ask(t, tc.target, lines...); r.StatusCode != tc.status {
				t.Errorf("%s from %q: %d, want %d", tc.target, tc.chain, r.StatusCode, tc.status)
			}
		})
	}
	plain := start(t, "", clientRoutes)
	plain.each(t, func(t *testing.T, c *asker) {
		if r, _ := c.ask(t, "/in", "X-Forwarded-For: 10.1.1.1"); r.StatusCode != 403 {
			t.Errorf("who is not trusted is believed: %d", r.StatusCode)
		}
		if r, _ := c.ask(t, "/local", "X-Forwarded-For: 10.1.1.1"); r.StatusCode != 200 {
			t.Errorf("got %d", r.StatusCode)
		}
	})
}

func TestThePROXYProtocolSaysWhoTheClientIs(t *testing.T) {
	t.Parallel()
	f := start(t, ", proxy_protocol: true", clientRoutes)
	const request = "GET /in HTTP/1.1\r\nHost: a.test\r\n\r\n"
	for header, want := range map[string]int{
		"PROXY TCP4 10.1.1.1 127.0.0.1 4711 80\r\n":    200,
		"PROXY TCP4 10.9.1.1 127.0.0.1 4711 80\r\n":    403,
		"PROXY TCP4 203.0.113.1 127.0.0.1 4711 80\r\n": 403,
	} {
		c := testkit.Dial(t, f.Addr("plain"))
		if r := c.Exchange(t, "GET", header+request); r.Status != want {
			t.Errorf("%q: %d, want %d", header, r.Status, want)
		}
	}
}

// The client is told nothing of the rules; the operator is told which one it was.
func TestTheRuleIsTold(t *testing.T) {
	t.Parallel()
	f := start(t, ", trusted_proxies: [127.0.0.0/8]", clientRoutes)
	c := f.asker(t, "HTTP/1.1")
	for chain, rule := range map[string]string{
		"10.9.1.1":    "clients.deny: 10.9.0.0/16 has 10.9.1.1",
		"203.0.113.1": "clients.allow: none has 203.0.113.1",
	} {
		r, _ := c.ask(t, "/in", "X-Forwarded-For: "+chain)
		_, _, body, err := f.Ask("GET", "/why/"+r.Header.Get("X-Request-Id"))
		if err != nil || !strings.Contains(string(body), rule) {
			t.Errorf("why says %s, %v; want %q", body, err, rule)
		}
		testkit.Eventually(t, "the access log tells the rule", func() bool {
			return strings.Contains(f.Stdout(), `"code":"GW_FORBIDDEN","rule":"`+rule+`"`)
		})
		for name, values := range r.Header {
			if strings.Contains(http.CanonicalHeaderKey(name)+strings.Join(values, " "), chain) {
				t.Errorf("the client gets %s: %q", name, values)
			}
		}
	}
}
