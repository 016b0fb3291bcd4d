package openapi

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A Violation is one thing in which a message is not as its document describes it.
type Violation struct {
	// Where is the part of the message: one of the Where constants.
	Where string `json:"where"`
	// Pointer leads to the value within that part (RFC 6901): /name for a parameter, and on within
	// it; "" is the whole.
	Pointer string `json:"pointer"`
	// Rule is what is broken: a keyword of JSON Schema, or one of the Rule constants.
	Rule string `json:"rule"`
	// Message is for people. It has no values of the message.
	Message string `json:"message"`
}

// The parts of a message.
const (
	WhereOperation = "operation"
	WherePath      = "path"
	WhereQuery     = "query"
	WhereHeader    = "header"
	WhereCookie    = "cookie"
	WhereBody      = "body"
	WhereStatus    = "status"
)

// The rules beside the keywords of JSON Schema, and those of package value.
const (
	RulePath        = "unknown_path"
	RuleMethod      = "unknown_method"
	RuleRequired    = "required"
	RuleDuplicate   = "duplicate"
	RuleEncoding    = "encoding"
	RuleStyle       = "style"
	RuleContentType = "content_type"
	RuleCharset     = "charset"
	RuleStatus      = "status"
	RuleSyntax      = "syntax"
	RuleSize        = "size"
)

// Bounds of the violations of one message.
const (
	// MaxViolations is how many are noted.
	MaxViolations = 10
	maxMessage    = 200 // bytes
	maxPointer    = 256 // bytes
)

// list collects violations.
type list struct{ all []Violation }

func (l *list) full() bool { return len(l.all) >= MaxViolations }

func (l *list) add(where, pointer, rule, message string) {
	if l.full() {
		return
	}
	v := Violation{where, cut(pointer, maxPointer), rule, cut(message, maxMessage)}
	if !slices.Contains(l.all, v) { // two schemas may say the same of a value
		l.all = append(l.all, v)
	}
}

// cut shortens a text to so many bytes, and makes UTF-8 of it.
func cut(s string, most int) string {
	if len(s) > most {
		s = s[:most-len("…")]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		if len(s) > 0 {
			s = s[:len(s)-1]
		}
		s += "…"
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
