package errorpages

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// asked is the head of a request with header lines, each with CRLF.
func asked(t *testing.T, lines string) *http1.RequestHead {
	t.Helper()
	head := new(http1.RequestHead)
	head.Reset(http1.Limits{})
	if _, err := head.Parse([]byte("GET / HTTP/1.1\r\nHost: a.test\r\n" + lines +
		"\r\n")); err != nil {
		t.Fatal(err)
	}
	return head
}

func TestHTMLIsForThoseWhoAskForIt(t *testing.T) {
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif," +
		"image/webp,*/*;q=0.8"
	for _, tc := range []struct {
		accept string
		want   bool
	}{
		{browser, true}, {"text/html", true}, {"TEXT/HTML", true}, {"text/*", true},
		{"text/html;q=0.1", true}, {"text/html;charset=utf-8", true},
		{"text/html, */*", true}, {"application/json;q=0.9, text/html", true},
		{"text/html;q=0.5, application/json;q=0.4", true},
		{" text/html ; q=0.5 , */* ; q=0.1", true}, {"text/html;Q=1.000", true},
		{`a/b;c="x,text/html;q=0", text/html`, true}, {"text/plain;q=2, text/html", true},
		{"text/*;q=0, text/html", true}, {"application/json;q=0, text/html;q=0.001", true},

		{"", false}, {"*/*", false}, {"application/json", false}, {"text/plain", false},
		{"application/json, text/plain, */*", false}, {"text/html;q=0", false},
		{"text/html;q=0.0, */*", false}, {"text/*, text/html;q=0", false},
		{"text/html;q=0.5, application/json", false}, {"text/html;q=0.5, */*", false},
		{"text/html;q=0.5, application/*;q=0.6", false}, {"*/*;q=0", false},
		{"text/html;q=2", false}, {"text/html;q=1.001", false}, {"text/html;q=", false},
		{"text/html;q=.5", false}, {"text/html;q=0.1234", false}, {"text/html;q=-1", false},
		{`a/b;c="text/html,text/html"`, false}, {"xtext/html", false}, {"text/htmlx", false},
		{"application/xhtml+xml", false}, {"text /html", false}, {",,;,", false},
		{`"text/html`, false}, {`text/html;x="\`, true},
	} {
		lines := ""
		if tc.accept != "" {
			lines = "Accept: " + tc.accept + "\r\n"
		}
		if got := prefersHTML(asked(t, lines)); got != tc.want {
			t.Errorf("Accept: %s: %v, want %v", tc.accept, got, tc.want)
		}
	}
	if !prefersHTML(asked(t, "Accept: a/b\r\naccept: text/html\r\n")) {
		t.Error("the second line of a field does not count")
	}
	head := asked(t, "Accept: "+browser+"\r\n")
	if n := testing.AllocsPerRun(100, func() { prefersHTML(head) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAccept(f *testing.F) {
	f.Add([]byte(`text/html;a="b\",c";q=0.5, */*`))
	f.Fuzz(func(t *testing.T, v []byte) {
		head := new(http1.RequestHead)
		head.Reset(http1.Limits{})
		text := append(append([]byte("GET / HTTP/1.1\r\nHost: a\r\nAccept: "), v...), "\r\n\r\n"...)
		if _, err := head.Parse(text); err == nil {
			prefersHTML(head)
		}
	})
}
