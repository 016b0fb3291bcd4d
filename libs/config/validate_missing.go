package config

import (
	"reflect"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// missing finds the keys that have no default and no value, where no other check has said so.
func (v *validator) missing() {
	said := map[string]bool{}
	for _, p := range v.problems {
		said[p.Path] = true
	}
	v.required(reflect.ValueOf(v.doc).Elem(), tags.Cache{}, said)
}

func (v *validator) required(x reflect.Value, cache tags.Cache, said map[string]bool) {
	switch x.Kind() {
	case reflect.Pointer:
		if !x.IsNil() {
			v.required(x.Elem(), cache, said)
		}
	case reflect.Slice:
		if k := x.Type().Elem().Kind(); k != reflect.Struct || x.Type().Elem() == prefixType {
			return
		}
		for i := range x.Len() {
			v.trail.EnterIndex(i)
			v.required(x.Index(i), cache, said)
			v.trail.Leave()
		}
	case reflect.Struct:
		list := cache.Of(x.Type()).List
		for i := range list {
			f := &list[i]
			switch at := x.Field(f.Index); at.Kind() {
			case reflect.Pointer, reflect.Struct, reflect.Slice, reflect.String,
				reflect.Int:
				v.trail.Enter(f.Key)
				v.requiredField(at, f, cache, said)
				v.trail.Leave()
			}
		}
	}
}

func (v *validator) requiredField(
	x reflect.Value, f *tags.Field, cache tags.Cache, said map[string]bool,
) {
	if x.Type() == prefixType {
		return
	}
	empty := x.Kind() == reflect.String && v.value(x.String()) == "" && !v.options.Elsewhere ||
		x.Kind() == reflect.String && x.Len() == 0 || x.Kind() == reflect.Slice && x.Len() == 0 ||
		x.Kind() == reflect.Int && x.Int() == 0
	if f.Required && empty {
		if path := v.trail.String(); !said[path] {
			v.add(path, CodeMissing, f.Key+" is missing here, and it has no default",
				"add "+f.Key+": VALUE")
		}
		return
	}
	if f.Alone && x.Len() == 1 && x.Type().Elem().Kind() == reflect.Struct {
		if n := v.root.Value(v.trail.String()); n != nil && n.Kind == text.Map {
			x = x.Index(0) // its path has no index, as it has none in the file
		}
	}
	v.required(x, cache, said)
}
