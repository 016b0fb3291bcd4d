//go:build unix

package limits_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A connection over max_connections is told so in what its listener speaks: on one with TLS by an
// alert, which costs no handshake, and never in clear text.
func TestAClientThatIsTurnedAwayIsToldInTheListenersWords(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	const secured = `tls: {certificates: [{cert: cert.pem, key: cert.key}]`
	listeners := []struct{ name, keys, want string }{
		{"h1-h2", secured + "}", "\x15\x03"},
		{"h1", secured + `, alpn: ["http/1.1"]}`, "\x15\x03"},
		{"h2", secured + `, alpn: [h2]}, http1: false`, "\x15\x03"},
		{"mutual", secured + `, client_ca: ca.pem}`, "\x15\x03"},
		{"proxied", secured + `}, proxy_protocol: true`, "\x15\x03"},
		{"clear", "http1: true", "HTTP/1.1 503 "},
		{"clear-proxied", "proxy_protocol: true", "HTTP/1.1 503 "},
		{"h2c", "http1: false", "\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x08\x07"},
	}
	for _, limit := range []string{"listener", "process"} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			leaf := authority.Leaf(t, nil, "a.test")
			leaf.Write(t, dir, "cert")
			testkit.Leaf{Cert: authority.PEM}.Write(t, dir, "ca")
			var all strings.Builder
			mine, global := ", limits: {max_connections: 1}", ""
			if limit == "process" {
				mine, global = "", "limits: {max_connections: 8}\n"
			}
			for _, l := range listeners {
				fmt.Fprintf(&all, "  - {name: %s, address: \"127.0.0.1:0\", %s%s}\n", l.name,
					l.keys, mine)
			}
			e, err := testkit.RunEdge(dir, fmt.Sprintf(`
version: 1
listeners:
%sclusters: [{name: up, endpoints: [{address: %q}]}]
routes: [{name: all, cluster: up}]
%sadmin: {address: "127.0.0.1:0"}
`, all.String(), up.Addr(), global))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Kill)
			dial := func(name string) net.Conn {
				c, err := net.DialTimeout("tcp", e.Addr(name), testkit.Deadline)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
				return c
			}
			for _, l := range listeners {
				dial(l.name) // takes the place
			}
			testkit.Eventually(t, "all places are taken", func() bool {
				n := 0
				for _, l := range edgetest.Status(t, e).Listeners {
					n += int(l.ActiveConnections)
				}
				return n == len(listeners)
			})
			for _, l := range listeners {
				got, err := io.ReadAll(dial(l.name))
				if err != nil || !strings.HasPrefix(string(got), l.want) {
					t.Errorf("%s: a client that says nothing gets %q, %v, want %q…", l.name, got,
						err, l.want)
				}
				if !strings.HasPrefix(l.want, "\x15") {
					continue
				}
				err = tls.Client(dial(l.name), &tls.Config{
					RootCAs: authority.Pool(), ServerName: "a.test",
				}).HandshakeContext(t.Context())
				var op *net.OpError
				if !errors.As(err, &op) || op.Op != "remote error" ||
					!strings.Contains(err.Error(), "internal error") {
					t.Errorf("%s: a handshake ends with %v, want an alert", l.name, err)
				}
			}
		})
	}
}
