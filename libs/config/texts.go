package config

import (
	"reflect"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// texts say what the keys of a struct do, for the reference and the JSON Schema. They stand beside
// the struct. A struct that is used in several places says what is true of most; what is around it
// may say otherwise of one place, by the path from there: "tls.alpn".
type texts map[string]string

// documented is a struct of the document.
type documented interface{ keyTexts() texts }

// Texts returns what each key of the document does, by its path: listeners[].limits.max_headers.
func Texts() map[string]string {
	found, _ := collectTexts(reflect.TypeFor[Document]())
	return found
}

// collectTexts also returns the texts that belong to no key, each with the struct it stands beside.
func collectTexts(document reflect.Type) (found map[string]string, unused []string) {
	w := textWalker{found: make(map[string]string), cache: tags.Cache{},
		used: make(map[string]bool)}
	w.structure(document, "", nil)
	for name, t := range w.tables {
		for key := range t {
			if !w.used[name+" "+key] {
				unused = append(unused, name+" "+key)
			}
		}
	}
	return w.found, unused
}

type textWalker struct {
	found  map[string]string
	cache  tags.Cache
	tables map[string]texts // by the name of the struct
	used   map[string]bool  // the name of a struct and a key of its table
}

// around is a struct that the walk is in.
type around struct {
	name, path string
	texts      texts
}

func (w *textWalker) structure(t reflect.Type, path string, outer []around) {
	me := around{name: t.Name(), path: path}
	if d, ok := reflect.Zero(t).Interface().(documented); ok {
		me.texts = d.keyTexts()
	}
	if w.tables == nil {
		w.tables = make(map[string]texts)
	}
	w.tables[me.name] = me.texts
	outer = append(outer[:len(outer):len(outer)], me)
	for _, f := range w.cache.Of(t).List {
		at := text.JoinKey(path, f.Key)
		w.key(at, outer)
		switch inner := t.Field(f.Index).Type; {
		case inner.Kind() == reflect.Pointer:
			w.inner(inner.Elem(), at, outer)
		case inner.Kind() == reflect.Map:
			w.inner(inner.Elem(), at+".*", outer)
		case inner.Kind() == reflect.Slice:
			w.inner(inner.Elem(), at+"[]", outer)
		default:
			w.inner(inner, at, outer)
		}
	}
}

func (w *textWalker) inner(t reflect.Type, path string, outer []around) {
	if t.Kind() == reflect.Struct && t != prefixType {
		w.structure(t, path, outer)
	}
}

// key finds the text of a key. What is said further out is said of fewer places, so it counts.
func (w *textWalker) key(path string, outer []around) {
	for _, a := range outer {
		rest := path
		if a.path != "" {
			rest = strings.TrimPrefix(path, a.path+".")
		}
		if said, ok := a.texts[rest]; ok {
			w.used[a.name+" "+rest] = true
			w.found[path] = said
			return
		}
	}
}
