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

// without is what goes on of the Cookie fields, each behind a bar.
func without(h *http1.Head, edits http1.EditList) string {
	var b strings.Builder
	for i := range h.Fields {
		if f := &h.Fields[i]; edits.HidesCookies(h.Name(f)) {
			b.WriteString("|" + string(edits.AppendCookies(nil, h.Value(f))))
		}
	}
	return b.String()
}

func TestCookiesAreLeftOut(t *testing.T) {
	edits := http1.EditList{nil, http1.Change{Cookies: []string{"gw"}}.New(),
		http1.Change{Cookies: []string{"key"}, Remove: []string{"X-A"}}.New()}
	for lines, want := range map[string]string{
		"":                                     "",
		"X-Cookie: gw=1\r\n":                   "",
		"Cookie: gw=1\r\n":                     "|",
		"cookie:  gw=1 ; \r\n":                 "|",
		"Cookie: a=b\r\n":                      "|a=b",
		"Cookie: a=b; gw=1; c=\"d e\"\r\n":     "|a=b; c=\"d e\"",
		"Cookie: gw=1; gw=2; gwx=3; key=4\r\n": "|gwx=3",
		"Cookie: GW=1; x\r\n":                  "|GW=1; x",
		"Cookie: gw\r\n":                       "|gw",
		"Cookie: a=b=gw=1\r\n":                 "|a=b=gw=1",
		"Cookie: a=b\r\ncookie: gw=1; c=d\r\n": "|a=b|c=d",
		"Cookie: gw = 1;;;a=b\r\n":             "|a=b",
		"Cookie: a=\"x; key=2; y\"; key=3\r\n": "|a=\"x; y\"",
	} {
		if got := without(parsed(t, lines), edits); got != want {
			t.Errorf("%q becomes %q, want %q", lines, got, want)
		}
	}
	if (http1.EditList{http1.NewEdits(nil, []string{"a"})}).HidesCookies([]byte("Cookie")) {
		t.Error("edits that hide no cookie hide some")
	}
}

func TestParametersAreLeftOut(t *testing.T) {
	edits := http1.EditList{nil, http1.Change{Parameters: []string{"key"}}.New(),
		http1.Change{Parameters: []string{"to ken"}}.New()}
	for query, want := range map[string]string{
		"":                           "",
		"?":                          "?",
		"?a=1&b":                     "?a=1&b",
		"?key=1":                     "",
		"?key":                       "",
		"?a=1&key=2&b=3":             "?a=1&b=3",
		"?key=1&a=1&key=2":           "?a=1",
		"?%6bey=1&k%65y=2&a=%6bey":   "?a=%6bey",
		"?to+ken=1&to%20ken=2&key2=": "?key2=",
		"?KEY=1&a=key":               "?KEY=1&a=key",
		"?a&&key=1&":                 "?a&&",
	} {
		if got := edits.AppendQuery([]byte("/p"), []byte(query)); string(got) != "/p"+want {
			t.Errorf("%q becomes %q, want %q", query, got, want)
		}
	}
	room := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() {
		edits.AppendQuery(room, []byte("?%6bey=1&a=2"))
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestGuardedFieldsAreLeftOutHoweverTheyAreWritten(t *testing.T) {
	e := http1.Change{Guard: []string{"X-User-Id"}}.New()
	for name, want := range map[string]bool{
		"X-User-Id": true, "x-user-id": true, "X_User-ID": true, "x_user_id": true,
		"X-User-Idx": false, "X.User.Id": false, "X-Uses-Id": false,
	} {
		if e.Drops([]byte(name)) != want {
			t.Errorf("%s is left out: %v", name, !want)
		}
	}
	if http1.NewEdits(nil, []string{"X-User"}).Drops([]byte("X_User")) {
		t.Error("without a guard, another name is left out too")
	}
}

func FuzzCookies(f *testing.F) {
	f.Add("a=b; gw=1; c")
	f.Add(" ;=; gw = 1;")
	edits := http1.EditList{http1.Change{Cookies: []string{"gw"}}.New()}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return
		}
		h := parsed(t, "Cookie: "+value+"\r\n")
		out := edits.AppendCookies(nil, h.Value(h.Named("cookie")))
		again := parsed(t, "Cookie: "+string(out)+"\r\n")
		if _, ok := http1.CookieValue(again, "gw"); ok {
			t.Errorf("%q still has it: %q", value, out)
		}
		if twice := edits.AppendCookies(nil, out); !bytes.Equal(twice, out) {
			t.Errorf("%q becomes %q, and then %q", value, out, twice)
		}
	})
}
