package tags

import (
	"reflect"
	"strconv"
	"strings"
)

// Fields is the keys of a struct of the document, in order.
type Fields struct {
	Keys  []string
	ByKey map[string]Field
	List  []Field
}

// A Field is one key with what its values must be, read from the tag `config:"key,option,…"`. The
// options are the one place that knows it; decoding, the JSON Schema and the reference all read
// them.
type Field struct {
	Index int
	Key   string
	Rule
}

// A Rule is what values must be.
type Rule struct {
	Required bool // "required": no default would do
	// "secret": the value is never shown, even when it stands in the file as plain text
	Secret bool
	Name   bool // "name": it names the thing it is in
	Ref    bool // "ref": it is the name of another thing
	File   bool // "file": the path of a file, relative to the one it stands in

	Words    []string // "enum=a|b": one of these
	Form     string   // "form=": a text of this form, which libs/config/reference describes
	Alone    bool     // "alone": an entry in the place of the list is its only one
	Positive bool     // "positive": a duration above zero

	Bounded     bool // "min=", "max=": a whole number between these
	Least, Most int64
	Zero        string // "zero=": what 0 does, for the hint beside a bound
}

// NoBound, and its negative, stand for a bound that a rule does not have.
const NoBound = int64(^uint64(0) >> 1)

// MayBeSecret says whether a text may be a reference to a secret. What the document itself is held
// together by may not: a reader could not tell what refers to what.
func (r *Rule) MayBeSecret() bool {
	return !r.Name && !r.Ref && r.Words == nil && r.Form != "method" && r.Form != "retry" &&
		r.Form != "field" && r.Form != "tlv" && r.Form != "page" &&
		r.Form != "errorStatus" && r.Form != "balanceKey" && r.Form != "cookie" &&
		r.Form != "mediaRange" && r.Form != "origin" && r.Form != "anyMethod" &&
		r.Form != "anyField" && r.Form != "rateKey" && r.Form != "comparedField" &&
		r.Form != "pointer" && r.Form != "carrier" && r.Form != "forwardKey"
}

// A Cache keeps what was read from tags while one document is worked on, since it has thousands of
// routes.
type Cache map[reflect.Type]*Fields

// Of reads the tags of a struct type.
func (c Cache) Of(t reflect.Type) *Fields {
	if f := c[t]; f != nil {
		return f
	}
	f := &Fields{ByKey: make(map[string]Field)}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("config"), ",")
		if name == "" {
			panic("config: field " + t.String() + "." + t.Field(i).Name + " has no config tag")
		}
		if name == "-" {
			continue
		}
		fd := Field{Index: i, Key: name, Rule: readRule(options)}
		f.Keys = append(f.Keys, name)
		f.ByKey[name] = fd
		f.List = append(f.List, fd)
	}
	c[t] = f
	return f
}

func readRule(options string) Rule {
	r := Rule{Most: NoBound, Least: -NoBound}
	if options == "" {
		return r
	}
	for option := range strings.SplitSeq(options, ",") {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "required":
			r.Required = true
		case "secret":
			r.Secret = true
		case "name":
			r.Name = true
		case "ref":
			r.Ref = true
		case "file":
			r.File = true
		case "enum":
			r.Words = strings.Split(value, "|")
		case "form":
			r.Form = value
		case "alone":
			r.Alone = true
		case "positive":
			r.Positive = true
		case "min":
			r.Bounded, r.Least = true, mustInt(value)
		case "max":
			r.Bounded, r.Most = true, mustInt(value)
		case "zero":
			r.Zero = value
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
