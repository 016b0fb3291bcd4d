package client_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
)

// most is how many bytes of a body Take may read in these tests.
const most = 5

// A request of HTTP/2 is written down as HTTP/1.1 would have it, and parsed.
func TestARequestIsTakenOver(t *testing.T) {
	usual := []string{":method", "POST", ":scheme", "http", ":authority", "a.test", ":path", "/a"}
	const start = "POST /a HTTP/1.1\r\nHost: a.test\r\n"
	for _, tc := range []struct {
		name   string
		fields []string // behind the usual ones
		data   []string // the last ends the body
		open   bool     // or not, as more is to come
		trails bool
		head   string
		body   string
		behind bool // the end is to come, or came behind the head with nothing before it
	}{
		{name: "no body", head: start},
		{name: "a body", data: []string{"he", "llo"},
			head: start + "Content-Length: 5\r\n", body: "hello"},
		{name: "a body that is too large", data: []string{"hello!"},
			head: start + "Transfer-Encoding: chunked\r\n"},
		{name: "one that says so", data: []string{"hello!"},
			fields: []string{"content-length", "6"}, head: start + "Content-Length: 6\r\n"},
		{name: "a body that is not all there", data: []string{"he"}, open: true,
			head: start + "Transfer-Encoding: chunked\r\n"},
		{name: "a body that has not begun", open: true, behind: true,
			head: start + "Transfer-Encoding: chunked\r\n"},
		{name: "trailers", data: []string{"hello"}, trails: true,
			head: start + "Transfer-Encoding: chunked\r\n"},
		{name: "trailers alone", trails: true, behind: true,
			head: start + "Transfer-Encoding: chunked\r\n"},
		{name: "a body of no bytes", data: []string{""}, behind: true,
			head: start + "Transfer-Encoding: chunked\r\n"},
		{name: "a body of no bytes that says so", data: []string{""}, behind: true,
			fields: []string{"content-length", "0"}, head: start + "Content-Length: 0\r\n"},
		{name: "no body that says so", fields: []string{"content-length", "0"},
			head: start + "Content-Length: 0\r\n"},
		{name: "cookies",
			fields: []string{"cookie", "a=1", "x-a", "b", "cookie", "c=2"},
			head:   start + "x-a: b\r\ncookie: a=1; c=2\r\n"},
		{name: "a host that is another", fields: []string{"host", "a.test"}, head: start},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newStreams(t)
			more := tc.open || tc.trails || len(tc.data) > 0
			c.head(!more, append(usual[:len(usual):len(usual)], tc.fields...)...)
			for i, text := range tc.data {
				c.data(i == len(tc.data)-1 && !tc.open && !tc.trails, text)
			}
			if tc.trails {
				c.trailer(true, "x-sum", "1")
			}
			s := c.stream()
			in := buffers.Buffer{B: make([]byte, 10)}
			var head http1.RequestHead
			got, err := client.Take(s, &in, &head, http1.Limits{}, most)
			if err != nil {
				t.Fatal(err)
			}
			want := client.Taken{HeadLen: len(tc.head) + 2, EndsBehind: tc.behind}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if text := string(in.Bytes()); text != tc.head+"\r\n"+tc.body {
				t.Errorf("it is written down as %q", text)
			}
			if string(head.MethodName) != "POST" || string(head.Authority) != "a.test" {
				t.Errorf("parsed are %q and %q", head.MethodName, head.Authority)
			}
		})
	}
}

func TestATunnelIsTakenOver(t *testing.T) {
	c := newStreams(t)
	c.head(false, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "http",
		":authority", "a.test", ":path", "/chat", "sec-websocket-key", "theirs", "x-a", "b")
	c.data(false, "early")
	var in buffers.Buffer
	var head http1.RequestHead
	got, err := client.Take(c.stream(), &in, &head, http1.Limits{}, most)
	if err != nil || got.EndsBehind || got.HeadLen != in.Len() {
		t.Fatalf("got %+v, %v", got, err)
	}
	text := string(in.Bytes())
	if !strings.HasPrefix(text, "GET /chat HTTP/1.1\r\nHost: a.test\r\nx-a: b\r\n") ||
		string(head.Upgrade) != "websocket" || strings.Contains(text, "theirs") ||
		!strings.Contains(text, "Sec-WebSocket-Key: ") {
		t.Errorf("it is written down as %q", text)
	}

	// What comes behind a CONNECT without a protocol is no body either.
	c.head(false, ":method", "CONNECT", ":authority", "a.test:80")
	c.data(true, "")
	got, err = client.Take(c.stream(), &in, &head, http1.Limits{}, most)
	const want = "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n"
	if err != nil || got.EndsBehind || string(in.Bytes()) != want {
		t.Errorf("got %+v, %v: %q", got, err, in.Bytes())
	}
}

// A head that is refused is known as far as the log needs it.
func TestARequestThatCannotBeTakenOver(t *testing.T) {
	usual := []string{":method", "GET", ":scheme", "http", ":authority", "a.test", ":path", "/a"}
	for _, tc := range []struct {
		name, field, value string
		limits             http1.Limits
		code               gwerr.Code
		reason             string
	}{
		{name: "more than the connection takes", field: "x-a", value: strings.Repeat("x", 5<<10),
			code: gwerr.HeadersTooLarge, reason: "the header section is longer than allowed"},
		{name: "more than the listener takes", field: "x-a", value: strings.Repeat("x", 600),
			limits: http1.Limits{HeadBytes: 256},
			code:   gwerr.HeadersTooLarge, reason: "the header section is longer than allowed"},
		{name: "an underscore", field: "x_a", value: "b",
			code: gwerr.BadRequest, reason: "a header field name has an underscore"},
	} {
		c := newStreams(t)
		c.head(true, append(usual[:len(usual):len(usual)], tc.field, tc.value)...)
		var in buffers.Buffer
		var head http1.RequestHead
		_, err := client.Take(c.stream(), &in, &head, tc.limits, most)
		if err == nil || err.Code != tc.code || err.Reason != tc.reason {
			t.Errorf("%s: got %v", tc.name, err)
		}
		if string(head.MethodName) != "GET" || string(head.Path) != "/a" || head.Minor != 1 {
			t.Errorf("%s: the log has %q and %q", tc.name, head.MethodName, head.Path)
		}
	}
}
