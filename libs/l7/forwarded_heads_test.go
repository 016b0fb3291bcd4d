package l7

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// sentOn returns the request that reaches the upstream for one sent by a
// client, whose word counts or not. The request's ID is replaced by ID, and the
// gateway's pseudonym by gateway, and the port by PORT.
func sentOn(t *testing.T, request string, trusted bool) string {
	t.Helper()
	got := make(chan string, 1)
	d := document(serveUpstream(t, func(c net.Conn) {
		buf := make([]byte, 8192)
		n, _ := c.Read(buf)
		got <- string(buf[:n])
		_, _ = c.Write(response)
	}))
	if trusted {
		d.Listeners[0].TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	_, address := startEngine(t, d, nil)
	c := connect(t, address)
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len(response)+1000)
	if n, err := c.Read(answer); err != nil ||
		!bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 200")) {
		t.Fatalf("got %q, %v", answer[:n], err)
	}
	sent := regexp.MustCompile(`X-Request-Id: [0-9a-f]{32}\r\n`).ReplaceAllString(<-got,
		"X-Request-Id: ID\r\n")
	_, port, _ := net.SplitHostPort(address)
	sent = strings.Replace(sent, "X-Forwarded-Port: "+port, "X-Forwarded-Port: PORT", 1)
	return regexp.MustCompile(`gateway-[0-9a-f]{8}\r\n`).ReplaceAllString(sent, "gateway\r\n")
}

func lined(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n\r\n" }

func TestRequestHeadAsSentOn(t *testing.T) {
	for _, tc := range []struct {
		name, in, want string
		trusted        bool
	}{
		{
			name: "plain", in: lined("GET /a?b HTTP/1.1", "Host: h", "Accept: */*"),
			want: lined("GET /a?b HTTP/1.1", "Host: h", "Accept: */*",
				"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT",
				"X-Forwarded-Host: h",
				"X-Request-Id: ID", "Via: 1.1 gateway"),
		},
		{
			name: "order and case are kept, white space is not",
			in:   lined("GET / HTTP/1.1", "b:  1", "HOST: h", "a:2 ", "C: 3"),
			want: lined("GET / HTTP/1.1", "b: 1", "HOST: h", "a: 2", "C: 3",
				"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT",
				"X-Forwarded-Host: h",
				"X-Request-Id: ID", "Via: 1.1 gateway"),
		},
		{
			name: "fields of this hop",
			in: lined("GET / HTTP/1.1", "Host: h", "Connection: keep-alive, x-a, TE",
				"Keep-Alive: timeout=5", "X-A: 1", "Proxy-Connection: close", "TE: trailers, gzip",
				"X-B: 2"),
			want: lined("GET / HTTP/1.1", "Host: h", "X-B: 2", "Connection: TE", "TE: trailers",
				"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT",
				"X-Forwarded-Host: h",
				"X-Request-Id: ID", "Via: 1.1 gateway"),
		},
		{
			name: "claims of an untrusted client",
			in: lined("GET / HTTP/1.1", "Host: h", "X-Forwarded-For: 1.2.3.4",
				"X-Forwarded-Proto: https", "X-Forwarded-Port: 1", "Forwarded: for=1.2.3.4",
				"X-Request-Id: mine", "Via: 1.0 other"),
			want: lined("GET / HTTP/1.1", "Host: h", "Via: 1.0 other",
				"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT",
				"X-Forwarded-Host: h",
				"X-Request-Id: ID", "Via: 1.1 gateway"),
		},
		{
			name: "claims of a trusted proxy", trusted: true,
			in: lined("GET / HTTP/1.1", "Host: h", "X-Forwarded-For: 1.2.3.4",
				"X-Forwarded-For: 5.6.7.8", "X-Forwarded-Proto: https", "X-Forwarded-Host: public",
				"Forwarded: for=1.2.3.4", "X-Request-Id: theirs"),
			want: lined("GET / HTTP/1.1", "Host: h", "X-Forwarded-Proto: https",
				"X-Forwarded-Host: public",
				"X-Forwarded-For: 1.2.3.4, 5.6.7.8, 127.0.0.1", "X-Forwarded-Port: 443",
				`Forwarded: for=1.2.3.4, for="127.0.0.1";proto=http`, "X-Request-Id: theirs",
				"Via: 1.1 gateway"),
		},
		{
			name: "absolute form", in: lined("GET http://a:81/x HTTP/1.1", "Host: b", "A: 1"),
			want: lined("GET /x HTTP/1.1", "Host: a:81", "A: 1",
				"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT",
				"X-Forwarded-Host: a:81",
				"X-Request-Id: ID", "Via: 1.1 gateway"),
		},
		{
			name: "OPTIONS that may go two hops",
			in:   lined("OPTIONS * HTTP/1.1", "Host: h", "Max-Forwards: 2"),
			want: lined("OPTIONS * HTTP/1.1", "Host: h", "Max-Forwards: 1",
				"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT",
				"X-Forwarded-Host: h",
				"X-Request-Id: ID", "Via: 1.1 gateway"),
		},
		{
			name: "HTTP/1.0 with keep-alive",
			in: lined("GET / HTTP/1.0", "Host: h", "Connection: keep-alive",
				"Expect: 100-continue"),
			want: lined("GET / HTTP/1.1", "Host: h",
				"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Port: PORT",
				"X-Forwarded-Host: h",
				"X-Request-Id: ID", "Via: 1.0 gateway"),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := sentOn(t, tc.in, tc.trusted); got != tc.want {
				t.Errorf("sent on:\n%s\nwant:\n%s", got, tc.want)
			}
		})
	}
}
