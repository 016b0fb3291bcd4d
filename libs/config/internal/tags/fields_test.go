package tags

import (
	"reflect"
	"slices"
	"testing"
)

func TestTagsSayWhatValuesMustBe(t *testing.T) {
	type section struct {
		Name   string   `config:"name,required,name"`
		Mode   string   `config:"mode,enum=a|b"`
		Most   int      `config:"most,min=1,max=10,zero=means none"`
		Keys   []string `config:"keys,secret,file"`
		Hidden bool     `config:"-"`
		On     bool     `config:"on"`
	}
	c := Cache{}
	f := c.Of(reflect.TypeFor[section]())
	if want := []string{"name", "mode", "most", "keys", "on"}; !slices.Equal(f.Keys, want) {
		t.Fatalf("keys %q, want %q", f.Keys, want)
	}
	want := []Field{
		{0, "name", Rule{Required: true, Name: true, Least: -NoBound, Most: NoBound}},
		{1, "mode", Rule{Words: []string{"a", "b"}, Least: -NoBound, Most: NoBound}},
		{2, "most", Rule{Bounded: true, Least: 1, Most: 10, Zero: "means none"}},
		{3, "keys", Rule{Secret: true, File: true, Least: -NoBound, Most: NoBound}},
		{5, "on", Rule{Least: -NoBound, Most: NoBound}},
	}
	if !reflect.DeepEqual(f.List, want) {
		t.Errorf("got %+v, want %+v", f.List, want)
	}
	if c.Of(reflect.TypeFor[section]()) != f {
		t.Error("the tags are read twice")
	}
	for i, may := range []bool{false, false, true, true, true} {
		if f.List[i].MayBeSecret() != may {
			t.Errorf("%s: may be a secret: %v", f.Keys[i], !may)
		}
	}
}

func TestTagsWithAMistakeStopTheProgram(t *testing.T) {
	for _, bad := range []any{
		struct{ Untagged bool }{},
		struct {
			A int `config:"a,minimum=1"`
		}{},
		struct {
			A int `config:"a,min=one"`
		}{},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T is taken", bad)
				}
			}()
			Cache{}.Of(reflect.TypeOf(bad))
		}()
	}
}
