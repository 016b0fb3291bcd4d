package http1_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

func parsed(t testing.TB, lines string) *http1.Head {
	t.Helper()
	r := new(http1.RequestHead)
	r.Reset(http1.Limits{})
	if _, err := r.Parse([]byte("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n")); err != nil {
		t.Fatal(err)
	}
	return &r.Head
}

func TestCookiesWithoutOne(t *testing.T) {
	for lines, want := range map[string]string{
		"":                                     "",
		"Cookie: gw=1\r\n":                     "",
		"cookie:  gw=1 ; \r\n":                 "",
		"Cookie: a=b\r\n":                      "Cookie: a=b\r\n",
		"Cookie: a=b; gw=1; c=\"d e\"\r\n":     "Cookie: a=b; c=\"d e\"\r\n",
		"Cookie: gw=1; gw=2; gwx=3\r\n":        "Cookie: gwx=3\r\n",
		"Cookie: GW=1; x\r\n":                  "Cookie: GW=1; x\r\n",
		"Cookie: gw\r\n":                       "Cookie: gw\r\n",
		"Cookie: a=b=gw=1\r\n":                 "Cookie: a=b=gw=1\r\n",
		"Cookie: a=b\r\nCookie: gw=1; c=d\r\n": "Cookie: a=b; c=d\r\n",
		"Cookie: gw = 1;;;a=b\r\n":             "Cookie: a=b\r\n",
	} {
		h := parsed(t, lines)
		if got := http1.AppendCookiesWithout(nil, h, "gw"); string(got) != want {
			t.Errorf("%q becomes %q, want %q", lines, got, want)
		}
	}
}

func FuzzCookies(f *testing.F) {
	f.Add("a=b; gw=1; c")
	f.Add(" ;=; gw = 1;")
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return
		}
		h := parsed(t, "Cookie: "+value+"\r\n")
		without := http1.AppendCookiesWithout(nil, h, "gw")
		if len(without) == 0 {
			return
		}
		if !bytes.HasPrefix(without, []byte("Cookie: ")) ||
			!bytes.HasSuffix(without, []byte("\r\n")) {
			t.Errorf("%q becomes %q", value, without)
		}
		again := parsed(t, string(without))
		if _, ok := http1.CookieValue(again, "gw"); ok {
			t.Errorf("%q still has it: %q", value, without)
		}
		if twice := http1.AppendCookiesWithout(nil, again, "gw"); !bytes.Equal(twice, without) {
			t.Errorf("%q becomes %q, and then %q", value, without, twice)
		}
	})
}
