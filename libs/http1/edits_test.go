package http1

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/placeholder"
)

// facts are values of placeholders.
type facts map[placeholder.Name]string

func (f facts) AppendPlaceholder(dst []byte, n placeholder.Name) []byte {
	return append(dst, f[n]...)
}

func (f facts) AppendClaim(dst []byte, _ string) []byte { return dst }

func templates(t *testing.T, set map[string]string) map[string]placeholder.Template {
	t.Helper()
	all, err := placeholder.ParseAll(set)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEditsDropWhatTheySet(t *testing.T) {
	e := NewEdits(map[string]string{"X-B": "2", "X-A": "1", "host": "inner"}, []string{"Cookie"})
	if got := string(e.Append(nil, nil)); got != "X-A: 1\r\nX-B: 2\r\n" {
		t.Errorf("adds %q", got)
	}
	if host, ok := (EditList{e}).AppendHost(nil, nil); string(host) != "inner" || !ok {
		t.Errorf("the host is %q", host)
	}
	for name, want := range map[string]bool{
		"x-a": true, "X-B": true, "COOKIE": true, "cookies": false, "X-C": false, "": false,
	} {
		if e.Drops([]byte(name)) != want {
			t.Errorf("drops %q: %v", name, !want)
		}
	}
	none := NewEdits(nil, nil)
	if none != nil || none.Drops([]byte("x")) || len(none.Append(nil, nil)) != 0 {
		t.Error("no edits do something")
	}
	long := strings.Repeat("x", 64) // lengths share bits beyond 63
	e = NewEdits(nil, []string{long})
	if !e.Drops([]byte(strings.ToUpper(long))) || e.Drops(nil) {
		t.Error("a name of 64 bytes is not dropped, or an empty one is")
	}
}

// Of several edits the later ones see what the earlier have made.
func TestEditsAreDoneOneAfterTheOther(t *testing.T) {
	list := EditList{
		NewEdits(map[string]string{"X-A": "1", "X-B": "1", "Host": "first"}, nil),
		NewEdits(map[string]string{"x-b": "2"}, []string{"X-C"}),
		NewEdits(map[string]string{"Host": "last"}, nil),
	}
	if got := string(list.Append(nil, nil)); got != "X-A: 1\r\nx-b: 2\r\n" {
		t.Errorf("they add %q", got)
	}
	if got, ok := list.AppendHost(nil, nil); string(got) != "last" || !ok {
		t.Errorf("the host is %q", got)
	}
	for name, want := range map[string]bool{"X-A": true, "X-C": true, "X-D": false} {
		if list.Drops([]byte(name)) != want {
			t.Errorf("drops %q: %v", name, !want)
		}
	}
	none := EditList(nil)
	if _, ok := none.AppendHost(nil, nil); ok || none.Drops([]byte("x")) ||
		len(none.Append(nil, nil)) > 0 {
		t.Error("no edits do something")
	}
}

// A field that is filled in with nothing is not sent, and what came under its name is not either.
func TestEditsAreFilledIn(t *testing.T) {
	e := Change{
		Set: templates(t, map[string]string{
			"X-Cert": "{client.certificate.subject}", "X-Ip": " {client.address} ", "X-Fixed": "",
			"Host": "{tls.server_name}",
		}),
		Add: templates(t, map[string]string{"X-Ip": "{route}", "X-More": "{cluster}"}),
	}.New()
	got := string(EditList{e, NewEdits(nil, []string{"x-more"})}.Append(nil, facts{
		placeholder.ClientAddress: "192.0.2.1", placeholder.Route: "r", placeholder.Cluster: "c",
	}))
	if got != "X-Fixed: \r\nX-Ip: 192.0.2.1\r\nX-Ip: r\r\n" || !e.Open() {
		t.Errorf("they add %q", got)
	}
	for _, name := range []string{"X-Cert", "x-ip", "X-FIXED"} {
		if !e.Drops([]byte(name)) {
			t.Errorf("%s of the client stays", name)
		}
	}
	if e.Drops([]byte("X-More")) {
		t.Error("what is added takes the place of what there is")
	}
	for name, want := range map[string]string{
		"a.test": "a.test", "a.test:80": "a.test:80", "": "", "a b": "", "a/b": "",
	} {
		host, ok := (EditList{e}).AppendHost(nil, facts{placeholder.TLSServerName: name})
		if string(host) != want || ok != (want != "") {
			t.Errorf("%q makes the host %q", name, host)
		}
	}
}

func TestValuesAreRewritten(t *testing.T) {
	for _, tc := range []struct{ regex, with, value, want string }{
		{"^https://", "http://", "https://a/b", "http://a/b"},
		{"^https://", "http://", "ftp://a/https://b", "ftp://a/https://b"},
		{"a", "b", "banana", "bbnbnb"}, {"(.)(.)", "$2${1}", "abcd", "badc"},
		{"(?P<first>.)b", "${first}$$", "ab", "a$"}, {"(a)", "$1x", "a", "<gone>"},
		{".*", "", "all", "<gone>"}, {"x", " ", "ax", "a"}, {"$", "/", "a", "a/"},
		{"", "-", "ab", "-a-b-"},
		{"a", "b", strings.Repeat("a", 100), strings.Repeat("b", 100)},
		{"a", "b", strings.Repeat("a", 101), "<gone>"},
		{"a", strings.Repeat("b", 5000), "aa", "<gone>"},
	} {
		w := Change{Rewrite: map[string]Rewriting{
			"x-a": {regexp.MustCompile(tc.regex), []byte(tc.with)},
		}}.New()
		list := EditList{nil, w}
		if list.Rewrites([]byte("X-B")) != nil || list.Rewrites([]byte("X-A")) == nil {
			t.Fatal("another field is rewritten")
		}
		got, ok := list.Rewrites([]byte("x-A")).Append([]byte("before "), []byte(tc.value))
		if !ok {
			got = []byte("before <gone>")
		}
		if string(got) != "before "+tc.want {
			t.Errorf("%s becomes %q in %q: %q", tc.regex, tc.with, tc.value, got)
		}
	}
}

func TestWhatTheGatewayWritesOfClientsCanBeCut(t *testing.T) {
	list := EditList{NewEdits(map[string]string{"X-Forwarded-Proto": "https"},
		[]string{"x-forwarded-port"})}
	dst := []byte("A: 1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-For: 1\r\n" +
		"X-Forwarded-Port: 80\r\n")
	if got := string(list.CutOwn(dst, 6)); got != "A: 1\r\nX-Forwarded-For: 1\r\n" {
		t.Errorf("left is %q", got)
	}
	if !list.Forwards() || (EditList{nil, NewEdits(nil, []string{"X-Forward"})}).Forwards() {
		t.Error("what is cut is not known")
	}
}

// Edits that were made of lines are edits like others: later ones leave those in place that they do
// not name.
func TestEditsOfLinesStayBeforeOthers(t *testing.T) {
	lines := WithLines([]byte("X-A: 1\r\nX-B: 2\r\n"), nil)
	for _, tc := range []struct {
		later *Edits
		want  string
	}{
		{NewEdits(map[string]string{"X-C": "3"}, nil), "X-A: 1\r\nX-B: 2\r\nX-C: 3\r\n"},
		{NewEdits(map[string]string{"x-a": "3"}, nil), "X-B: 2\r\nx-a: 3\r\n"},
		{NewEdits(nil, []string{"X-B", "X-A"}), ""},
		{NewAddition("X-A", "4"), "X-A: 1\r\nX-B: 2\r\nX-A: 4\r\n"},
	} {
		if got := string(EditList{&lines, tc.later}.Append(nil, nil)); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}
