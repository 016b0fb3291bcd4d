package routing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// Explanation says which rule a request belongs to, and why no other.
type Explanation struct {
	Reach    Reach
	Winner   int       // index of a rule, -1 none
	Findings []Finding // one per rule, in their order
}

// Finding is what came of one rule, for a person to read.
type Finding struct {
	Rule int // its index
	Wins bool
	// Matches says how much of it the request meets: NoHost nothing, NoPath its host, NoCondition
	// host and path, NoMethod all but the method, Found all.
	Matches Reach
	Why     string // a sentence without a full stop
}

// Explain decides as [Table.Lookup] of a table of these rules does, and says of each rule why it
// wins or loses. The host may be written with letters beyond ASCII, as a person types it; it is
// then what a client would send for it. With a nil asked, no condition is met.
//
// It looks at every rule, so it is for people's questions and not for requests. Of two rules that
// [New] refuses because they match the same requests the first wins; a rule that New refuses for
// itself loses.
func Explain(rules []Rule, method, host, path string, asked Request) Explanation {
	q := newQuestion(method, host, path, asked)
	claims := make([]claim, len(rules))
	e := Explanation{Reach: NoHost, Winner: -1, Findings: make([]Finding, len(rules))}
	// owner is the best of the rules without conditions that have host and path, which keeps what
	// it refuses for its method from those of a lower rank.
	owner := -1
	for i := range rules {
		c := &claims[i]
		*c = q.claimOf(&rules[i])
		switch {
		case c.host < 0:
			continue
		case c.level == noLevel:
			e.Reach = max(e.Reach, NoPath)
			continue
		case c.unmet != "":
			e.Reach = max(e.Reach, NoCondition)
			continue
		}
		e.Reach = max(e.Reach, NoMethod)
		if c.conditions == nil && (owner < 0 || c.above(&claims[owner])) {
			owner = i
		}
		if takes(&rules[i], method) && (e.Winner < 0 || q.beats(rules, claims, i, e.Winner)) {
			e.Winner = i
		}
	}
	best := owner
	if e.Winner >= 0 && (owner < 0 || !claims[owner].above(&claims[e.Winner])) {
		best, e.Reach = e.Winner, Found
	} else {
		e.Winner = -1
	}
	for i := range rules {
		e.Findings[i] = Finding{
			Rule: i, Wins: i == e.Winner, Why: q.why(rules, claims, i, best, e.Winner),
			Matches: claims[i].matches(&rules[i], method),
		}
	}
	return e
}

// matches says how much of a rule a request meets.
func (c *claim) matches(r *Rule, method string) Reach {
	switch {
	case c.host < 0:
		return NoHost
	case c.level == noLevel:
		return NoPath
	case c.unmet != "":
		return NoCondition
	case !takes(r, method):
		return NoMethod
	}
	return Found
}

func takes(r *Rule, method string) bool {
	return len(r.Methods) == 0 || slices.Contains(r.Methods, method)
}

// beats says whether a rule that a request meets comes before another one.
func (q *question) beats(rules []Rule, claims []claim, i, j int) bool {
	a, b := &claims[i], &claims[j]
	if a.above(b) || b.above(a) {
		return a.above(b)
	}
	lists := func(n int) uint64 { return min(uint64(len(rules[n].Methods)), 1) }
	of := func(n int) grouped {
		return grouped{
			rule: int32(n), methods: lists(n), source: rules[n].PathRegex, name: rules[n].Name,
			conditions: claims[n].conditions,
		}
	}
	if a.conditions == nil && b.conditions == nil && a.level != regexLevel {
		return lists(i) > lists(j) // New takes only one of those with the same methods
	}
	return compareGrouped(of(i), of(j)) < 0
}

// question is a request in its normal form.
type question struct {
	method, host, path string
	v6                 bool
	asked              Request
}

func newQuestion(method, host, path string, asked Request) question {
	h, v6 := hostname.OfAuthority([]byte(host))
	q := question{method: method, host: lowerASCII(string(h)), path: path, v6: v6, asked: asked}
	if v6 {
		if a, err := hostname.Pattern(q.host); err == nil {
			q.host = a
		}
	} else if ascii, err := hostname.ASCII(q.host); err == nil && ascii != q.host {
		q.host = strings.TrimSuffix(ascii, ".")
	}
	return q
}

// lowerASCII leaves all other bytes alone, unlike strings.ToLower, as the table does.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// claim is how well a rule's host and path match a request.
type claim struct {
	host    int    // -1: no host matches; more is more specific
	pattern string // the one that matches best, as the rule has it
	level   int    // of the path; noLevel: it does not match
	path    string // a prefix or whole path in normal form
	// conditions are the rule's, nil without; unmet is the first that the request does not meet
	conditions *conditions
	unmet      string
	invalid    error // what New says of the rule
}

// How specific a host is. A wildcard is as specific as it is long.
const (
	anyHostClaim   = 0
	exactHostClaim = math.MaxInt
)

// How specific a path is. A prefix is as specific as it has segments.
const (
	noLevel      = -1
	anyPathLevel = 0 // the prefix /
	regexLevel   = 1
	prefixLevel  = 1 // and one for each segment
	exactLevel   = math.MaxInt
)

// above says whether a claim is of a higher rank than another: by host, then by path.
func (c *claim) above(o *claim) bool {
	return c.host > o.host || c.host == o.host && c.level > o.level
}

func (q *question) claimOf(r *Rule) claim {
	path, exact, regex, err := readPath(r)
	if err != nil {
		return claim{host: -1, level: noLevel, invalid: err}
	}
	c := claim{host: -1, level: noLevel, path: path}
	if c.conditions, err = r.When.compile(); err != nil {
		return claim{host: -1, level: noLevel, invalid: err}
	}
	for _, pattern := range hostsOf(r) {
		host, wild, any, err := parsePattern(pattern)
		if err != nil {
			return claim{host: -1, level: noLevel, invalid: fmt.Errorf("host %q %w", pattern, err)}
		}
		if n := q.hostClaim(host, wild, any); n > c.host {
			c.host, c.pattern = n, pattern
		}
	}
	switch {
	case regex != nil:
		if regex.MatchString(q.path) {
			c.level = regexLevel
		}
	case exact:
		if q.path == path {
			c.level = exactLevel
		}
	case path == "/":
		c.level = anyPathLevel
	case q.below(path):
		c.level = prefixLevel + depthOf(path)
	}
	switch {
	case c.conditions == nil:
	case q.asked == nil:
		c.unmet = "it has conditions, and nothing is known of the request but method, host and path"
	default:
		c.unmet = c.conditions.whyNot(q.asked)
	}
	return c
}

func (q *question) hostClaim(host string, wild, any bool) int {
	switch {
	case any:
		return anyHostClaim
	case len(q.host) > hostname.MaxBytes:
		return -1
	case !wild && host == q.host:
		return exactHostClaim
	case wild && !q.v6 && len(q.host) > len(host)+1 && strings.HasSuffix(q.host, "."+host):
		return len(host)
	}
	return -1
}

func (q *question) below(prefix string) bool {
	rest, ok := strings.CutPrefix(q.path, prefix)
	return prefix == "/" || ok && (rest == "" || rest[0] == '/')
}
