package bearer

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

func TestWhereTokensAre(t *testing.T) {
	all := []string{
		"header:Authorization", "header:X-Token", "cookie:access", "query:access_token",
	}
	for name, tc := range map[string]struct {
		query, lines string
		want         string
		many         bool
	}{
		"nowhere":                 {"", "X-Other: a\r\nCookie: b=c\r\n", "", false},
		"authorization":           {"", "Authorization: Bearer a\r\n", "a", false},
		"authorization with tabs": {"", "Authorization: Bearer\t a\t\r\n", "a", false},
		"another scheme":          {"", "Authorization: Bearerx a\r\n", "", false},
		"basic beside a token":    {"", "Authorization: Basic a\r\nX-Token: b\r\n", "b", false},
		"a field":                 {"", "x-token: a\r\n", "a", false},
		"a field with the word":   {"", "X-Token: bearer a\r\n", "a", false},
		"an empty field":          {"", "X-Token:\r\n", "", false},
		"a cookie":                {"", "Cookie: b=c; access=a; d=e\r\n", "a", false},
		"a cookie with quotes":    {"", "Cookie: access=\"a\"\r\n", "a", false},
		"a cookie of capitals":    {"", "Cookie: ACCESS=a\r\n", "", false},
		"a parameter":             {"?b=c&access_token=a", "", "a", false},
		"a parameter, encoded":    {"?access%5Ftoken=%61", "", "a", false},
		"a parameter, broken":     {"?access_token=%zz", "", "%zz", false},
		"two fields": {"", "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n",
			"", true},
		"two fields, one other": {"", "Authorization: Basic a\r\nAuthorization: Bearer b\r\n",
			"", true},
		"two others": {"", "Authorization: Basic a\r\nAuthorization: Digest b\r\n",
			"", false},
		"two cookies":       {"", "Cookie: access=a; access=a\r\n", "", true},
		"two cookie fields": {"", "Cookie: access=a\r\nCookie: access=b\r\n", "", true},
		"two parameters":    {"?access_token=a&access%5ftoken=b", "", "", true},
		"a field and a cookie": {"", "Authorization: Bearer a\r\nCookie: access=a\r\n", "",
			true},
		"a field and a parameter": {"?access_token=a", "Authorization: Bearer a\r\n", "", true},
	} {
		var places []place
		for _, from := range all {
			places = append(places, newPlace(from, false))
		}
		raw, at, many := find(places, request(t, tc.query, tc.lines).Head)
		if string(raw) != tc.want || many != tc.many || (at != nil) != (tc.want != "" || many) {
			t.Errorf("%s: %q, %v, %v", name, raw, at, many)
		}
	}
}

func TestWhatIsTakenOut(t *testing.T) {
	field := http1.EditList{newPlacePointer("header:X-Token").strip}
	if !field.Drops([]byte("x-token")) {
		t.Error("the field goes on")
	}
	cookie := http1.EditList{newPlacePointer("cookie:a").strip}
	if got := string(cookie.AppendCookies(nil, []byte("b=c; a=d"))); got != "b=c" {
		t.Errorf("cookies that go on: %s", got)
	}
	parameter := http1.EditList{newPlacePointer("query:a").strip}
	if got := string(parameter.AppendQuery(nil, []byte("?b=c&a=d"))); got != "?b=c" {
		t.Errorf("parameters that go on: %s", got)
	}
}

func newPlacePointer(from string) *place {
	p := newPlace(from, false)
	return &p
}

// FuzzPlaces looks for requests in which a token is found, and goes on all the same.
func FuzzPlaces(f *testing.F) {
	f.Add("?a=b", "Cookie: a=b")
	f.Add("?%61=b&a", "Authorization: Bearer x")
	f.Fuzz(func(t *testing.T, query, line string) {
		var head http1.RequestHead
		head.Reset(http1.Limits{})
		if _, err := head.Parse([]byte(
			"GET /" + query + " HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n")); err != nil {
			return
		}
		for _, from := range []string{"cookie:a", "query:a"} {
			p := newPlace(from, false)
			_, n := p.Find(&head, nil)
			if n == 0 {
				continue
			}
			edits := http1.EditList{p.strip}
			again := string(edits.AppendQuery(nil, head.Query))
			lines := ""
			for i := range head.Fields {
				if f := &head.Fields[i]; edits.HidesCookies(head.Name(f)) {
					lines += "Cookie: " + string(edits.AppendCookies(nil, head.Value(f))) + "\r\n"
				}
			}
			var out http1.RequestHead
			out.Reset(http1.Limits{})
			if _, err := out.Parse([]byte(
				"GET /" + again + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n")); err != nil {
				t.Fatalf("%q %q: %v", again, lines, err)
			}
			if _, n := p.Find(&out, nil); n > 0 {
				t.Errorf("%s goes on: %q %q", from, again, lines)
			}
		}
	})
}
