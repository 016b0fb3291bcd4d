package config

import (
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Key is one key of the document, for its reference.
type Key struct {
	Path    string // listeners[].limits.max_headers
	Type    string // in words
	Default string // as a file has it; "" for none
	Text    string // what it does
	NotYet  bool   // this version refuses it
	Only    string // this version refuses every other value; "" for none
}

// Keys returns every key of the document, in the order of the document.
func Keys() []Key {
	var w keyWalker
	w.texts, w.refused, w.only = keyTexts(), make(map[string]bool), make(map[string]string)
	for _, e := range notYet {
		if len(e.allowed) > 0 {
			w.only[e.path] = e.allowed[0]
		} else {
			w.refused[e.path] = true
		}
	}
	w.cache = fieldCache{}
	d := New()
	w.structure(reflect.ValueOf(d).Elem(), "", false)
	return w.keys
}

type keyWalker struct {
	keys    []Key
	texts   map[string]string
	refused map[string]bool
	only    map[string]string
	cache   fieldCache
}

func (w *keyWalker) structure(v reflect.Value, path string, refused bool) {
	for _, f := range w.cache.of(v.Type()).list {
		w.value(v.Field(f.index), &f.rule, joinKey(path, f.key), refused)
	}
}

func (w *keyWalker) value(v reflect.Value, r *rule, path string, refused bool) {
	refused = refused || w.refused[path]
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		setDefaults(p)
		v = p.Elem()
	}
	k := Key{Path: path, Text: w.texts[path], NotYet: refused, Only: w.only[path]}
	k.Type, k.Default = describe(v)
	k.Type += r.bounds()
	w.keys = append(w.keys, k)
	switch {
	case v.Kind() == reflect.Struct && v.Type() != prefixType:
		w.structure(v, path, refused)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && v.Type().Elem() != prefixType:
		e := reflect.New(v.Type().Elem())
		setDefaults(e)
		w.structure(e.Elem(), path+"[]", refused)
	}
}

// bounds returns the bounds of a whole number in words.
func (r *rule) bounds() string {
	switch {
	case !r.bounded:
		return ""
	case r.most == noBound:
		return ", at least " + strconv.FormatInt(r.least, 10)
	default:
		return ", " + strconv.FormatInt(r.least, 10) + " to " + strconv.FormatInt(r.most, 10)
	}
}

// describe returns the type of a value in words, and the value as a file has it.
func describe(v reflect.Value) (kind, value string) {
	switch x := v.Interface().(type) {
	case time.Duration:
		return "duration", shortDuration(x)
	case Percent:
		return "percentage", x.String()
	}
	switch v.Kind() {
	case reflect.Struct:
		return "mapping", ""
	case reflect.Map:
		return "mapping of text", ""
	case reflect.Slice:
		var items []string
		for i := range v.Len() {
			_, item := describe(v.Index(i))
			items = append(items, item)
		}
		if len(items) > 0 {
			value = "[" + strings.Join(items, ", ") + "]"
		}
		switch e := v.Type().Elem(); {
		case e == prefixType:
			return "list of CIDRs", value
		case e.Kind() == reflect.Struct:
			return "list", value
		default:
			return "list of text", value
		}
	case reflect.String:
		return "text", v.String()
	case reflect.Bool:
		return "true or false", strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int64:
		return "whole number", strconv.FormatInt(v.Int(), 10)
	default:
		return "number", strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
}

// shortDuration is Duration.String without the zeros behind: 1h, not 1h0m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Reference returns the tables of docs/configuration.md: every key by section.
func Reference() string {
	var b strings.Builder
	section, refused := "", false
	for _, k := range Keys() {
		if !strings.ContainsAny(k.Path, ".[") {
			section, refused = k.Path, k.NotYet
			b.WriteString("\n### `" + section + "`\n\n" + k.Text + "\n")
			if k.NotYet {
				b.WriteString("\n**Not in this version.**\n")
			}
			if k.Type == "mapping" || k.Type == "list" {
				b.WriteString("\n| key | type | default | |\n|---|---|---|---|\n")
			}
			continue
		}
		text, def := k.Text, ""
		if k.Default != "" {
			def = "`" + k.Default + "`"
		}
		if k.NotYet && !refused {
			text += " *Not in this version.*"
		}
		if k.Only != "" {
			text += " *Only `" + k.Only + "` in this version.*"
		}
		path := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(k.Path, section), "[]"), ".")
		b.WriteString("| `" + path + "` | " + k.Type + " | " + def + " | " + text + " |\n")
	}
	return b.String()
}
