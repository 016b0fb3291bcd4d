package testkit_test

import (
	"bufio"
	"errors"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func reader(s string) *bufio.Reader { return bufio.NewReader(strings.NewReader(s)) }

func TestResponsesThatAreWellFormed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ method, raw, body string }{
		"length": {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"},
		"chunked": {
			"GET",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n",
			"ok",
		},
		"until end":    {"GET", "HTTP/1.1 200 OK\r\n\r\nok", "ok"},
		"HEAD":         {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", ""},
		"304":          {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", ""},
		"204":          {"GET", "HTTP/1.1 204 No Content\r\n\r\n", ""},
		"empty reason": {"GET", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", ""},
	} {
		r, err := testkit.ReadResponse(reader(test.raw), test.method)
		if err != nil || string(r.Body) != test.body {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestResponsesThatAreNot(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"bare LF":              "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
		"bare CR":              "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
		"no space":             "HTTP/1.1 200\r\n\r\n",
		"status":               "HTTP/1.1 2x0 OK\r\n\r\n",
		"fold":                 "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
		"space before a colon": "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
		"NUL":                  "HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n",
		"both lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n",
		"length twice": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" +
			"Content-Length: 2\r\n\r\nok",
		"length +2": "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
		"coding":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"extension": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n" +
			"ok\r\n0\r\n\r\n",
		"204 with length": "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
	} {
		_, err := testkit.ReadResponse(reader(raw), "GET")
		var wire *testkit.WireError
		if !errors.As(err, &wire) {
			t.Errorf("%s: %v, want a WireError", name, err)
		}
	}
}

func TestCutMessagesAreNoWireErrors(t *testing.T) {
	t.Parallel()
	const whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
	for n := range len(whole) {
		_, err := testkit.ReadResponse(reader(whole[:n]), "GET")
		if !testkit.IsClosed(err) {
			t.Errorf("cut after %d bytes: %v", n, err)
		}
	}
}

func FuzzReadRequest(f *testing.F) {
	f.Add("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" +
		"A: b\r\n\r\n")
	f.Add("GET / HTTP/1.0\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		br := reader(raw)
		r, err := testkit.ReadRequestHead(br)
		if err == nil && testkit.ReadRequestBody(br, r) == nil && len(r.Body) > len(raw) {
			t.Errorf("a body of %d bytes from %d", len(r.Body), len(raw))
		}
	})
}
