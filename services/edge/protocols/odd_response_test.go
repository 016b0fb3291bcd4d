package protocols_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// Servers send what is not quite HTTP. What is harmless goes through, some of it only where
// the cluster says so; the rest is 502. The clients of both protocols get the same.
var oddResponses = []struct {
	name, limits string // of the cluster
	raw          string
	status       int // that clients get
	body         string
	field, value string // that clients get
}{
	{
		name: "blanks behind chunk sizes",
		raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"5   \r\nhello\r\n6\t\r\n world\r\n0  \r\n\r\n", status: 200, body: "hello world",
	},
	{
		name: "status 600", raw: "HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nhi",
		status: 600, body: "hi",
	},
	{
		name: "status 999", raw: "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nhi",
		status: 999, body: "hi",
	},
	{
		name: "parameters of keep-alive",
		raw: "HTTP/1.1 200 OK\r\nConnection: keep-alive; timeout=5\r\n" +
			"Content-Length: 2\r\n\r\nhi", status: 200, body: "hi",
	},
	{
		name: "space before the colon", raw: "HTTP/1.1 200 OK\r\nX-Odd \t: 1\r\n" +
			"Content-Length : 2\r\n\r\nhi", status: 200, body: "hi", field: "X-Odd", value: "1",
	},
	{
		name: "bare LF", raw: "HTTP/1.1 200 OK\nX-Odd: 1\nContent-Length: 2\n\nhi",
		status: 502,
	},
	{
		name: "bare LF that is allowed", limits: "allow_bare_lf: true",
		raw: "HTTP/1.1 200 OK\nX-Odd: 1\nContent-Length: 2\n\nhi", status: 200, body: "hi",
		field: "X-Odd", value: "1",
	},
	{
		name:   "control character",
		raw:    "HTTP/1.1 200 OK\r\nX-Odd: a\x01b\r\nContent-Length: 2\r\n\r\nhi",
		status: 502,
	},
	{
		name: "control character that is allowed", limits: "allow_control_characters: true",
		raw:    "HTTP/1.1 200 O\x02K\r\nX-Odd: a\x01b\r\nContent-Length: 2\r\n\r\nhi",
		status: 200, body: "hi", field: "X-Odd", value: "a\x01b",
	},
	{
		name: "NUL", limits: "allow_control_characters: true, allow_bare_lf: true",
		raw: "HTTP/1.1 200 OK\r\nX-Odd: a\x00b\r\nContent-Length: 2\r\n\r\nhi", status: 502,
	},
	{
		name: "bare CR", limits: "allow_control_characters: true, allow_bare_lf: true",
		raw: "HTTP/1.1 200 OK\r\nX-Odd: a\rb\r\nContent-Length: 2\r\n\r\nhi", status: 502,
	},
	{name: "a head of 70 KiB", raw: longHead(70<<10, 1), status: 502},
	{
		name: "a head of 70 KiB that is allowed", limits: "max_header_bytes: 80000",
		raw: longHead(70<<10, 1), status: 200, body: "hi",
	},
	{
		name: "a head of 700 KiB that is allowed", limits: "max_header_bytes: 1048576",
		raw: longHead(700<<10, 100), status: 200, body: "hi",
	},
	{
		name: "a head over a lower limit", limits: "max_header_bytes: 1000",
		raw: longHead(1000, 1), status: 502,
	},
	{name: "300 fields", raw: longHead(3000, 300), status: 502},
	{
		name: "300 fields that are allowed", limits: "max_headers: 400", raw: longHead(3000, 300),
		status: 200, body: "hi",
	},
	{
		name: "fields over a lower limit", limits: "max_headers: 10", raw: longHead(100, 11),
		status: 502,
	},
}

// longHead is a response with n bytes of values in so many fields, and the body "hi".
func longHead(n, fields int) string {
	var b strings.Builder
	b.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")
	for i := range fields {
		fmt.Fprintf(&b, "X-%d: %s\r\n", i, strings.Repeat("v", n/fields))
	}
	return b.String() + "\r\nhi"
}

func TestOddResponsesGoThroughOrAre502(t *testing.T) {
	t.Parallel()
	for _, tc := range oddResponses {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			up := testkit.NewUpstream(t, testkit.Answer(tc.raw))
			e := testkit.StartEdge(t, strings.Replace(edgetest.OneRoute(up.Addr(),
				"path_prefix: /"),
				"{name: up,", "{name: up, limits: {"+tc.limits+"},", 1))
			if strings.Contains(tc.value, "\x01") { // net/http takes no such value
				c := testkit.Dial(t, e.Addr("public"))
				_ = c.Send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
				all, err := c.Rest()
				if err != nil || !strings.Contains(all, tc.field+": "+tc.value+"\r\n") ||
					!strings.HasSuffix(all, "\r\n\r\n"+tc.body) {
					t.Errorf("the client gets %q, %v", all, err)
				}
				return
			}
			for _, http2 := range []bool{false, true} {
				tr := &http.Transport{Protocols: new(http.Protocols),
					MaxResponseHeaderBytes: 2 << 20}
				tr.Protocols.SetHTTP1(!http2)
				tr.Protocols.SetUnencryptedHTTP2(http2)
				t.Cleanup(tr.CloseIdleConnections)
				c := &http.Client{Transport: tr, Timeout: testkit.Deadline}
				for range 2 { // the second over the same connection to the endpoint
					r, err := c.Get("http://" + e.Addr("public") + "/")
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(r.Body)
					_ = r.Body.Close()
					if err != nil || r.StatusCode != tc.status || tc.body != "" &&
						string(body) != tc.body {
						t.Errorf("HTTP/2 %v: %d %.200q, %v; want %d %q", http2, r.StatusCode,
							body, err,
							tc.status, tc.body)
					}
					if tc.status == 502 && !strings.Contains(string(body), "GW_UPSTREAM_PROTOCOL") {
						t.Errorf("HTTP/2 %v: the answer is %s", http2, body)
					}
					if got := r.Header.Get(tc.field); tc.field != "" && got != tc.value {
						t.Errorf("HTTP/2 %v: %s is %q, want %q", http2, tc.field, got, tc.value)
					}
				}
			}
		})
	}
}

// The same from an endpoint that speaks HTTP/2.
func TestOddResponsesOfHTTP2Endpoints(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, limits string
		fields       []string
		status       int
	}{
		{"status 600", "", []string{":status", "600"}, 600},
		{"status 999", "", []string{":status", "999"}, 999},
		{"control character", "", []string{":status", "200", "x-odd", "a\x01b"}, 502},
		{
			"control character that is allowed", "allow_control_characters: true",
			[]string{":status", "200", "x-odd", "a\x01b"}, 200,
		},
		{
			"NUL", "allow_control_characters: true", []string{":status", "200", "x-odd",
				"a\x00b"}, 502,
		},
		{"70 KiB", "", []string{":status", "200", "x", strings.Repeat("v", 70<<10)}, 502},
		{
			"70 KiB that are allowed", "max_header_bytes: 80000",
			[]string{":status", "200", "x", strings.Repeat("v", 70<<10)}, 200,
		},
		{
			"700 KiB that are allowed", "max_header_bytes: 1048576",
			[]string{":status", "200", "x", strings.Repeat("v", 700<<10)}, 200,
		},
		{"300 fields", "", manyFields(300), 502},
		{"300 fields that are allowed", "max_headers: 400", manyFields(300), 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			address := serveScript(t, nil, "h2c", func(f *frames, id uint32, h *heard) {
				if h.ended {
					f.head(id, true, tc.fields...)
				}
			})
			e := testkit.StartEdge(t, strings.Replace(edgetest.OneRoute(address, "path_prefix: /"),
				"{name: up,", "{name: up, protocol: h2c, limits: {"+tc.limits+"},", 1))
			c := testkit.Dial(t, e.Addr("public"))
			for range 2 {
				if err := c.Send(edgetest.Get); err != nil {
					t.Fatal(err)
				}
				line, err := c.Bytes(len("HTTP/1.1 200"))
				if want := fmt.Sprintf("HTTP/1.1 %d", tc.status); err != nil || line != want {
					t.Fatalf("got %q, %v; want %q", line, err, want)
				}
				c = testkit.Dial(t, e.Addr("public")) // what follows is not for testkit to judge
			}
		})
	}
}

// manyFields are the fields of a response's head.
func manyFields(n int) []string {
	fields := []string{":status", "200"}
	for i := range n {
		fields = append(fields, fmt.Sprintf("x-%d", i), "v")
	}
	return fields
}
