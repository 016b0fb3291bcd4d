package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/pattern"
)

// headers checks the edits of header fields.
func (v *validator) headers(h *RouteHeaders, at spot) {
	v.headerEdit(&h.Request, at.of("headers.request").String(), true)
	v.headerEdit(&h.Response, at.of("headers.response").String(), false)
}

// headerEdit checks the edits of one direction.
func (v *validator) headerEdit(e *HeaderEdit, path string, request bool) {
	v.fieldValues(e.Set, text.JoinKey(path, "set"), request, EditSet)
	v.fieldValues(e.Add, text.JoinKey(path, "add"), request, EditAdd)
	gone := make(map[string]string) // what is left of a field is not rewritten
	for name := range e.Set {
		gone[strings.ToLower(name)] = "set puts another in its place"
	}
	seen := make(map[string]string, len(e.Remove))
	for j, name := range e.Remove {
		at := text.JoinIndex(text.JoinKey(path, "remove"), j)
		lower := strings.ToLower(name)
		if _, ok := seen[lower]; ok {
			v.add(at, CodeHeader, fmt.Sprintf("%s is in this list twice", text.Quote(name)),
				"remove one")
			continue
		}
		seen[lower] = name
		gone[lower] = "remove takes it out"
		if why := FieldName(lower, request, EditRemove); why != "" {
			v.add(at, CodeHeader, fmt.Sprintf("the field %s can't be removed: %s", text.Quote(name),
				why), "take it out of the list")
		}
	}
	v.rewrites(e.Replace, text.JoinKey(path, "replace"), request, gone)
}

// eachField checks the names of fields in a mapping, and calls do for those that are right. at is
// where the value of one is, lower its name in lower case.
func (v *validator) eachField(names []string, path string, request bool, edit FieldEdit,
	do func(at, name, lower string),
) {
	slices.Sort(names) // of two spellings of a name the second is to blame
	seen := make(map[string]string, len(names))
	for _, name := range names {
		at, lower := text.JoinKey(path, name), strings.ToLower(name)
		if first, ok := seen[lower]; ok {
			v.add(at, CodeHeader, fmt.Sprintf("%s is the field %s again, since names have no case",
				text.Quote(name), text.Quote(first)), "remove one")
			continue
		}
		seen[lower] = name
		if why := FieldName(lower, request, edit); why != "" {
			v.add(at, CodeHeader, fmt.Sprintf("the field %s can't be %s: %s", text.Quote(name),
				edit, why), "remove it")
			continue
		}
		do(at, name, lower)
	}
}

// fieldValues checks fields that are set or added.
func (v *validator) fieldValues(set map[string]string, path string, request bool, edit FieldEdit) {
	v.eachField(slices.Collect(maps.Keys(set)), path, request, edit,
		func(at, name, lower string) { v.template(at, lower, set[name]) })
}

// rewrites checks the rewriting of fields. gone says why nothing is left of a field to rewrite.
func (v *validator) rewrites(set map[string]FieldRewrite, path string, request bool,
	gone map[string]string,
) {
	v.eachField(slices.Collect(maps.Keys(set)), path, request, EditReplace,
		func(at, name, lower string) {
			w := set[name]
			if why := gone[lower]; why != "" {
				v.add(at, CodeConflict, fmt.Sprintf("the field %s is not there to be rewritten: %s",
					text.Quote(name), why), "remove one of the two")
			}
			if w.Regex == "" {
				v.add(text.JoinKey(at, "regex"), CodeMissing, "it does not say what is replaced",
					"write {regex: \"^https://\", with: \"http://\"}")
			} else if _, err := pattern.Part(v.value(w.Regex)); err != nil {
				v.wrong(text.JoinKey(at, "regex"), CodeRegex, w.Regex, err, regexHint)
			}
			if w.With != "" {
				v.fieldText(text.JoinKey(at, "with"), w.With, v.value(w.With), true)
			}
		})
}

// MaxFieldValue is the longest value of a header field that is set. A larger one would be refused
// by most servers.
const MaxFieldValue = 8 << 10

// headerValue checks the value of a field that has no placeholders.
func (v *validator) headerValue(at, name, written string) {
	value := v.value(written)
	if v.fieldText(at, written, value, false) && name == "host" && !hostField(value) {
		v.wrong(at, CodeHeader, written, errors.New("is not a host, or a host with a port"), "")
	}
}

// fieldText checks a text of which the value of a field is made, and says whether it is right. A
// part of a value may begin or end with a blank.
func (v *validator) fieldText(at, written, value string, part bool) bool {
	var why error
	switch {
	case strings.IndexFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }) >= 0:
		why = errors.New(
			"has a control byte, such as the end of a line, which could begin another field")
	case !part && value != strings.Trim(value, " "):
		why = errors.New("begins or ends with a blank, which receivers cut off")
	case len(value) > MaxFieldValue:
		why = fmt.Errorf("has more than %d bytes", MaxFieldValue)
	default:
		return true
	}
	v.wrong(at, CodeHeader, written, why, "")
	return false
}

// A FieldEdit is what is done to a header field, in words.
type FieldEdit string

// What can be done to a field.
const (
	EditSet     FieldEdit = "set"
	EditAdd     FieldEdit = "added"
	EditRemove  FieldEdit = "removed"
	EditReplace FieldEdit = "rewritten"
)

// KeptFields are the header fields that an edit may not touch, in lower case, each group with its
// reason. The JSON Schema has them too.
func KeptFields(request bool, edit FieldEdit) []KeptField {
	kept := []KeptField{
		{"it says where the message ends, and the gateway writes it for the message it sends",
			[]string{"content-length", "transfer-encoding"}},
		{"it belongs to one connection, and the gateway writes its own", []string{
			"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade",
			"http2-settings", "proxy-authenticate", "proxy-authorization",
		}},
		{"the gateway acts on it itself", []string{"expect", "max-forwards"}},
		{"it is the request's name in the access log and in errors", []string{"x-request-id"}},
	}
	if !request {
		return kept
	}
	kept = append(kept, KeptField{
		"the gateway finds by it that a request comes round again; via of the cluster turns it off",
		[]string{"via"},
	})
	if edit == EditAdd || edit == EditReplace {
		kept = append(kept, KeptField{
			"the gateway writes it; set puts another in its place",
			[]string{
				"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
				"x-forwarded-port", "x-forwarded-prefix", "x-forwarded-client-cert",
			},
		})
	}
	return kept
}

// A KeptField is a group of header fields that no edit may touch. Names are in lower case.
type KeptField struct {
	Why   string
	Names []string
}

// FieldName says why a header field can't be edited so, "" when it can. name is in lower case.
func FieldName(name string, request bool, edit FieldEdit) string {
	for _, k := range KeptFields(request, edit) {
		if slices.Contains(k.Names, name) {
			return k.Why
		}
	}
	switch {
	case strings.HasPrefix(name, ":"):
		return "it is no field, but a part of the first line: see Host, and rewrite of the route"
	case !validToken(name):
		return "it is not the name of a field, which has up to 64 letters, digits and - _ . and " +
			"a few other signs"
	case name == "host" && !request:
		return "it is a field of requests"
	case name == "host" && edit == EditRemove:
		return "a request without it is not valid"
	case name == "host" && edit != EditSet:
		return "a request has one; set puts another in its place"
	case name == "date" && !request && edit != EditSet:
		return "a response has to have one; set puts another in its place"
	}
	return ""
}
