package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Each of these made some parser slow, large or dead. The package's bounds keep each within about a
// second.
func TestHostileFilesAreRefused(t *testing.T) {
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 12; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i,
			strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"10 MB": {"f.yaml", strings.Repeat("a: b\n", 2<<20),
			"E_TOO_LARGE: the file has"},
		"many entries": {"f.yaml", "a: [" + strings.Repeat("1,", 400_000) + "]",
			"E_TOO_LARGE: the file has 400000 lines and entries"},
		"deep flow":      {"f.yaml", strings.Repeat("[", 1<<20), "E_SYNTAX"},
		"deep flow maps": {"f.yaml", strings.Repeat("{a: ", 100_000), "E_SYNTAX"},
		"deep list":      {"f.yaml", strings.Repeat("- ", 1<<20), "E_TOO_LARGE"},
		"deep keys":      {"f.yaml", strings.Repeat("? ", 1<<20), "E_TOO_LARGE"},
		"deep but closed": {"f.yaml", strings.Repeat("[", 100) + strings.Repeat("]", 100),
			"E_TOO_LARGE: values are nested"},
		"deep JSON": {"f.json", strings.Repeat("[", 1<<20),
			"E_TOO_LARGE: values are nested"},
		"alias bomb": {"f.yaml", bomb, "once its aliases are put in"},
		"cycle":      {"f.yaml", "a: &a {b: [*a, *a]}", "E_TOO_LARGE"},
		"binary":     {"f.yaml", "\x7fELF\x02\x01\x01\x00\x00", "E_ENCODING: byte 0x02"},
		"UTF-16":     {"f.yaml", "\xff\xfev\x00", "E_ENCODING: byte 0xff"},
		"thousand mistakes": {"f.yaml", "routes: [" + strings.Repeat("{x: 1},", 5000) + "]",
			"E_TOO_MANY_PROBLEMS: only the first 1000"},
		"unknown alias": {"f.yaml", "a: *b", "E_SYNTAX"},
		"custom tag":    {"f.yaml", "version: !go 1", "E_TYPE"},
		"control in text": {"f.yaml",
			"version: 1\nlisteners: [{name: \"a\\u001b[31m\", address: ':1'}]",
			`"a\x1b[31m" can't be a name`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, ps := config.Decode(c.file, []byte(c.text))
			if d != nil || !strings.Contains(ps.Error(), c.want) {
				t.Errorf("got %.500s\nwant %s", ps, c.want)
			}
			for _, line := range strings.Split(ps.Error(), "\n") {
				if len(line) > 600 {
					t.Errorf("a line of %d bytes: %.100s…", len(line), line)
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{whole, future, minimal, "", "[]", "a: &a [*a]", "<<: *x",
		"version: 1\nlisteners: [{name: a, address: ':1'}]", "- - -", "? a\n: b",
		"%YAML 1.1\n---\n"} {
		f.Add("f.yaml", s)
	}
	f.Add("f.json",
		`{"version": 1, "listeners": [{"name": "a", "address": ":1", "timeouts": `+
			`{"header": "1s"}}]}`)
	f.Add("f.json", `{"a":[1.5e3,null,true,"\ud800"]} x`)
	f.Fuzz(func(t *testing.T, name, text string) {
		d, ps := config.Decode(name, []byte(text))
		if (d == nil) != (len(ps) > 0) {
			t.Fatalf("document %v with problems %v", d, ps)
		}
		for _, p := range ps {
			if p.Code == "" || p.Message == "" || strings.ContainsAny(p.Message, "\n\x00\x1b") {
				t.Fatalf("%+v", p)
			}
		}
		if d == nil {
			return
		}
		if ps := config.Validate(d); len(ps) > 0 {
			t.Fatalf("valid from a file, invalid by itself: %v", ps)
		}
		again, ps := config.Decode("again.json", config.Canonical(d))
		if len(ps) > 0 {
			t.Fatalf("canonical form: %v\n%s", ps, config.Canonical(d))
		}
		if config.Digest(d) != config.Digest(again) {
			t.Fatalf("another digest:\n%s\n%s", config.Canonical(d), config.Canonical(again))
		}
	})
}

func FuzzOverlay(f *testing.F) {
	f.Add(minimal, "drain: {timeout: 1s}")
	f.Add("a: [{name: x}]", "a: [{name: x}, {name: x}]")
	f.Fuzz(func(t *testing.T, base, over string) {
		dir := t.TempDir()
		path := write(t, dir, "base.yaml", base)
		write(t, dir, "e.yaml", over)
		s, err := config.Resolve(path, env(config.EnvName, "e"))
		if (s.Document == nil) != (err != nil) {
			t.Fatalf("%v, %v", s.Document, err)
		}
	})
}
