package http1

import (
	"bytes"
	"strings"
	"testing"
)

// Whatever byte a value has, wherever, it is judged as the table of classes says.
func TestEachByteOfAValueIsJudgedAtEachPlace(t *testing.T) {
	for length := 1; length <= 20; length++ {
		for at := range length {
			for c := range 256 {
				v := bytes.Repeat([]byte{'a'}, length)
				v[at] = byte(c)
				for _, lax := range []lax{0, laxColon, laxColon | laxControl} {
					want := error(nil)
					switch {
					case class[c]&cValue != 0:
					case c == '\r':
						want = errBareCR
					case lax&laxControl == 0, c == 0, c == '\n':
						want = errFieldValue
					}
					if got := checkValue(v, lax); got != want {
						t.Fatalf("%q: %v, want %v", v, got, want)
					}
				}
			}
		}
	}
}

// A name that is known is known in capitals, too, and with another byte anywhere it is not.
func TestNamesAreKnownInAnyCase(t *testing.T) {
	names := []string{
		"te", "via", "host", "expect", "upgrade", "cdn-loop", "keep-alive", "user-agent",
		"traceparent", "x-request-id", "content-length", "http2-settings", "x-forwarded-for",
		"transfer-encoding", "proxy-authorization",
	}
	for _, name := range names {
		id := Identify([]byte(name))
		if id == FieldOther {
			t.Errorf("%s is not known", name)
		}
		if got := Identify([]byte(strings.ToUpper(name))); got != id {
			t.Errorf("%s in capitals is %d, want %d", name, got, id)
		}
		for at := range len(name) {
			for c := range 256 {
				other := []byte(name)
				other[at] = byte(c)
				want := EqualFold(other, name)
				if got := sameName(other, name); got != want {
					t.Fatalf("%q is %s: %v, want %v", other, name, got, want)
				}
			}
		}
	}
}

func BenchmarkResponseHead(b *testing.B) {
	head := []byte("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n" +
		"Date: Tue, 01 Dec 2026 05:00:00 GMT\r\nContent-Type: application/octet-stream\r\n" +
		"Content-Length: 100\r\nConnection: keep-alive\r\n\r\n")
	var r ResponseHead
	b.SetBytes(int64(len(head)))
	for b.Loop() {
		r.Reset(Limits{})
		if _, err := r.Parse(head); err != nil {
			b.Fatal(err)
		}
	}
}

// Each field by which a trace goes on is noticed, and nothing else is taken for one.
func TestAHeadWithATraceIsNoticed(t *testing.T) {
	for line, want := range map[string]bool{
		"Traceparent: 0\r\n": true, "b3: 0\r\n": true, "X-B3-Flags: 1\r\n": true,
		"tracestate: a=1\r\n": false, "X-B4-Flags: 1\r\n": false, "": false,
	} {
		var r RequestHead
		r.Reset(Limits{})
		if _, err := r.Parse([]byte("GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n")); err != nil {
			t.Fatal(err)
		}
		if got := r.Traced(); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
