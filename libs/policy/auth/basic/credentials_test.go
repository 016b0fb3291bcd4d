package basic

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

func head(t testing.TB, lines string) *http1.RequestHead {
	t.Helper()
	r := new(http1.RequestHead)
	r.Reset(http1.Limits{HeadBytes: 64 << 10})
	if _, err := r.Parse([]byte("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n")); err != nil {
		t.Fatal(err)
	}
	return r
}

func coded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestCredentialsAreReadStrictly(t *testing.T) {
	const field = "Authorization: "
	for lines, want := range map[string]struct {
		state
		name, password string
	}{
		"":                                 {},
		field + "Bearer abc":               {},
		field + "Basicx YTpi":              {},
		field + "Digest a=b":               {},
		"Proxy-Authorization: Basic YTpi":  {},
		field + "Basic YTpi":               {present, "a", "b"},
		"authorization: bAsIc   YTpi":      {present, "a", "b"},
		field + "Basic " + coded("a:b:c:"): {present, "a", "b:c:"},
		field + "Basic " + coded("ä ö:pä"): {present, "ä ö", "pä"},
		field + "Basic":                    {state: malformed},
		field + "Basic ":                   {state: malformed},
		field + "Basic YTpi YTpi":          {state: malformed},
		field + "Basic YTpi,":              {state: malformed},
		field + "Basic YTpiYw":             {state: malformed}, // no padding
		field + "Basic YTpiY===":           {state: malformed},
		field + "Basic YTpiYx==":           {state: malformed}, // bits that mean nothing
		field + "Basic YTrD_w==":           {state: malformed}, // the alphabet of URLs
		field + "Basic " + coded("ab"):     {state: malformed},
		field + "Basic " + coded(":b"):     {state: malformed},
		field + "Basic " + coded("a:"):     {state: malformed},
		field + "Basic " + coded(":"):      {state: malformed},
		field + "Basic " + coded("a:\x00b"): {
			state: malformed,
		},
		field + "Basic " + coded("a\n:b"):                {state: malformed},
		field + "Basic " + coded("a:\u0085b"):            {state: malformed},
		field + "Basic " + coded("a:\xe4"):               {state: malformed},
		field + "Basic YTpi\r\n" + field + "Basic YTpi":  {state: malformed},
		field + "Basic YTpi\r\n" + field + "Bearer YTpi": {state: malformed},
		field + "Basic " + coded("a:"+strings.Repeat("b", 2000)): {
			state: malformed,
		},
	} {
		if lines != "" {
			lines += "\r\n"
		}
		room := make([]byte, mostToken)
		c, s, why := read(&head(t, lines).Head, room)
		if s != want.state || (why != "") != (s == malformed) ||
			s == present && (string(c.name) != want.name || string(c.password) != want.password) {
			t.Errorf("%.80q: %v %q %q (%s), want %+v", lines, s, c.name, c.password, why, want)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	f.Add("Basic YTpi")
	f.Add("basic  YTo6Og==")
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) ||
			len(value) > 8000 {
			return
		}
		room := make([]byte, mostToken)
		c, s, _ := read(&head(t, "Authorization: "+value+"\r\n").Head, room)
		if s != present {
			return
		}
		// There is one way to write what is taken.
		_, token, _ := strings.Cut(strings.TrimSpace(value), " ")
		if coded(string(c.name)+":"+string(c.password)) != strings.TrimSpace(token) {
			t.Errorf("%q is read as %q and %q", value, c.name, c.password)
		}
	})
}
