package apikey

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth"
)

func request(t testing.TB, target, lines string) *policy.Request {
	t.Helper()
	r := new(http1.RequestHead)
	r.Reset(http1.Limits{})
	if lines != "" {
		lines += "\r\n"
	}
	head := "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n"
	if _, err := r.Parse([]byte(head)); err != nil {
		t.Fatal(err)
	}
	return &policy.Request{Head: r, Start: time.Now()}
}

// keys are one that counts, one that has expired, and one that will.
func keys() []config.APIKey {
	return []config.APIKey{
		{ID: "a", SHA256: sha256.Sum256([]byte("key a")), Scopes: []string{"read"},
			Roles: []string{"ops"}},
		{ID: "old", SHA256: sha256.Sum256([]byte("key old")), Expires: time.Now()},
		{ID: "new", SHA256: sha256.Sum256([]byte("key new")),
			Expires: time.Now().Add(time.Hour)},
	}
}

func TestKeysAreFoundWhereTheyAre(t *testing.T) {
	for _, c := range []struct {
		in, target, lines string
		want              auth.Verdict
		subject           string
	}{
		{"header:X-API-Key", "/", "", auth.Absent, ""},
		{"header:X-API-Key", "/", "X-API-Key:", auth.Absent, ""},
		{"header:X-API-Key", "/", "x-api-key: key a", auth.Accepted, "a"},
		{"header:X-API-Key", "/", "X-API-KEY: key new", auth.Accepted, "new"},
		{"header:X-API-Key", "/", "X-API-Key: key old", auth.Refused, ""},
		{"header:X-API-Key", "/", "X-API-Key: key", auth.Refused, ""},
		{"header:X-API-Key", "/", "X-API-Key: Key a", auth.Refused, ""},
		{"header:X-API-Key", "/", "X-API-Key: key a\r\nX-API-Key: key a", auth.Refused, ""},
		{"header:X-API-Key", "/", "X-API-Key: key a\r\nx-api-key:", auth.Refused, ""},
		{"header:X-API-Key", "/", "X-API-Key: key a, key a", auth.Refused, ""},
		{"header:X-API-Key", "/?X-API-Key=key+a", "Cookie: X-API-Key=key a", auth.Absent, ""},
		{"header:X-API-Key", "/", "X-API-Key: " + strings.Repeat("k", 2000), auth.Refused, ""},
		{"header:Authorization", "/", "Authorization: Bearer key a", auth.Accepted, "a"},
		{"header:authorization", "/", "Authorization: apikey key a", auth.Accepted, "a"},
		{"header:Authorization", "/", "Authorization: key a", auth.Absent, ""},
		{"header:Authorization", "/", "Authorization: Basic key a", auth.Absent, ""},
		{"header:Authorization", "/", "Authorization: Bearer", auth.Absent, ""},
		{"header:Authorization", "/", "Authorization: Bearer key a\r\nAuthorization: Basic x",
			auth.Refused, ""},
		{"query:key", "/?key=key+a", "", auth.Accepted, "a"},
		{"query:key", "/?x=1&k%65y=key%20a&y", "", auth.Accepted, "a"},
		{"query:key", "/?key=key%20a&key=key%20a", "", auth.Refused, ""},
		{"query:key", "/?key=key%20a&k%65y=", "", auth.Refused, ""},
		{"query:key", "/?KEY=key%20a", "", auth.Absent, ""},
		{"query:key", "/?key", "", auth.Absent, ""},
		{"query:key", "/", "X-Key: key a", auth.Absent, ""},
		{"cookie:key", "/", "Cookie: a=b; key=key a", auth.Accepted, "a"},
		{"cookie:key", "/", `Cookie: key="key a"`, auth.Accepted, "a"},
		{"cookie:key", "/", "Cookie: key=key a; key=key a", auth.Refused, ""},
		{"cookie:key", "/", "Cookie: key=key a\r\nCookie: key=x", auth.Refused, ""},
		{"cookie:key", "/", "Cookie: xkey=key a; Key=key a", auth.Absent, ""},
	} {
		a := New(&config.APIKeys{Name: "partners", In: c.in}, keys(), true)
		r := request(t, c.target, c.lines)
		o := a.Authenticate(r)
		if o.Verdict != c.want || (o.Rule != "") != (c.want == auth.Refused) ||
			strings.Contains(o.Rule, "key a") {
			t.Errorf("%s, %s %q: %+v, want %v", c.in, c.target, c.lines, o, c.want)
			continue
		}
		if c.want != auth.Accepted {
			continue
		}
		if id := o.Identity; id.Subject != c.subject || id.Name != "partners" {
			t.Errorf("%s, %s %q: %+v", c.in, c.target, c.lines, id)
		}
		if n := testing.AllocsPerRun(100, func() { a.Authenticate(r) }); n > 0 {
			t.Errorf("%s, %q: %v allocations", c.in, c.lines, n)
		}
	}
}

func TestKeysEndAtTheGateway(t *testing.T) {
	edits := func(in string, keep bool) http1.EditList {
		a := New(&config.APIKeys{In: in, Keep: keep}, keys(), true)
		o := a.Authenticate(request(t, "/?key=key+a",
			"X-API-Key: key a\r\nCookie: key=key a\r\nAuthorization: ApiKey key a"))
		if o.Verdict != auth.Accepted {
			t.Fatalf("%s: %+v", in, o)
		}
		return http1.EditList{a.Takes(), o.Edits}
	}
	for _, in := range []string{
		"header:X-API-Key", "header:Authorization", "query:key", "cookie:key",
	} {
		l := edits(in, false)
		if got := l.Drops([]byte("x_api_key")); got != (in == "header:X-API-Key") {
			t.Errorf("%s: the field is left out: %v", in, got)
		}
		if got := l.Drops([]byte("Authorization")); got != (in == "header:Authorization") {
			t.Errorf("%s: Authorization is left out: %v", in, got)
		}
		if got := string(l.AppendQuery(nil, []byte("?a&key=x"))); (got == "?a") !=
			(in == "query:key") {
			t.Errorf("%s: the query is %s", in, got)
		}
		if got := l.HidesCookies([]byte("Cookie")); got != (in == "cookie:key") {
			t.Errorf("%s: the cookie is left out: %v", in, got)
		}
		if l := edits(in, true); l[0] != nil || l[1] != nil {
			t.Errorf("%s: with keep, something is left out", in)
		}
	}
}

func TestAFileThatCannotBeUsedIsNobodysFault(t *testing.T) {
	a := New(&config.APIKeys{In: "header:X-API-Key"}, nil, false)
	if o := a.Authenticate(request(t, "/", "X-API-Key: key a")); o.Verdict != auth.Unavailable {
		t.Errorf("%+v", o)
	}
	none := New(&config.APIKeys{In: "header:X-API-Key"}, nil, true)
	if o := none.Authenticate(request(t, "/", "X-API-Key: key a")); o.Verdict != auth.Refused {
		t.Errorf("%+v", o)
	}
}
