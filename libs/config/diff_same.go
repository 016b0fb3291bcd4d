package config

import (
	"maps"
	"net/netip"
	"reflect"
	"slices"
)

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
		for _, f := range d.cache.of(a.Type()).list {
			if !d.same(a.Field(f.index), b.Field(f.index)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		if x, ok := a.Addr().Interface().(*[]string); ok {
			return slices.Equal(*x, *b.Addr().Interface().(*[]string))
		}
		for i := range a.Len() {
			if !d.same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		return a.Len() == b.Len() && maps.Equal(a.Interface().(map[string]string), b.Interface().(map[string]string))
	case reflect.String:
		return a.String() == b.String()
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.Int, reflect.Int64:
		return a.Int() == b.Int()
	case reflect.Float64:
		return a.Float() == b.Float()
	default:
		panic("config: the document has a field of a kind that Diff does not know: " + a.Type().String())
	}
}

// sameRoute is same for routes, without reflection: there may be 10,000, most of them as they were. A key that it does not
// compare is found by the test that changes each key of the model in turn.
func sameRoute(a, b *Route) bool {
	return a.Name == b.Name && a.PathPrefix == b.PathPrefix && a.Cluster == b.Cluster && a.Timeouts == b.Timeouts &&
		a.MaxBodyBytes == b.MaxBodyBytes && a.AllowEncodedSlash == b.AllowEncodedSlash &&
		slices.Equal(a.Hosts, b.Hosts) && slices.Equal(a.Methods, b.Methods) && slices.Equal(a.Split, b.Split) &&
		samePointed(a.Rewrite, b.Rewrite, func(a, b *Rewrite) bool { return *a == *b }) &&
		samePointed(a.OpenAPI, b.OpenAPI, func(a, b *RouteOpenAPI) bool { return *a == *b }) &&
		samePointed(a.RateLimit, b.RateLimit, func(a, b *RateLimit) bool { return *a == *b }) &&
		samePointed(a.Retry, b.Retry, func(a, b *Retry) bool {
			return a.Attempts == b.Attempts && a.Budget == b.Budget && slices.Equal(a.On, b.On)
		}) &&
		samePointed(a.ClientCertificate, b.ClientCertificate, func(a, b *RouteClients) bool { return slices.Equal(a.Names, b.Names) }) &&
		samePointed(a.Auth, b.Auth, func(a, b *RouteAuth) bool {
			return a.JWT == b.JWT && slices.Equal(a.Scopes, b.Scopes) && slices.Equal(a.Roles, b.Roles)
		}) &&
		samePointed(a.Headers, b.Headers, func(a, b *RouteHeaders) bool {
			return sameEdit(&a.Request, &b.Request) && sameEdit(&a.Response, &b.Response)
		})
}

func sameEdit(a, b *HeaderEdit) bool {
	return maps.Equal(a.Set, b.Set) && slices.Equal(a.Remove, b.Remove)
}

func samePointed[T any](a, b *T, same func(a, b *T) bool) bool {
	return a == b || a != nil && b != nil && same(a, b)
}
