package config

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// within puts an example into the section at a path, as a whole document.
func within(path, example string) string {
	out := "{" + example + "}"
	if path == "" {
		return out
	}
	keys := strings.Split(path, ".")
	for i := len(keys) - 1; i >= 0; i-- {
		key, list := strings.CutSuffix(keys[i], "[]")
		if list {
			out = "[" + out + "]"
		}
		out = "{" + key + ": " + out + "}"
	}
	return out
}

// Every path and example of the table of synonyms is one of the document, and every name leads to
// one entry alone.
func TestSynonymsNameKeysThatExist(t *testing.T) {
	t.Parallel()
	v := newVocabulary(tags.Cache{})
	seen := map[spoken]synonym{}
	for _, s := range synonyms() {
		if !v.has(s.key) && s.key != "" && s.without == "" {
			t.Errorf("%s: there is no key %s", s.names, s.key)
		}
		if s.key == "" && s.without == "" && s.say == "" {
			t.Errorf("%s: nothing is said", s.names)
		}
		if parent, _ := apart(s.key); s.key != "" && v.section(parent) == nil {
			t.Errorf("%s: there is no section %s", s.names, parent)
		}
		for _, m := range regexp.MustCompile("<([^>]*)>").FindAllStringSubmatch(s.say, -1) {
			if !v.has(m[1]) {
				t.Errorf("%s: there is no key %s", s.names, m[1])
			}
		}
		if s.write != "" {
			parent, key := apart(s.key)
			example := within(parent, s.write)
			if !strings.HasPrefix(strings.TrimLeft(s.write, `"`), key) {
				t.Errorf("%s: %s is no example of %s", s.names, s.write, s.key)
			}
			_, ps := Options{Elsewhere: true}.Decode("x.yaml", []byte(example))
			for _, p := range ps {
				switch p.Code {
				case CodeUnknownKey, CodeType, CodeUnit, CodeValue, CodeSyntax, CodeAddress,
					CodePrefix, CodeHost, CodeRegex, CodeMethod:
					t.Errorf("%s: %v", example, p)
				}
			}
		}
		for at := range strings.FieldsSeq(s.at) {
			of := v.section(place(at))
			if of == nil && at != "*" {
				t.Errorf("%s: there is no section %s", s.names, at)
			}
			for name := range strings.FieldsSeq(s.names) {
				if plainName(name) != name {
					t.Errorf("%s: %s is written %s in the table", s.names, name, plainName(name))
				}
				if o, twice := seen[spoken{of, name}]; twice {
					t.Errorf("%s is in two entries of %s: %s and %s", name, at, o.names, s.names)
				}
				seen[spoken{of, name}] = s
			}
		}
	}
	if len(seen) < 500 {
		t.Errorf("only %d names", len(seen))
	}
}

func TestShorthandsNameKeysThatExist(t *testing.T) {
	t.Parallel()
	cache := tags.Cache{}
	for of, key := range shorthands() {
		if _, ok := cache.Of(of).ByKey[key]; !ok {
			t.Errorf("%s has no key %s", of, key)
		}
	}
}

// What the table says of a name that this version does not have is what there is: a change that
// adds the key need not touch the table.
func TestAKeyThatComesLaterTakesTheNameOver(t *testing.T) {
	t.Parallel()
	v := newVocabulary(tags.Cache{})
	for _, s := range synonyms() {
		if s.without == "" || s.key == "" {
			continue
		}
		now := v.tell(s)
		parent, key := apart(s.key)
		if v.has(s.key) != strings.HasPrefix(now, "it is ") {
			t.Errorf("%s: %s", s.key, now)
		}
		if v.has(s.key) {
			continue
		}
		if !strings.HasPrefix(now, "this version does not have "+s.without) {
			t.Errorf("%s: %s", s.key, now)
		}
		of := v.section(parent)
		before := *v.cache.Of(of)
		with := tags.Fields{ByKey: map[string]tags.Field{key: {Key: key}}}
		v.cache[of] = &with
		if then := v.tell(s); !strings.HasPrefix(then, "it is ") || !strings.Contains(then, key) {
			t.Errorf("%s: %s", s.key, then)
		}
		v.cache[of] = &before
	}
}

// No key that is unknown somewhere is told to be unknown alone, whatever others call it.
func TestEveryUnknownKeyHasAHint(t *testing.T) {
	t.Parallel()
	v := newVocabulary(tags.Cache{})
	names := map[string]bool{"zzzzzz": true, "über": true, "a b": true, "": true, "X-Own": true}
	for _, s := range synonyms() {
		for name := range strings.FieldsSeq(s.names) {
			names[name] = true
		}
	}
	for _, s := range v.sections {
		known := v.cache.Of(s.of).ByKey
		for name := range names {
			if _, ok := known[name]; ok || s.of == reflect.TypeFor[Match]() {
				continue
			}
			d := decoder{cache: v.cache, vocabulary: v, options: &Options{}}
			d.unknown(text.Key{Name: name}, s.of, v.cache.Of(s.of).Keys)
			if len(d.problems) != 1 || d.problems[0].Hint == "" {
				t.Fatalf("%s in %s: %v", name, s.path, d.problems)
			}
		}
	}
}
