package changes

import (
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// mostItems is how many entries of a list Diff shows; a person who reads a reload's receipt won't
// read thousands.
const mostItems = 20

// notSet stands for what is not there.
const notSet = "not set"

// show returns a value on one line in the way a file could have it.
func (d *differ) show(v reflect.Value, secret bool) string {
	if !v.IsValid() {
		return notSet
	}
	if p, ok := v.Interface().(netip.Prefix); ok {
		return hostname.RangeText(p)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return notSet
		}
		return d.show(v.Elem(), secret)
	case reflect.Struct:
		return d.showStruct(v, secret)
	case reflect.Slice:
		if v.Len() == 0 {
			return notSet
		}
		var items []string
		for i := range min(v.Len(), mostItems) {
			items = append(items, d.show(v.Index(i), secret))
		}
		return "[" + strings.Join(items, ", ") + more(v.Len()) + "]"
	case reflect.Map:
		if v.Len() == 0 {
			return notSet
		}
		var items []string
		keys := keysOf(v, v)
		for _, k := range keys[:min(len(keys), mostItems)] {
			items = append(items, plain(k)+": "+d.show(v.MapIndex(reflect.ValueOf(k)), secret))
		}
		return "{" + strings.Join(items, ", ") + more(len(keys)) + "}"
	case reflect.String:
		switch s := v.String(); {
		case s == "":
			return notSet
		case secret && !strings.HasPrefix(s, "secret:"):
			return config.Redacted
		default:
			return plain(s)
		}
	default:
		return config.Written(v)
	}
}

// showStruct leaves out what is not set.
func (d *differ) showStruct(v reflect.Value, secret bool) string {
	var items []string
	for _, f := range d.cache.Of(v.Type()).List {
		if value := d.show(v.Field(f.Index), secret || f.Secret); value != notSet && value != "{}" {
			items = append(items, f.Key+": "+value)
		}
	}
	return "{" + strings.Join(items, ", ") + "}"
}

// more says how many entries of a list are left out.
func more(n int) string {
	if n <= mostItems {
		return ""
	}
	return " and " + strconv.Itoa(n-mostItems) + " more"
}

// keysOf returns the keys of two mappings, sorted.
func keysOf(a, b reflect.Value) []string {
	var keys []string
	for _, m := range []reflect.Value{a, b} {
		for _, k := range m.MapKeys() {
			keys = append(keys, k.String())
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// plain returns a text of a document as it is when it can't be misread beside other words, else in
// quotes.
func plain(s string) string {
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r) || strings.ContainsRune(`"'{},;`, r)
	}
	if s == "" || strings.ContainsFunc(s, odd) || strings.ContainsRune(s, unicode.ReplacementChar) {
		return text.Quote(s)
	}
	return text.Shorten(s)
}
