package changes

import (
	"maps"
	"net/netip"
	"reflect"
	"slices"
)

var prefixType = reflect.TypeFor[netip.Prefix]()

// same says whether two values are equal, the order of lists included. It makes no words.
func (d *differ) same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return d.same(a.Elem(), b.Elem())
	case reflect.Struct:
		if a.Type() == prefixType {
			return a.Interface().(netip.Prefix) == b.Interface().(netip.Prefix)
		}
		for _, f := range d.cache.Of(a.Type()).List {
			if !d.same(a.Field(f.Index), b.Field(f.Index)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		if a.CanAddr() && b.CanAddr() { // what is in a mapping has no address
			if x, ok := a.Addr().Interface().(*[]string); ok {
				return slices.Equal(*x, *b.Addr().Interface().(*[]string))
			}
		}
		for i := range a.Len() {
			if !d.same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if x, ok := a.Interface().(map[string]string); ok {
			return maps.Equal(x, b.Interface().(map[string]string))
		}
		if a.Len() != b.Len() || a.Len() == 0 {
			return a.Len() == b.Len()
		}
		return d.sameMappings(a, b)
	case reflect.String:
		return a.String() == b.String()
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.Int, reflect.Int64:
		return a.Int() == b.Int()
	case reflect.Float64:
		return a.Float() == b.Float()
	default:
		panic("config: the document has a field of a kind that Diff does not know: " +
			a.Type().String())
	}
}

// sameMappings is same for mappings of other things than texts, of which both have as many. It is
// apart, since to go through a mapping makes garbage.
func (d *differ) sameMappings(a, b reflect.Value) bool {
	for k, v := range a.Seq2() {
		if o := b.MapIndex(k); !o.IsValid() || !d.same(v, o) {
			return false
		}
	}
	return true
}
