package protocols_test

import (
	"fmt"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// malformedHeads are requests that RFC 9113 sections 8.2 and 8.3 call malformed, as fields.
var malformedHeads = map[string][]string{
	"a backslash in the path":    {":path", `/a\b`},
	"a fragment":                 {":path", "/a#b"},
	"a space in the path":        {":path", "/a b"},
	"a path without a slash":     {":path", "a"},
	"an empty path":              {":path", ""},
	"no method":                  {":method", "-"},
	"no scheme":                  {":scheme", "-"},
	"a method that is no token":  {":method", "G T"},
	"a malformed authority":      {":authority", "u@a.test"},
	"another host":               {"host", "b.test"},
	"a capital letter":           {"X-A", "1"},
	"a control character":        {"x-a", "a\x01b"},
	"NUL":                        {"x-a", "a\x00b"},
	"CR and LF":                  {"x-a", "a\r\nb: c"},
	"white space around":         {"x-a", " a"},
	"connection":                 {"connection", "close"},
	"transfer-encoding":          {"transfer-encoding", "chunked"},
	"te":                         {"te", "gzip"},
	"an unknown pseudo field":    {":x", "1"},
	"two paths":                  {":path", "/", ":path", "/"},
	"a length that is no number": {"content-length", "x"},
	"two lengths":                {"content-length", "1", "content-length", "2"},
	"a length without a body":    {"content-length", "1"},
	"an underscore":              {"x_a", "1"}, // the gateway's rule
	"a protocol without CONNECT": {":protocol", "websocket"},
	"a tunnel that has a length": {":method", "CONNECT", ":protocol", "websocket",
		"content-length", "5"},
	"a tunnel with a length of 0": {":method", "CONNECT", ":protocol", "websocket",
		"content-length", "0"},
}

// requestOf is the fields of a GET with some more, or with others in their place; "-" leaves
// one out.
func requestOf(fields []string) []string {
	var all []string
	for _, p := range [][2]string{
		{":method", "GET"}, {":scheme", "http"}, {":authority", "a.test"}, {":path", "/"},
	} {
		replaced := false
		for i := 0; i < len(fields); i += 2 {
			if fields[i] != p[0] {
				continue
			}
			if replaced = true; fields[i+1] != "-" {
				all = append(all, p[0], fields[i+1])
			}
		}
		if !replaced {
			all = append(all, p[0], p[1])
		}
	}
	for i := 0; i < len(fields); i += 2 {
		switch fields[i] {
		case ":method", ":scheme", ":authority", ":path":
		case ":protocol", ":x":
			all = append(append([]string{}, fields[i], fields[i+1]), all...)
		default:
			all = append(all, fields[i], fields[i+1])
		}
	}
	return all
}

// What is refused over HTTP/2 has a status and a line in the log, as over HTTP/1.1; the stream
// is reset behind the answer. The connection goes on.
func TestAMalformedRequestOverHTTP2IsAnswered(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, edgetest.OneRoute(up.Addr(), "path_prefix: /"))
	for name, fields := range malformedHeads {
		for _, body := range []bool{false, true} {
			if body && name == "a length without a body" {
				continue
			}
			t.Run(fmt.Sprintf("%s, body %v", name, body), func(t *testing.T) {
				f := dialFrames(t, e.Addr("public"))
				f.head(1, !body, requestOf(fields)...)
				if body {
					_ = f.WriteData(1, true, []byte("hello"))
				}
				f.flush()
				got := answered(t, f, 1, name != "an underscore")
				if got.status != "400" || !strings.Contains(got.body, "GW_BAD_REQUEST") ||
					got.reset != xhttp2.ErrCodeProtocol && name != "an underscore" {
					t.Errorf("got %+v", got)
				}
				id := field(got.fields, "x-request-id")
				testkit.Eventually(t, "the log has its line", func() bool {
					line := lineWith(e.Stdout(), id)
					return strings.Contains(line, `"status":400,"code":"GW_BAD_REQUEST"`) &&
						strings.Contains(line, `"protocol":"HTTP/2"`)
				})
				f.head(3, true, requestOf(nil)...)
				f.flush()
				if got := answered(t, f, 3, false); got.status != "200" ||
					got.reset != xhttp2.ErrCodeNo {
					t.Errorf("the next request of the connection gets %+v", got)
				}
			})
		}
	}
}

// The same for what is malformed behind the head, while there is no response yet.
func TestAMalformedBodyOverHTTP2IsAnswered(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 100)
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Head()
			if err != nil {
				return
			}
			if r.Method == "POST" {
				began <- struct{}{}
			}
			if testkit.ReadRequestBody(c.Reader(), r) != nil || c.Send(edgetest.OK) != nil {
				return
			}
		}
	})
	e := testkit.StartEdge(t, edgetest.OneRoute(up.Addr(), "path_prefix: /"))
	long := strings.Repeat("x", 40<<10) // more than is waited for before the head goes on
	for name, send := range map[string]func(*frames){
		"more than the length":  func(f *frames) { _ = f.WriteData(1, false, []byte("hello")) },
		"more, and the end":     func(f *frames) { _ = f.WriteData(1, true, []byte("hello")) },
		"less than the length":  func(f *frames) { _ = f.WriteData(1, true, nil) },
		"a trailer with a path": func(f *frames) { f.head(1, true, ":path", "/") },
		"a malformed trailer":   func(f *frames) { f.head(1, true, "x-a", "a\x00b") },
		"a trailer in between":  func(f *frames) { f.head(1, false, "x-a", "b") },
	} {
		t.Run(name, func(t *testing.T) {
			f := dialFrames(t, e.Addr("public"))
			f.head(1, false, append(requestOf([]string{":method", "POST"}),
				"content-length", fmt.Sprint(len(long)+3))...)
			for rest := long; rest != ""; rest = rest[min(len(rest), 10<<10):] {
				_ = f.WriteData(1, false, []byte(rest[:min(len(rest), 10<<10)]))
			}
			f.flush()
			<-began
			send(f)
			f.flush()
			got := answered(t, f, 1, true)
			if got.status != "400" || got.reset != xhttp2.ErrCodeProtocol {
				t.Errorf("got %+v", got)
			}
			id := field(got.fields, "x-request-id")
			testkit.Eventually(t, "the log has its line", func() bool {
				return strings.Contains(lineWith(e.Stdout(), id),
					`"status":400,"code":"GW_BAD_REQUEST"`)
			})
			f.head(3, true, requestOf(nil)...)
			f.flush()
			if got := answered(t, f, 3, false); got.status != "200" ||
				got.reset != xhttp2.ErrCodeNo {
				t.Errorf("the next request of the connection gets %+v", got)
			}
		})
	}
}

// Cookies over HTTP/2 come as one field each (RFC 9113 section 8.2.3), and count as one.
func TestCookiesOverHTTP2CountAsOneField(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, edgetest.OneRoute(up.Addr(), "path_prefix: /"))
	others := func(n int) (fields []string) {
		for i := range n {
			fields = append(fields, fmt.Sprintf("x-%d", i), "v")
		}
		return fields
	}
	cookies := func(n int, size int) (fields []string) {
		for i := range n {
			fields = append(fields, "cookie", fmt.Sprintf("c%d=%s", i, strings.Repeat("v", size)))
		}
		return fields
	}
	for _, tc := range []struct {
		name   string
		fields []string
		status string
	}{
		{"110 cookies", cookies(110, 1), "200"},
		{"600 cookies", cookies(600, 10), "200"},
		{"99 fields and the host", others(99), "200"},
		{"100 fields and the host", others(100), "431"},
		{"98 fields and cookies", append(others(98), cookies(200, 1)...), "200"},
		{"99 fields and cookies", append(others(99), cookies(2, 1)...), "431"},
		{"cookies of too many bytes", cookies(110, 400), "431"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := dialFrames(t, e.Addr("public"))
			f.head(1, true, requestOf(tc.fields)...)
			f.flush()
			if got := answered(t, f, 1, false); got.status != tc.status {
				t.Errorf("got %+v", got)
			}
		})
	}
	sent := ""
	for _, c := range up.Conns() { // one, unless a request came before it was free again
		sent += c.Received()
	}
	if n := strings.Count(strings.ToLower(sent), "\r\ncookie: "); n != 3 {
		t.Errorf("the endpoint got %d cookie fields in four requests: %.300q", n, sent)
	}
}

// answer is what came on a stream.
type answer struct {
	status, body string
	fields       []string
	reset        xhttp2.ErrCode // ErrCodeNo: it was not
}

// answered reads the answer on a stream, and the reset behind it if there is to be one.
func answered(t testing.TB, f *frames, id uint32, reset bool) (a answer) {
	t.Helper()
	ended := false
	for {
		frame, err := f.next()
		if err != nil {
			t.Fatalf("after %+v: %v", a, err)
		}
		if frame.Header().StreamID != id {
			continue
		}
		switch frame := frame.(type) {
		case *xhttp2.MetaHeadersFrame:
			a.status = frame.PseudoValue("status")
			for _, field := range frame.RegularFields() {
				a.fields = append(a.fields, field.Name, field.Value)
			}
			ended = ended || frame.StreamEnded()
		case *xhttp2.DataFrame:
			a.body += string(frame.Data())
			ended = ended || frame.StreamEnded()
		case *xhttp2.RSTStreamFrame:
			a.reset = frame.ErrCode
			return a
		}
		if ended && !reset {
			return a
		}
	}
}

// field is the value of one of the fields.
func field(fields []string, name string) string {
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == name {
			return fields[i+1]
		}
	}
	return ""
}

// lineWith is the line of a text that has some other text.
func lineWith(text, what string) string {
	for line := range strings.Lines(text) {
		if what != "" && strings.Contains(line, what) {
			return line
		}
	}
	return ""
}
