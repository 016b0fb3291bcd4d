package spectest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// one is a value as a text: a number and true as JSON has them, a text as it is.
func one(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any, []any:
		b, _ := json.Marshal(v) // what came out of JSON goes back into it
		return string(b)
	}
	return fmt.Sprint(v)
}

// names are those of an object, sorted.
func names(m map[string]any) []string {
	all := make([]string, 0, len(m))
	for name := range m {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// joined writes a value in style simple (RFC 6570 section 3.2.2), with each text escaped.
func joined(v any, explode bool, escape func(string) string) string {
	var parts []string
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			parts = append(parts, escape(one(item)))
		}
	case map[string]any:
		for _, name := range names(v) {
			if explode {
				parts = append(parts, escape(name)+"="+escape(one(v[name])))
			} else {
				parts = append(parts, escape(name), escape(one(v[name])))
			}
		}
	default:
		return escape(one(v))
	}
	return strings.Join(parts, ",")
}

// inPath writes a parameter of a path in its style.
func inPath(name string, v any, style string, explode bool) string {
	text := joined(v, explode, url.PathEscape)
	switch style {
	case "label":
		if explode {
			text = strings.ReplaceAll(text, ",", ".")
		}
		return "." + text
	case "matrix":
		prefix := ";" + url.PathEscape(name) + "="
		switch list := v.(type) {
		case []any:
			if explode {
				return prefix + strings.ReplaceAll(text, ",", prefix)
			}
		case map[string]any:
			if explode && len(list) > 0 {
				return ";" + strings.ReplaceAll(text, ",", ";")
			}
		}
		return prefix + text
	}
	return text
}

// pairs writes a parameter of a query, or a member of a form, as names and values.
func pairs(name string, v any, style string, explode bool) (all []string) {
	pair := func(name, value string) {
		all = append(all, url.QueryEscape(name)+"="+value)
	}
	between := map[string]string{"spaceDelimited": "%20", "pipeDelimited": "%7C"}[style]
	switch v := v.(type) {
	case []any:
		if explode {
			for _, item := range v {
				pair(name, url.QueryEscape(one(item)))
			}
			return all
		}
		text := joined(v, false, url.QueryEscape)
		if between != "" {
			text = strings.ReplaceAll(text, ",", between)
		}
		pair(name, text)
	case map[string]any:
		switch {
		case style == "deepObject":
			for _, key := range names(v) {
				pair(name+"["+key+"]", url.QueryEscape(one(v[key])))
			}
		case explode:
			for _, key := range names(v) {
				pair(key, url.QueryEscape(one(v[key])))
			}
		default:
			text := joined(v, false, url.QueryEscape)
			if between != "" {
				text = strings.ReplaceAll(text, ",", between)
			}
			pair(name, text)
		}
	default:
		pair(name, url.QueryEscape(one(v)))
	}
	return all
}

// inCookie writes a parameter as cookies. The members of an object are one cookie.
func inCookie(name string, v any, explode bool) []string {
	if _, ok := v.(map[string]any); ok && explode {
		members := strings.Join(pairs(name, v, "form", true), "&")
		return []string{url.QueryEscape(name) + "=" + members}
	}
	return pairs(name, v, "form", explode)
}
