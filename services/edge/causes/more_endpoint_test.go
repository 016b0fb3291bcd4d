package causes_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

const post = "POST PATH HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc"

// What endpoints send that is no response of HTTP/1.1, each in its own way.
func TestMalformedResponses(t *testing.T) {
	t.Parallel()
	chunked := ok + "Transfer-Encoding: chunked\r\n\r\n"
	hints := strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 200)
	all := []failing{
		{name: "a negative length", serve: after(ok + "Content-Length: -5\r\n\r\nhello"),
			want: []string{"Content-Length"}},
		{name: "a length in words", serve: after(ok + "Content-Length: five\r\n\r\nhello"),
			want: []string{"Content-Length"}},
		{name: "two framings", serve: after(ok + "Content-Length: 5\r\nTransfer-Encoding: " +
			"chunked\r\n\r\n0\r\n\r\n"),
			want: []string{"both Transfer-Encoding and Content-Length"}},
		{name: "an unknown coding", serve: after(ok + "Transfer-Encoding: gzip\r\n\r\nx"),
			want: []string{"Transfer-Encoding"}},
		{name: "another version", serve: after("HTTP/2.0 200 OK\r\n\r\n"),
			want: []string{`it begins with "HTTP/2.0 200 OK"`}},
		{name: "a status of four digits", serve: after("HTTP/1.1 2000 OK\r\n\r\n"),
			want: []string{`it begins with "HTTP/1.1 2000 OK"`}},
		{name: "a zero byte", serve: after(ok + "X-A: a\x00b\r\n\r\n"), want: []string{"field"}},
		{name: "a space in a name", serve: after(ok + "X A: b\r\nContent-Length: 0\r\n\r\n"),
			want: []string{"header"}},
		{name: "too many fields", cluster: "limits: {max_headers: 5}", kind: "head_too_large",
			serve: after(ok + strings.Repeat("X-A: b\r\n", 10) + "Content-Length: 0\r\n\r\n"),
			want:  []string{"more fields than allowed", "limits.max_headers of the cluster is 5"}},
		{name: "a flood of hints", serve: after(hints + ok + "Content-Length: 0\r\n\r\n"),
			do: reading, want: []string{"1xx"}},
		{name: "closed after 100", request: post, code: "GW_UPSTREAM_RESET", kind: "closed",
			serve: after("HTTP/1.1 100 Continue\r\n\r\n"), do: reading,
			want: []string{"it closed the connection before it sent the head of a response"}},
		{name: "nothing but line ends", serve: after("\r\n\r\n"), want: []string{"malformed"}},
		{name: "a chunk too large", status: 200, serve: after(chunked + "FFFFFFFFFFFFFFFFF\r\nabc"),
			want: []string{"a chunk size is too large"}},
		{name: "a chunk without an end", status: 200, serve: after(chunked + "3\r\nabcdef\r\n"),
			want: []string{"the body of its response is malformed"}},
		{name: "a bad trailer", status: 200,
			serve: after(chunked + "3\r\nabc\r\n0\r\nno colon\r\n\r\n"),
			want:  []string{"the body of its response is malformed"}},
	}
	for i := range all {
		f := &all[i]
		if f.status == 0 {
			f.status = 502
		}
		if f.code == "" {
			f.code = "GW_UPSTREAM_PROTOCOL"
		}
		if f.kind == "" {
			f.kind = "malformed"
		}
	}
	runAll(t, all, "", nil)
}

// runAll makes each of them fail.
func runAll(t *testing.T, all []failing, more string, files map[string]string) {
	t.Helper()
	s := start(t, all, more, files)
	for i := range all {
		t.Run(all[i].name, func(t *testing.T) {
			t.Parallel()
			s.check(t, &all[i])
		})
	}
}

// An endpoint may break off wherever it likes: it is always told how far it was.
func TestAResponseThatBreaksOffAnywhere(t *testing.T) {
	t.Parallel()
	const whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n5\r\nhello\r\n0" +
		"\r\nX-T: u\r\n\r\n"
	head := strings.Index(whole, "\r\n\r\n") + 4
	var all []failing
	for n := range len(whole) {
		f := failing{
			name: fmt.Sprintf("after %d", n), serve: after(whole[:n]), status: 502,
			code: "GW_UPSTREAM_RESET", kind: "closed",
			want: []string{fmt.Sprintf("within the head of a response, after %d byte", n)},
		}
		switch {
		case n == 0:
			f.want = []string{"before it sent the head of a response"}
		case n >= head:
			f.status, f.kind = 200, "cut_short"
			f.want = []string{"it closed the connection after ", " of the body"}
		}
		all = append(all, f)
	}
	runAll(t, all, "", nil)
}

// What can be wrong with TLS to an endpoint beside what TestFailuresOfTLS has.
func TestMoreFailuresOfTLS(t *testing.T) {
	t.Parallel()
	ours := testkit.NewAuthority(t)
	show := func(edit func(*x509.Certificate), names ...string) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{ours.Leaf(t, edit, names...).TLS(t)}}
	}
	alert := func(n byte) string {
		return testkit.NewRefuser(t, testkit.Refusal{
			Leaf: ours.Leaf(t, nil, "up.test").TLS(t), Alert: n, When: testkit.AtHello,
		}).Addr()
	}
	all := []failing{
		{name: "not yet valid", kind: "tls_certificate",
			address: serveConns(t, show(func(c *x509.Certificate) {
				c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(48*time.Hour)
			}, "up.test"), answering), want: []string{"its certificate is not valid before 20"}},
		{name: "for clients alone", kind: "tls_certificate",
			address: serveConns(t, show(func(c *x509.Certificate) {
				c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			}, "up.test"), answering), want: []string{"its certificate is not for servers"}},
		{name: "no name at all", kind: "tls_certificate",
			address: serveConns(t, show(nil), answering), want: []string{"up.test"}},
		{name: "no cipher in common", kind: "tls_alert", address: alert(40),
			want: []string{"handshake failure"}},
		{name: "a name it does not know", kind: "tls_alert", address: alert(112),
			want: []string{"unrecognized name", "up.test"}},
		{name: "its own fault", kind: "tls_alert", address: alert(80),
			want: []string{"internal error"}},
		{name: "a protocol it does not speak", kind: "alpn", address: alert(120),
			cluster: "protocol: h2, ", want: []string{"does not speak HTTP/2, which ALPN offered"}},
		{name: "hangs after the hello", kind: "connect_timeout",
			address: serveConns(t, nil, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = c.Write([]byte{22, 3, 3, 0, 90, 2}) // the beginning of a ServerHello
				_, _ = io.Copy(io.Discard, c)
			}), cluster: "timeouts: {connect: 400ms}, ",
			want: []string{"it did not complete the handshake within 400ms"}},
		{name: "nonsense after the hello", address: serveConns(t, nil, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write([]byte{22, 3, 3, 0, 4, 9, 9, 9, 9})
			_, _ = io.Copy(io.Discard, c)
		}), kind: "tls", want: []string{"the handshake failed: "}},
	}
	for i := range all {
		all[i].status, all[i].code = 502, "GW_UPSTREAM_TLS"
		all[i].cluster += secured("")
	}
	runAll(t, all, "", map[string]string{"other.pem": string(ours.PEM)})
}

// A unix socket that is no use is told of with its path and what is there.
func TestFailuresOfUnixSockets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	edgetest.Must(t, os.WriteFile(at("file"), []byte("x"), 0o600))
	edgetest.Must(t, os.Mkdir(at("folder"), 0o700))
	left, err := net.Listen("unix", at("left"))
	edgetest.Must(t, err)
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	edgetest.Must(t, left.Close())
	edgetest.Must(t, os.Mkdir(at("closed"), 0o000))
	all := []failing{
		{name: "no socket", address: "unix:" + at("missing"),
			want: []string{"no unix socket is at this path"}},
		{name: "nobody behind it", address: "unix:" + at("left"),
			want: []string{"connection refused: nobody listens on the unix socket"}},
		{name: "a file", address: "unix:" + at("file"),
			want: []string{"connection refused: what is at this path is no unix socket"}},
	}
	if os.Getuid() != 0 {
		all = append(all, failing{name: "not allowed", address: "unix:" + at("closed/a"),
			want: []string{"permission denied"}})
	}
	for i := range all {
		all[i].status, all[i].code = 502, "GW_UPSTREAM_CONNECT"
		all[i].kind = "connection_refused"
	}
	runAll(t, all, "", nil)
}

// Each attempt is told of, whatever it came to.
func TestEveryAttemptIsTold(t *testing.T) {
	t.Parallel()
	busy := testkit.NewUpstream(t, after("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")).Addr()
	all := []failing{{
		name: "a status at last", address: busy, second: testkit.NewUpstream(t,
			after("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")).Addr(),
		route:  "retry: {attempts: 2, on: [\"503\"], budget: 100%}",
		status: 503, kind: "status", attempts: 2,
		want: []string{"2 attempts failed: endpoint ", "status 503; endpoint ",
			" answered with status 503"},
	}, {
		name: "resets and a timeout", second: testkit.NewUpstream(t, silent("")).Addr(),
		serve:   func(c *testkit.Conn) { _, _ = c.Head(); c.Reset() },
		route:   "retry: {attempts: 4, on: [reset, connect], budget: 100%}",
		cluster: "timeouts: {response: 300ms}", status: 504, code: "GW_UPSTREAM_TIMEOUT",
		kind: "timeout", want: []string{"no response head within 300ms"},
	}, {
		name: "three refusals", second: edgetest.RefusedAddr(t),
		route:  "retry: {attempts: 3, on: [connect], budget: 100%}",
		status: 502, code: "GW_UPSTREAM_CONNECT", kind: "connection_refused", attempts: 3,
		want: []string{"3 attempts failed: endpoint ", "connection refused; endpoint "},
	}}
	runAll(t, all, "", nil)
}

// reading makes a request and reads whatever comes.
func reading(t *testing.T, s *scene, path string) {
	t.Helper()
	c := testkit.Dial(t, s.Addr("public"))
	edgetest.Must(t, c.Send("GET "+path+" HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"))
	_, _ = c.Rest()
}
