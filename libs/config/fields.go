package config

import (
	"reflect"
	"strings"
)

// fields is the keys of a struct of the document, in order.
type fields struct {
	keys  []string
	byKey map[string]field
	list  []field
}

type field struct {
	index  int
	key    string
	secret bool // the value must not be shown
}

// fieldCache keeps what was read from tags while one document is worked on, since it has thousands of routes.
type fieldCache map[reflect.Type]*fields

// of reads the `config` tags of a struct type.
func (c fieldCache) of(t reflect.Type) *fields {
	if f := c[t]; f != nil {
		return f
	}
	f := &fields{byKey: make(map[string]field)}
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("config"), ",")
		if name == "" {
			panic("config: field " + t.String() + "." + t.Field(i).Name + " has no config tag")
		}
		if name == "-" {
			continue
		}
		fd := field{index: i, key: name, secret: option == "secret"}
		f.keys = append(f.keys, name)
		f.byKey[name] = fd
		f.list = append(f.list, fd)
	}
	c[t] = f
	return f
}
