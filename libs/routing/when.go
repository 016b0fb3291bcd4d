package routing

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/pattern"
)

// When is what a request must have beside its host, path and method. All of it must hold.
type When struct {
	// Headers are by field name, of which case does not matter. A field that comes more than once
	// has its values joined with ", " (RFC 9110 section 5.3).
	Headers map[string]Test
	// Query is by the name of a parameter, of which the first value counts, percent-decoded.
	Query map[string]Test
	// Cookies are by name, of which the first counts (RFC 6265 section 5.4).
	Cookies map[string]Test
	// Clients are ranges of addresses, one of which has the client's. Empty is any.
	Clients []netip.Prefix
}

// A Test says what a value must be. Exactly one of its fields is set.
type Test struct {
	// Exact is the whole value; case matters.
	Exact *string
	// Prefix is how it begins, Suffix how it ends.
	Prefix, Suffix string
	// Regex is an RE2 expression that the whole value has to match.
	Regex string
	// Present asks for any value, or for none.
	Present *bool
	// Not is a test that must not hold. One of a value that is not there does not hold, so its
	// Not does.
	Not *Test
}

// Equals is the test for one value.
func Equals(value string) Test { return Test{Exact: &value} }

// A Request is what conditions ask of a request. What it returns must stay as it is until the
// lookup that asks is over.
type Request interface {
	// Header returns the value of a header field, and false if there is none. name is in lower
	// case.
	Header(name string) ([]byte, bool)
	// Query returns the first value of a parameter, decoded.
	Query(name string) ([]byte, bool)
	// Cookie returns the first value of a cookie.
	Cookie(name string) ([]byte, bool)
	// Client returns the client's address.
	Client() netip.Addr
}

// check is a compiled Test.
type check struct {
	op    op
	not   bool
	text  string
	regex *regexp.Regexp
}

type op uint8

const (
	isPresent op = iota
	isExact
	hasPrefix
	hasSuffix
	matches
)

// compile makes the check of a test.
func (x *Test) compile() (c check, err error) {
	set := 0
	if x.Exact != nil {
		c, set = check{op: isExact, text: *x.Exact}, set+1
	}
	if x.Prefix != "" {
		c, set = check{op: hasPrefix, text: x.Prefix}, set+1
	}
	if x.Suffix != "" {
		c, set = check{op: hasSuffix, text: x.Suffix}, set+1
	}
	if x.Regex != "" {
		c, set = check{op: matches, text: x.Regex}, set+1
		if c.regex, err = pattern.Compile(x.Regex); err != nil {
			return c, fmt.Errorf("%q %w", x.Regex, err)
		}
	}
	if x.Present != nil {
		c, set = check{op: isPresent, not: !*x.Present}, set+1
	}
	if x.Not != nil {
		if c, err = x.Not.compile(); err != nil {
			return c, err
		}
		c.not, set = !c.not, set+1
	}
	if set != 1 {
		return c, errors.New("a test is one of exact, prefix, suffix, regex, present and not")
	}
	return c, nil
}

// Compile makes a function of the test that says whether a value passes it; there is false when
// there is no value. The function may be called from any goroutine. An error says what is wrong
// with the test.
func (x *Test) Compile() (holds func(value []byte, there bool) bool, err error) {
	c, err := x.compile()
	if err != nil {
		return nil, err
	}
	return c.holds, nil
}

// holds says whether a value is what the check wants. there is false when there is no value.
func (c *check) holds(value []byte, there bool) bool {
	return c.met(value, there) != c.not
}

func (c *check) met(value []byte, there bool) bool {
	if !there {
		return false
	}
	switch c.op {
	case isExact:
		return string(value) == c.text
	case hasPrefix:
		return len(value) >= len(c.text) && string(value[:len(c.text)]) == c.text
	case hasSuffix:
		return len(value) >= len(c.text) && string(value[len(value)-len(c.text):]) == c.text
	case matches:
		return c.regex.Match(value)
	}
	return true
}

// String says what the check wants, to stand behind the name of a value: "is not 1".
func (c *check) String() string {
	is := func(yes, no string) string {
		if c.not {
			return no
		}
		return yes
	}
	switch c.op {
	case isExact:
		return is("is ", "is not ") + c.text
	case hasPrefix:
		return is("begins with ", "does not begin with ") + c.text
	case hasSuffix:
		return is("ends with ", "does not end with ") + c.text
	case matches:
		return is("matches ", "does not match ") + c.text
	}
	return is("is there", "is not there")
}

// factKind is a kind of what conditions are about. The order is that in which they count.
type factKind uint8

const (
	headerFact factKind = iota
	queryFact
	cookieFact
	kindsOfFacts
)

func (k factKind) String() string {
	return [...]string{"header", "query parameter", "cookie"}[k%kindsOfFacts]
}

// fact is a value of a request that conditions are about.
type fact struct {
	kind factKind
	name string
}

// of asks a request.
func (f *fact) of(q Request) ([]byte, bool) {
	switch f.kind {
	case headerFact:
		return q.Header(f.name)
	case queryFact:
		return q.Query(f.name)
	default:
		return q.Cookie(f.name)
	}
}

// conditions are a compiled When.
type conditions struct {
	facts   []fact
	names   []string // of facts, by index, as the rule has them
	checks  []check  // of facts, by index
	clients []netip.Prefix
	// counts are how many there are of each kind, those of clients last.
	counts [kindsOfFacts + 1]int
}

// compile makes the conditions of a When; nil has none.
func (w *When) compile() (*conditions, error) {
	if w == nil {
		return nil, nil
	}
	c := &conditions{clients: w.Clients}
	for kind, tests := range [...]map[string]Test{w.Headers, w.Query, w.Cookies} {
		for _, name := range sorted(tests) {
			test := tests[name]
			f := fact{factKind(kind), name}
			if f.kind == headerFact {
				f.name = lowerASCII(name)
			}
			check, err := test.compile()
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", f.kind, name, err)
			}
			c.facts, c.checks = append(c.facts, f), append(c.checks, check)
			c.names = append(c.names, name)
			c.counts[kind]++
		}
	}
	if len(w.Clients) > 0 {
		c.counts[kindsOfFacts] = 1
	}
	if len(c.facts) == 0 && len(c.clients) == 0 {
		return nil, nil
	}
	return c, nil
}

// String is the same for conditions that are the same.
func (c *conditions) String() string {
	if c == nil {
		return ""
	}
	var b strings.Builder
	for i := range c.facts {
		fmt.Fprintf(&b, "%s %q %q; ", c.facts[i].kind, c.facts[i].name, c.checks[i].String())
	}
	if len(c.clients) > 0 {
		fmt.Fprintf(&b, "clients %v", c.clients)
	}
	return b.String()
}

// whyNot says which condition a request does not meet; "" if it meets all.
func (c *conditions) whyNot(q Request) string {
	if c == nil {
		return ""
	}
	for i := range c.facts {
		f, check := &c.facts[i], c.checks[i]
		value, there := f.of(q)
		if check.holds(value, there) {
			continue
		}
		check.not = !check.not
		why := fmt.Sprintf("%s %s %s", f.kind, c.names[i], &check)
		switch {
		case !there && check.op != isPresent:
			why += ", there is none"
		case there && check.op != isExact && check.op != isPresent:
			why += fmt.Sprintf(", it is %q", value)
		}
		return why
	}
	if client := q.Client(); len(c.clients) > 0 && !hostname.Within(c.clients, client) {
		if !client.IsValid() {
			return fmt.Sprintf("the client's address is in none of %s", rangesText(c.clients))
		}
		return fmt.Sprintf("client %s is in none of %s", client, rangesText(c.clients))
	}
	return ""
}

// sorted returns the names of tests in order, so that the same tests make the same conditions.
func sorted(tests map[string]Test) []string {
	names := make([]string, 0, len(tests))
	for name := range tests {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func rangesText(ranges []netip.Prefix) string {
	const most = 3
	texts := make([]string, 0, most)
	for _, r := range ranges[:min(most, len(ranges))] {
		texts = append(texts, hostname.RangeText(r))
	}
	text := strings.Join(texts, ", ")
	if more := len(ranges) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
