package sample

import (
	"reflect"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
)

// SecretPlaces returns the path of each key whose value may be a reference to a secret, as
// "routes[].headers.request.set.*": an entry of a list is [], one of a mapping with the user's keys
// is *. They come from the tags of the document, so that a new key is among them.
func SecretPlaces() []string {
	p := places{cache: tags.Cache{}}
	p.walk(reflect.TypeFor[config.Document](), "", &tags.Rule{})
	return p.found
}

type places struct {
	cache tags.Cache
	found []string
}

func (p *places) walk(t reflect.Type, path string, r *tags.Rule) {
	switch {
	case t.Kind() == reflect.Pointer:
		p.walk(t.Elem(), path, r)
	case t.Kind() == reflect.Slice:
		p.walk(t.Elem(), path+"[]", r)
	case t.Kind() == reflect.Map:
		p.walk(t.Elem(), path+".*", r)
	case t.Kind() == reflect.Struct && strings.HasPrefix(t.PkgPath(), "net/"):
	case t.Kind() == reflect.Struct:
		for _, f := range p.cache.Of(t).List {
			p.walk(t.Field(f.Index).Type, strings.TrimPrefix(path+"."+f.Key, "."), &f.Rule)
		}
	case t.Kind() == reflect.String && r.MayBeSecret():
		p.found = append(p.found, path)
	}
}
