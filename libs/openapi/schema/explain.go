package schema

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// A Failure is one thing that is wrong with a value.
type Failure struct {
	// Pointer leads to it from the value's root (RFC 6901), "" is the value itself.
	Pointer string
	// Rule is the keyword of the schema that fails.
	Rule string
	// Message says what is wrong, and has nothing of the value.
	Message string
}

// report is the failures so far.
type report struct {
	most     int
	failures []Failure
	path     []step
}

// step goes to a member (key is the node of its key) or to an item (index).
type step struct {
	key   uint32
	index int
}

// Explain says why a value does not pass, with so many failures at most; none: it passes.
func (s *Schema) Explain(t *value.Tree, i uint32, way Direction, most int) []Failure {
	rep := report{most: most}
	r := run{t: t, way: way, left: MaxWork, report: &rep}
	if s.check(&r, i, nil) && r.left >= 0 {
		return nil
	}
	if len(rep.failures) == 0 {
		return []Failure{{Rule: "complexity", Message: "needs too much work to check"}}
	}
	return rep.failures
}

// fail notes a failure, if it is asked for. It is false.
func (r *run) fail(s *Schema, _ uint32, rule, message string) bool {
	if rep := r.report; rep != nil && len(rep.failures) < rep.most {
		rep.failures = append(rep.failures, Failure{r.pointer(), rule, message})
	}
	return false
}

// failNumber is fail with a number behind the message.
func (r *run) failNumber(s *Schema, i uint32, rule, message string, n int) bool {
	if r.report == nil {
		return false
	}
	return r.fail(s, i, rule, message+" "+strconv.Itoa(n))
}

// failAt is fail for a member.
func (r *run) failAt(s *Schema, i, key uint32, rule, message string) bool {
	if r.report == nil {
		return false
	}
	r.report.path = append(r.report.path, step{key: key, index: -1})
	r.fail(s, i, rule, message)
	r.report.path = r.report.path[:len(r.report.path)-1]
	return false
}

// failEach notes that none of several schemas passes. Where only one of them takes values of this
// kind, it says what is wrong with that.
func (r *run) failEach(s *Schema, i uint32, rule string, of []*Schema) bool {
	if r.report == nil {
		return false
	}
	r.fail(s, i, rule, "matches none of the schemas")
	var one *Schema
	k := r.t.Nodes[i].Kind
	for _, sub := range of {
		kinds := sub.Accepts()
		if k == value.Number && kinds&IntegerKind != 0 {
			kinds |= NumberKind
		}
		if kinds&(1<<k) == 0 {
			continue
		}
		if one != nil {
			return false
		}
		one = sub
	}
	if one != nil {
		one.check(r, i, nil)
	}
	return false
}

// maxKey is how many bytes of a key get into a pointer.
const maxKey = 64

// pointer is that of the part of the value that is looked at.
func (r *run) pointer() string {
	var b strings.Builder
	for _, s := range r.report.path {
		b.WriteByte('/')
		if s.index >= 0 {
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		key := r.t.Text(s.key)
		if len(key) > maxKey {
			key = append(bytes.ToValidUTF8(key[:maxKey:maxKey], nil), "…"...)
		}
		b.WriteString(escape.Replace(string(key)))
	}
	return b.String()
}

var escape = strings.NewReplacer("~", "~0", "/", "~1")

// wanted says what kind of value a schema takes.
func (s *Schema) wanted(got value.Kind) string {
	var names []string
	for _, name := range [...]string{
		"null", "boolean", "integer", "number", "string", "array", "object",
	} {
		if s.kinds&kindsByName[name] != 0 {
			names = append(names, name)
		}
	}
	return "is of the type " + got.String() + ", not " + strings.Join(names, " or ")
}

func quote(name string) string { return strconv.Quote(name) }

func (b *bound) message() string {
	n := plain(b.at)
	switch {
	case b.below && b.same:
		return "is greater than " + n
	case b.below:
		return "is not less than " + n
	case b.same:
		return "is less than " + n
	}
	return "is not greater than " + n
}

// plain writes a number.
func plain(d value.Decimal) string {
	if len(d.Digits) == 0 {
		return "0"
	}
	sign := ""
	if d.Neg {
		sign = "-"
	}
	n := int64(len(d.Digits))
	digits := string(d.Digits)
	switch {
	case d.Exp >= n && d.Exp <= 24:
		return sign + digits + strings.Repeat("0", int(d.Exp-n))
	case d.Exp > 0 && d.Exp < n:
		return sign + digits[:d.Exp] + "." + digits[d.Exp:]
	case d.Exp <= 0 && d.Exp > -8:
		return sign + "0." + strings.Repeat("0", int(-d.Exp)) + digits
	}
	return sign + "0." + digits + "e" + strconv.FormatInt(d.Exp, 10)
}
