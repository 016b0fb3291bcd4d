package websocket_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A 426 without Upgrade does not say what is required (RFC 9110 section 15.5.22), so there the
// field goes on to clients of HTTP/1.1. Everywhere else it ends at the edge.
func TestAnEndpointThatRequiresAnUpgradeIsHeard(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil {
				return
			}
			status := strings.TrimPrefix(r.Target, "/")
			if c.Send("HTTP/1.1 "+status+" Told\r\nConnection: X-Hop, Upgrade\r\nX-Hop: 1\r\n"+
				"Upgrade: websocket, foo/2\r\nX-End: 2\r\nContent-Length: 2\r\n\r\nno") != nil {
				return
			}
		}
	})
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Cluster{Address: up.Addr()})
	const told = "\r\nUpgrade: websocket, foo/2\r\n"
	for _, c := range []struct {
		name, status, version, connection, want string
	}{
		{"a request of HTTP/1.1", "426", "1.1", "", "Upgrade"},
		{"a handshake", "426", "1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\n", "Upgrade"},
		{"the last request", "426", "1.1", "Connection: close\r\n", "close, Upgrade"},
		{"a client of HTTP/1.0", "426", "1.0", "", ""},
		{"another refusal", "400", "1.1", "", ""},
		{"what only could be", "200", "1.1", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := testkit.Dial(t, f.Addr("plain"))
			r := client.Exchange(t, "GET", fmt.Sprintf("GET /%s HTTP/%s\r\nHost: a.test\r\n%s\r\n",
				c.status, c.version, c.connection))
			var head strings.Builder
			head.WriteString("\r\n")
			for _, field := range r.Fields {
				fmt.Fprintf(&head, "%s: %s\r\n", field.Name, field.Value)
			}
			if has := strings.Contains(head.String(), told); has != (c.want != "") {
				t.Errorf("the Upgrade field is there: %v\n%s", has, &head)
			}
			if got := strings.Join(r.Fields.Values("Connection"), "|"); c.want != "" &&
				got != c.want {
				t.Errorf("Connection is %q, want %q", got, c.want)
			}
			if r.Fields.Has("X-Hop") || r.Fields.Get("X-End") != "2" || string(r.Body) != "no" {
				t.Errorf("the rest is %v %q", r.Fields, r.Body)
			}
		})
	}
	t.Run("a client of HTTP/2", func(t *testing.T) {
		t.Parallel()
		tr := &http.Transport{TLSClientConfig: f.TLS("h2"), ForceAttemptHTTP2: true}
		t.Cleanup(tr.CloseIdleConnections)
		c := &http.Client{Transport: tr, Timeout: testkit.Deadline}
		resp, err := c.Get("https://" + f.Addr("tls") + "/426")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if resp.StatusCode != 426 || string(body) != "no" || err != nil ||
			resp.Header["Upgrade"] != nil || resp.Header["Connection"] != nil {
			t.Errorf("got %d %q %v %v", resp.StatusCode, body, err, resp.Header)
		}
	})
}
