package http1_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// What a log can tell of a head that was refused, wherever in it what is wrong stands, and however
// much of it has come.
func TestWhatCanBeToldOfAHeadThatIsNone(t *testing.T) {
	long := "GET " + strings.Repeat("/a", 9000)
	for in, want := range map[string]string{
		"GET /a?b=c HTTP/1.1\r\nHost: a.test\r\nx y: z\r\n\r\n":  "GET /a a.test",
		"GET /a?b=c HTTP/1.1\r\nHost: a.test\r\nHost: b\r\n\r\n": "GET /a a.test",
		"GET /a HTTP/1.1\r\nHost: a test\r\n\r\n":                "GET /a ",
		"GET /a HTTP/1.1\r\n\r\n":                                "GET /a ",
		"GET /a HTTP/2.0\r\nHost: a.test\r\n\r\n":                "GET /a ",
		"\r\nGET /a HTTP/9.9\r\nHost: a.test\r\n\r\n":            "GET /a ",
		"HEAD /a\x01b HTTP/1.1\r\nHost: a.test\r\n\r\n":          "HEAD /a\x01b ",
		"GET  /a HTTP/1.1\r\n\r\n":                               "GET  ",
		"GET /a?b=c":                                             "GET /a ",
		"GET /a HTTP/1.1\r\nHost: a.test\r\nUser-Ag":             "GET /a a.test",
		"GET":                          "  ",
		"":                             "  ",
		"\x16\x03\x01\x02\x00\x01\x00": "  ",
		"GET http://u:secret@a.test/b?c HTTP/1.1\r\n\r\n":            "GET /b ",
		"GET http://u:secret@a.test HTTP/1.1\r\n\r\n":                "GET  ",
		"CONNECT u:secret@a.test HTTP/1.1\r\n\r\n":                   "CONNECT  ",
		long + " HTTP/1.1\r\n\r\n":                                   long + " ",
		"G(T /a HTTP/1.1\r\n\r\n":                                    "  ",
		"POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2": "POST /a ",
	} {
		var h http1.RequestHead
		h.Reset(http1.Limits{})
		_, _ = h.Parse([]byte(in)) // it goes wrong, or is not all there
		h.Salvage([]byte(in))
		got := string(h.MethodName) + " " + string(h.Path) + " " + string(h.Authority)
		if got != want || h.Minor != 1 {
			t.Errorf("%.60q: %.60q of HTTP/1.%d, want %.60q", in, got, h.Minor, want)
		}
		if head := strings.HasPrefix(in, "HEAD"); head != (h.Method == http1.MethodHead) {
			t.Errorf("%.60q: the method is %d", in, h.Method)
		}
	}
}

// However a head is cut or spoilt, nothing of it is read beyond its end.
func FuzzSalvage(f *testing.F) {
	f.Add("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 9)
	f.Add("\r\n\r\nPOST http://a/b?c HTTP/1.1\r\nHost: a\r\nx y", 20)
	f.Fuzz(func(t *testing.T, in string, cut int) {
		var h http1.RequestHead
		h.Reset(http1.Limits{})
		if cut > 0 && cut < len(in) {
			_, _ = h.Parse([]byte(in[:cut]))
		}
		_, _ = h.Parse([]byte(in))
		h.Salvage([]byte(in))
		if strings.ContainsAny(string(h.Path), "?\r\n ") && h.Minor == 1 {
			t.Errorf("the path of %q is %q", in, h.Path)
		}
	})
}
