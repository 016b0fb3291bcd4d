package reference

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// Key is one key of the document, for its reference.
type Key struct {
	Path    string // listeners[].limits.max_headers
	Type    string // in words
	Default string // as a file has it; "" for none
	Text    string // what it does
}

// Keys returns every key of the document, in the order of the document.
func Keys() []Key {
	var w keyWalker
	w.texts = config.Texts()
	w.cache = tags.Cache{}
	d := config.New()
	w.structure(reflect.ValueOf(d).Elem(), "")
	return w.keys
}

type keyWalker struct {
	keys  []Key
	texts map[string]string
	cache tags.Cache
}

func (w *keyWalker) structure(v reflect.Value, path string) {
	for _, f := range w.cache.Of(v.Type()).List {
		w.value(v.Field(f.Index), &f.Rule, text.JoinKey(path, f.Key))
	}
}

func (w *keyWalker) value(v reflect.Value, r *tags.Rule, path string) {
	absent := v.Kind() == reflect.Pointer
	if absent {
		v = config.Fresh(v.Type().Elem())
	}
	k := Key{Path: path, Text: w.texts[path]}
	k.Type, k.Default = words(v.Type()), config.Written(v)
	if absent && v.Kind() != reflect.Struct {
		k.Default = "" // absent, it is none of the values
	}
	k.Type += bounds(r)
	w.keys = append(w.keys, k)
	switch {
	case v.Kind() == reflect.Struct && v.Type() != prefixType:
		w.structure(v, path)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct &&
		v.Type().Elem() != prefixType:
		w.structure(config.Fresh(v.Type().Elem()), path+"[]")
	case v.Kind() == reflect.Map && v.Type().Elem().Kind() == reflect.Struct:
		w.structure(config.Fresh(v.Type().Elem()), path+".*")
	}
}

// bounds returns the bounds of a whole number in words.
func bounds(r *tags.Rule) string {
	switch {
	case !r.Bounded:
		return ""
	case r.Most == tags.NoBound:
		return ", at least " + strconv.FormatInt(r.Least, 10)
	default:
		return ", " + strconv.FormatInt(r.Least, 10) + " to " + strconv.FormatInt(r.Most, 10)
	}
}

// words returns a type in words.
func words(t reflect.Type) string {
	switch t {
	case durationType:
		return "duration"
	case percentType:
		return "percentage"
	}
	switch t.Kind() {
	case reflect.Struct:
		return "mapping"
	case reflect.Map:
		if t.Elem().Kind() == reflect.Struct {
			return "mapping of mappings"
		}
		return "mapping of text"
	case reflect.Slice:
		switch e := t.Elem(); {
		case e == prefixType:
			return "list of CIDRs"
		case e.Kind() == reflect.Struct:
			return "list"
		default:
			return "list of text"
		}
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "whole number"
	default:
		return "number"
	}
}

// Tables returns the tables of docs/configuration.md: every key by section.
func Tables() string {
	var b strings.Builder
	section := ""
	for _, k := range Keys() {
		if !strings.ContainsAny(k.Path, ".[") {
			section = k.Path
			b.WriteString("\n### `" + section + "`\n\n" + k.Text + "\n")
			if k.Type == "mapping" || k.Type == "list" {
				b.WriteString("\n| key | type | default | |\n|---|---|---|---|\n")
			}
			continue
		}
		text, def := k.Text, ""
		if k.Default != "" {
			def = "`" + k.Default + "`"
		}
		path := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(k.Path, section), "[]"),
			".")
		b.WriteString("| `" + path + "` | " + k.Type + " | " + def + " | " + text + " |\n")
	}
	return b.String()
}
