package placeholder

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// values are the values of a request, by name.
type values map[Name]string

func (v values) AppendPlaceholder(dst []byte, n Name) []byte { return append(dst, v[n]...) }

// AppendClaim has every claim, with a line break in it.
func (v values) AppendClaim(dst []byte, name string) []byte {
	return append(append(dst, name...), "\r\n"...)
}

var request = values{
	ClientAddress: "192.0.2.1", RequestPath: "/a%20b", TLSServerName: "b\r\nX-Evil: 1\x00\x7f\xff",
}

func TestPlaceholdersAreFilledIn(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"plain":                            "plain",
		"{client.address}":                 "192.0.2.1",
		"a {client.address}, b":            "a 192.0.2.1, b",
		"{client.address}{client.address}": "192.0.2.1192.0.2.1",
		"{request.path}":                   "/a%20b",
		"{client.certificate.subject}":     "",
		"x={client.certificate.subject};":  "x=;",
		"{auth.subject}":                   "",
		"a{auth.claim.realm.roles}":        "arealm.roles%0D%0A",
		"{tls.server_name}.":               "b%0D%0AX-Evil: 1%00%7F%FF.",
		"{{client.address}":                "{client.address}",
		"{{{client.address}}":              "{192.0.2.1}",
		"{{{{":                             "{{",
		"}":                                "}",
		"a}b":                              "a}b",
		`{{"group":"x"}`:                   `{"group":"x"}`,
		"$client.address":                  "$client.address",
	} {
		tpl, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := string(tpl.Append([]byte("before "), request)); got != "before "+want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
		fixed, ok := tpl.Fixed()
		if ok != (len(tpl.Uses()) == 0 && !tpl.AsksWho()) || ok && fixed != want {
			t.Errorf("%q: fixed %q %t, uses %v", text, fixed, ok, tpl.Uses())
		}
	}
}

func TestTextsThatAreRefused(t *testing.T) {
	for text, want := range map[string]Error{
		"{client.addres}": {Unknown, "client.addres"}, "{}": {Unknown, ""},
		"{ route }": {Unknown, " route "}, "{CLIENT.ADDRESS}": {Unknown, "CLIENT.ADDRESS"},
		"a {b": {Open, "b"}, "{": {Open, ""}, "{{{": {Open, ""},
		"{auth.subjekt}": {Unknown, "auth.subjekt"}, "{auth.claim.}": {NoClaim, "auth.claim."},
		"{auth.claim.a b}": {NoClaim, "auth.claim.a b"},
		"{auth}":           {Unknown, "auth"}, "{env.}": {NoVariable, "env."},
		"{env.A B}": {NoVariable, "env.A B"},
		"{env.A{B}": {NoVariable, "env.A{B"}, "{env}": {Unknown, "env"},
	} {
		var e *Error
		if _, err := Parse(text); !errors.As(err, &e) || *e != want || e.Error() == "" {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestVariablesOfTheEnvironmentArePutIn(t *testing.T) {
	tpl, err := Parse("{{a} {env.ZONE}/{route}/{env.NODE}")
	if err != nil {
		t.Fatal(err)
	}
	if got := tpl.Variables(); !slices.Equal(got, []string{"ZONE", "NODE"}) {
		t.Errorf("the variables are %q", got)
	}
	if _, ok := tpl.Fixed(); ok {
		t.Error("a text with a variable is fixed")
	}
	with := tpl.With(func(name string) string { return "{" + strings.ToLower(name) + "}" })
	filled, err := Parse(with)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(filled.Append(nil, values{Route: "r"})); got != "{a} {zone}/r/{node}" {
		t.Errorf("filled in it is %q", got)
	}
}

func TestEveryNameIsRead(t *testing.T) {
	for i, name := range Names() {
		tpl, err := Parse("{" + name + "}")
		if err != nil || !slices.Equal(tpl.Uses(), []Name{Name(i + 1)}) {
			t.Errorf("{%s}: %v, %v", name, tpl.Uses(), err)
		}
	}
	if RequestOrigin.String() != "" || named("") != 0 {
		t.Error("the origin has a name")
	}
	got := Only(RequestOrigin).Append(nil, values{RequestOrigin: "null"})
	if string(got) != "null" {
		t.Errorf("the origin is %q", got)
	}
}

func TestFreeTextsCanBeToldApart(t *testing.T) {
	got := string(AppendFree([]byte("a,"), "b,c%2C\r\nü d", ","))
	if got != "a,b%2Cc%252C%0D%0A%C3%BC d" {
		t.Errorf("it is %q", got)
	}
}

func TestFillingInAllocatesNothing(t *testing.T) {
	tpl, err := Parse("a{client.address}b{tls.server_name}c")
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 0, 256)
	var from Source = request
	if n := testing.AllocsPerRun(100, func() { dst = tpl.Append(dst[:0], from) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{client.address}", "{{", "{env.A}", "a{route}b}", "{auth.x}", "{"} {
		f.Add(s, "value\r\n")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		tpl, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(tpl.With(func(string) string { return value }))
		if err != nil {
			t.Fatalf("%q with %q is not read: %v", text, value, err)
		}
		from := values{Route: value}
		out := again.Append(nil, from)
		if len(tpl.Uses()) > 0 && len(tpl.Variables()) == 0 && !strings.ContainsAny(text, "\r\n") &&
			strings.ContainsAny(string(out), "\r\n") {
			t.Fatalf("%q with %q is %q", text, value, out)
		}
	})
}
