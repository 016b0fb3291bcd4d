package config

import (
	"reflect"
	"strconv"
	"strings"
)

// fields is the keys of a struct of the document, in order.
type fields struct {
	keys  []string
	byKey map[string]field
	list  []field
}

// A field is one key with what its values must be, read from the tag `config:"key,option,…"`. The options are the one place
// that knows it; decoding, the JSON Schema and the reference all read them.
type field struct {
	index int
	key   string
	rule
}

// rule is what values must be.
type rule struct {
	required bool // "required": no default would do
	secret   bool // "secret": the value is never shown, even when it stands in the file as plain text
	name     bool // "name": it names the thing it is in
	ref      bool // "ref": it is the name of another thing
	file     bool // "file": the path of a file, relative to the one it stands in

	words    []string // "enum=a|b": one of these
	form     string   // "form=": a text of this form, see forms
	positive bool     // "positive": a duration above zero

	bounded     bool // "min=", "max=": a whole number between these
	least, most int64
	zero        string // "zero=": what 0 does, for the hint beside a bound
}

const noBound = int64(^uint64(0) >> 1)

// mayBeSecret says whether a text may be a reference to a secret. What the document itself is held together by may not: a
// reader could not tell what refers to what.
func (r *rule) mayBeSecret() bool {
	return !r.name && !r.ref && r.words == nil && r.form != "method" && r.form != "retry" && r.form != "field"
}

// fieldCache keeps what was read from tags while one document is worked on, since it has thousands of routes.
type fieldCache map[reflect.Type]*fields

// of reads the tags of a struct type.
func (c fieldCache) of(t reflect.Type) *fields {
	if f := c[t]; f != nil {
		return f
	}
	f := &fields{byKey: make(map[string]field)}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("config"), ",")
		if name == "" {
			panic("config: field " + t.String() + "." + t.Field(i).Name + " has no config tag")
		}
		if name == "-" {
			continue
		}
		fd := field{index: i, key: name, rule: readRule(options)}
		f.keys = append(f.keys, name)
		f.byKey[name] = fd
		f.list = append(f.list, fd)
	}
	c[t] = f
	return f
}

func readRule(options string) rule {
	r := rule{most: noBound, least: -noBound}
	if options == "" {
		return r
	}
	for option := range strings.SplitSeq(options, ",") {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "required":
			r.required = true
		case "secret":
			r.secret = true
		case "name":
			r.name = true
		case "ref":
			r.ref = true
		case "file":
			r.file = true
		case "enum":
			r.words = strings.Split(value, "|")
		case "form":
			r.form = value
		case "positive":
			r.positive = true
		case "min":
			r.bounded, r.least = true, mustInt(value)
		case "max":
			r.bounded, r.most = true, mustInt(value)
		case "zero":
			r.zero = value
		default:
			panic("config: no tag has the option " + option)
		}
	}
	return r
}

func mustInt(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic("config: a tag has the bound " + s)
	}
	return n
}

// check says what is wrong with a value that follows no reference: "" for nothing.
func (r *rule) check(v reflect.Value) (code, message, hint string, words []string) {
	switch v.Type() {
	case percentType:
		if p := Percent(v.Float()); p < 0 || p > 1 {
			return CodeValue, p.String() + " is not between 0% and 100%", "", nil
		}
		return
	case durationType:
		if r.positive && v.Int() <= 0 {
			return CodeValue, "the duration is zero", "write 10s, or remove the section", nil
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		if r.words != nil && !contains(r.words, v.String()) {
			return CodeValue, quote(v.String()) + " is not one of the values", "", r.words
		}
	case reflect.Float64:
		if f := v.Float(); f < 0 || f > 1 {
			return CodeValue, strconv.FormatFloat(f, 'g', -1, 64) + " is not between 0 and 1", "", nil
		}
	case reflect.Int, reflect.Int64:
		if !r.bounded {
			return
		}
		if r.zero != "" {
			hint = "0 " + r.zero
		}
		switch n := v.Int(); {
		case n < r.least:
			return CodeValue, strconv.FormatInt(n, 10) + " is too small, and " + strconv.FormatInt(r.least, 10) + " is the least", hint, nil
		case n > r.most:
			return CodeValue, strconv.FormatInt(n, 10) + " is too large, and " + strconv.FormatInt(r.most, 10) + " is the most", "", nil
		}
	}
	return "", "", "", nil
}

func contains(words []string, s string) bool {
	for _, w := range words {
		if w == s {
			return true
		}
	}
	return false
}
