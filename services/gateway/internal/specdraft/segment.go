package specdraft

import (
	"net/url"
	"regexp"
	"strings"
)

// kind is what a part of a path that changes from request to request is.
type kind int

const (
	literal kind = iota
	integer
	uuid
	other // of identifiers
)

var (
	digits  = regexp.MustCompile(`^-?[0-9]{1,19}$`)
	uuids   = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	version = regexp.MustCompile(`^v[0-9]{1,3}$`)
	hash    = regexp.MustCompile(`^(?i)[0-9a-f]{8,}$`)
	token   = regexp.MustCompile(`^[0-9A-Za-z_~.-]{16,}$`)
	dated   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}([T_ ].*)?$`)
	mixed   = regexp.MustCompile(`^[A-Za-z]{0,6}[-_]?[0-9]{2,}[-_0-9A-Za-z]*$`)
)

// kindOf says whether a part of a path looks like an identifier. What has no digit is a word.
func kindOf(part string) kind {
	if plain, err := url.PathUnescape(part); err == nil {
		part = plain
	}
	switch {
	case digits.MatchString(part):
		return integer
	case uuids.MatchString(part):
		return uuid
	case strings.Contains(part, "@"):
		return other
	case !strings.ContainsAny(part, "0123456789") || version.MatchString(part):
		return literal
	case hash.MatchString(part), token.MatchString(part), dated.MatchString(part),
		mixed.MatchString(part):
		return other
	}
	return literal
}

// nameOf is the name of a parameter behind a part of a path: users has user_id.
func nameOf(before string) string {
	name := strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, before))
	name = strings.Trim(name, "_")
	switch {
	case name == "" || version.MatchString(name):
		return "id"
	case strings.HasSuffix(name, "ies"):
		name = strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "xes"),
		strings.HasSuffix(name, "ches"):
		name = strings.TrimSuffix(name, "es")
	case strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss"):
		name = strings.TrimSuffix(name, "s")
	}
	return name + "_id"
}
