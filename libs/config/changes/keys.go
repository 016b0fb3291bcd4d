package changes

import (
	"reflect"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
)

// A KeyChange is a key that two routes have differently, with what they have, as a file could have
// it. Secrets are left out.
type KeyChange struct{ Key, Old, New string }

// Keys compares some keys of two routes, of a document each. A value that refers to something in
// `auth` by name differs, too, where the name means another thing in the other document. Keys that
// the model does not have are equal.
func Keys(
	old, new *config.Document, was, is *config.Route, keys ...string,
) (all []KeyChange) {
	d := &differ{cache: tags.Cache{}}
	a, b := reflect.ValueOf(was).Elem(), reflect.ValueOf(is).Elem()
	fields := d.cache.Of(a.Type()).ByKey
	for _, key := range keys {
		f, ok := fields[key]
		if !ok {
			continue
		}
		x, y := a.Field(f.Index), b.Field(f.Index)
		switch {
		case !d.same(x, y):
			all = append(all, KeyChange{key, d.show(x, f.Secret), d.show(y, f.Secret)})
		case !d.sameMeaning(x, old, new):
			shown := d.show(x, f.Secret)
			all = append(all, KeyChange{key, shown, shown + ", which is defined otherwise"})
		}
	}
	return all
}

// sameMeaning says whether the names that a value refers to mean the same in two documents.
func (d *differ) sameMeaning(v reflect.Value, old, new *config.Document) bool {
	same := true
	d.references(v, func(name string) {
		same = same && d.sameNamed(name, reflect.ValueOf(old.Auth), reflect.ValueOf(new.Auth))
	})
	return same
}

// references calls visit with each name in a value that is one of another thing.
func (d *differ) references(v reflect.Value, visit func(name string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			d.references(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			d.references(v.Index(i), visit)
		}
	case reflect.Struct:
		if v.Type() == prefixType {
			return
		}
		for _, f := range d.cache.Of(v.Type()).List {
			if field := v.Field(f.Index); f.Ref && field.Kind() == reflect.String {
				visit(field.String())
			} else {
				d.references(field, visit)
			}
		}
	}
}

// sameNamed compares what has a name in the lists of two sections, of which either may be nil.
func (d *differ) sameNamed(name string, old, new reflect.Value) bool {
	if old.IsNil() || new.IsNil() {
		return old.IsNil() == new.IsNil()
	}
	for _, f := range d.cache.Of(old.Type().Elem()).List {
		was, is := old.Elem().Field(f.Index), new.Elem().Field(f.Index)
		if was.Kind() != reflect.Slice || was.Type().Elem().Kind() != reflect.Struct {
			continue
		}
		x, y := d.named(name, was), d.named(name, is)
		if x.IsValid() != y.IsValid() || x.IsValid() && !d.same(x, y) {
			return false
		}
	}
	return true
}

// named is the entry of a list that has a name; the zero Value: there is none.
func (d *differ) named(name string, list reflect.Value) reflect.Value {
	for _, f := range d.cache.Of(list.Type().Elem()).List {
		for i := range list.Len() {
			if f.Name && list.Index(i).Field(f.Index).String() == name {
				return list.Index(i)
			}
		}
	}
	return reflect.Value{}
}
