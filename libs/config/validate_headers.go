package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// headers checks the edits of header fields.
func (v *validator) headers(h *RouteHeaders, at spot) {
	v.headerEdit(&h.Request, at.of("headers.request").String(), true, "set")
	v.headerEdit(&h.Response, at.of("headers.response").String(), false, "set")
}

// headerEdit checks edits. set is the key of the fields that are set.
func (v *validator) headerEdit(e *HeaderEdit, path string, request bool, set string) {
	names := slices.Sorted(maps.Keys(e.Set)) // of two spellings of a name the second is to blame
	seen := make(map[string]string, len(names))
	for _, name := range names {
		at := text.JoinKey(path, text.JoinKey(set, name))
		lower := strings.ToLower(name)
		if first, ok := seen[lower]; ok {
			v.add(at, CodeHeader, fmt.Sprintf("%s is the field %s again, since names have no case",
				text.Quote(name), text.Quote(first)), "remove one")
			continue
		}
		seen[lower] = name
		if why := FieldName(lower, request, true); why != "" {
			v.add(at, CodeHeader, fmt.Sprintf("the field %s can't be set: %s", text.Quote(name),
				why), "remove it")
			continue
		}
		v.headerValue(at, lower, e.Set[name])
	}
	clear(seen)
	for j, name := range e.Remove {
		at := text.JoinIndex(text.JoinKey(path, "remove"), j)
		lower := strings.ToLower(name)
		if _, ok := seen[lower]; ok {
			v.add(at, CodeHeader, fmt.Sprintf("%s is in this list twice", text.Quote(name)),
				"remove one")
			continue
		}
		seen[lower] = name
		if why := FieldName(lower, request, false); why != "" {
			v.add(at, CodeHeader, fmt.Sprintf("the field %s can't be removed: %s", text.Quote(name),
				why), "take it out of the list")
		}
	}
}

// MaxFieldValue is the longest value of a header field that is set. A larger one would be refused
// by most servers.
const MaxFieldValue = 8 << 10

func (v *validator) headerValue(at, name, written string) {
	value := v.value(written)
	var why error
	switch {
	case strings.IndexFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }) >= 0:
		why = errors.New(
			"has a control byte, such as the end of a line, which could begin another field")
	case value != strings.Trim(value, " "):
		why = errors.New("begins or ends with a blank, which receivers cut off")
	case len(value) > MaxFieldValue:
		why = fmt.Errorf("has more than %d bytes", MaxFieldValue)
	case name == "host" && !hostField(value):
		why = errors.New("is not a host, or a host with a port")
	default:
		return
	}
	v.wrong(at, CodeHeader, written, why, "")
}

// KeptFields are the header fields that no edit may touch, in lower case, each group with its
// reason. The JSON Schema has them too.
func KeptFields(request bool) []KeptField {
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
	return append(kept, KeptField{
		"it tells who the client is and who forwarded the message, and the gateway writes it",
		[]string{
			"via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
			"x-forwarded-port", "x-forwarded-prefix", "x-forwarded-client-cert",
		},
	})
}

// A KeptField is a group of header fields that no edit may touch. Names are in lower case.
type KeptField struct {
	Why   string
	Names []string
}

// FieldName says why a header field can't be edited, "" when it can. name is in lower case.
func FieldName(name string, request, set bool) string {
	for _, k := range KeptFields(request) {
		if slices.Contains(k.Names, name) {
			return k.Why
		}
	}
	switch {
	case !validToken(name):
		return "it is not the name of a field, which has up to 64 letters, digits and - _ . and " +
			"a few other signs"
	case name == "host" && !request:
		return "it is a field of requests"
	case name == "host" && !set:
		return "a request without it is not valid"
	case name == "date" && !request && !set:
		return "a response has to have it"
	}
	return ""
}
