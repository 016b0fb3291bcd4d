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
	Why  string // a sentence without a full stop
}

// Explain decides as [Table.Lookup] of a table of these rules does, and says of each rule why it
// wins or loses. The host may be written with letters beyond ASCII, as a person types it; it is
// then what a client would send for it.
//
// It looks at every rule, so it is for people's questions and not for requests. Of two rules that
// [New] refuses because they match the same requests the first wins; a rule that New refuses for
// itself loses.
func Explain(rules []Rule, method, host, path string) Explanation {
	q := newQuestion(method, host, path)
	claims := make([]claim, len(rules))
	best, e := claim{host: -1, segments: -1}, Explanation{
		Reach: NoHost, Winner: -1, Findings: make([]Finding, len(rules)),
	}
	for i := range rules {
		claims[i] = q.claimOf(&rules[i])
		if claims[i].host >= 0 {
			e.Reach = max(e.Reach, NoPath)
		}
		if claims[i].beats(best) {
			best, e.Reach = claims[i], NoMethod
		}
	}
	for i := range rules {
		listed := slices.Contains(rules[i].Methods, method)
		if claims[i].ties(best) && (listed || len(rules[i].Methods) == 0 && e.Winner < 0) {
			e.Winner, e.Reach = i, Found
			if listed {
				break
			}
		}
	}
	for i := range rules {
		e.Findings[i] = Finding{
			Rule: i, Wins: i == e.Winner, Why: q.why(rules, i, claims[i], best, e.Winner),
		}
	}
	return e
}

// question is a request in its normal form.
type question struct {
	method, host, path string
	v6                 bool
}

func newQuestion(method, host, path string) question {
	h, v6 := hostname.OfAuthority([]byte(host))
	q := question{method: method, host: lowerASCII(string(h)), path: path, v6: v6}
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
	host     int    // -1: no host matches; more is more specific
	pattern  string // the one that matches best, as the rule has it
	segments int    // of the path prefix, -1: the path is not below it
	prefix   string
	invalid  error // what New says of the rule
}

// How specific a host is. A wildcard is as specific as it is long.
const (
	anyHostClaim   = 0
	exactHostClaim = math.MaxInt
)

func (c claim) matches() bool { return c.host >= 0 && c.segments >= 0 }

func (c claim) beats(other claim) bool {
	return c.matches() &&
		(c.host > other.host || c.host == other.host && c.segments > other.segments)
}

func (c claim) ties(other claim) bool {
	return c.matches() && c.host == other.host && c.segments == other.segments
}

func (q *question) claimOf(r *Rule) claim {
	c := claim{host: -1, segments: -1}
	prefix, err := normalPrefix(r.PathPrefix)
	if err != nil {
		return claim{host: -1, segments: -1, invalid: err}
	}
	for _, pattern := range hostsOf(r) {
		host, wild, any, err := parsePattern(pattern)
		if err != nil {
			return claim{host: -1, segments: -1, invalid: fmt.Errorf("host %q %w", pattern, err)}
		}
		if n := q.hostClaim(host, wild, any); n > c.host {
			c.host, c.pattern = n, pattern
		}
	}
	c.prefix = prefix
	if q.below(prefix) {
		c.segments = depthOf(prefix)
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

// why says what came of rule i, given the best claim of all and the winner.
func (q *question) why(rules []Rule, i int, c, best claim, winner int) string {
	r := &rules[i]
	switch {
	case c.invalid != nil:
		return "it can match nothing: " + c.invalid.Error()
	case c.host < 0:
		return q.whyNotHost(r)
	case c.segments < 0:
		return q.whyNotPath(c.prefix)
	case i == winner:
		return q.whyItWins(r, c)
	case c.host < best.host:
		why := fmt.Sprintf("%s is less specific than %s", hostText(c.pattern), best.pattern)
		if c.segments > best.segments {
			why += ", and the host counts before the path"
		}
		return why + q.notHandedOn(r, winner)
	case c.segments < best.segments:
		return fmt.Sprintf("path prefix %s is shorter than %s", c.prefix, best.prefix) +
			q.notHandedOn(r, winner)
	case len(r.Methods) > 0 && !slices.Contains(r.Methods, q.method):
		return fmt.Sprintf("method %s is not among %s", q.method, strings.Join(r.Methods, ", "))
	case len(r.Methods) == 0 && len(rules[winner].Methods) > 0:
		return fmt.Sprintf("it lists no method, and rule %q of the same host and path lists %s",
			rules[winner].Name, q.method)
	default:
		return fmt.Sprintf("rule %q matches the same requests and comes first", rules[winner].Name)
	}
}

// notHandedOn reminds of the rule that surprises most: a request that is refused for its method is
// not handed to another rule.
func (q *question) notHandedOn(r *Rule, winner int) string {
	if winner >= 0 || len(r.Methods) > 0 && !slices.Contains(r.Methods, q.method) {
		return ""
	}
	return fmt.Sprintf(
		", and what is refused there for its method, as %s is, goes to no other rule", q.method)
}

func (q *question) whyNotHost(r *Rule) string {
	hosts := r.Hosts
	switch {
	case q.host == "":
		return "the request has no host, and the rule wants " + strings.Join(hosts, ", ")
	case len(hosts) == 1 && strings.HasPrefix(hosts[0], "*."):
		why := fmt.Sprintf("host %s does not match %s", q.host, hosts[0])
		if host, _, _, _ := parsePattern(hosts[0]); host == q.host {
			why += ", which wants a label more"
		}
		return why
	case len(hosts) == 1:
		return fmt.Sprintf("host %s is not %s", q.host, hosts[0])
	default:
		const most = 3
		rest := ""
		if more := len(hosts) - most; more > 0 {
			hosts, rest = hosts[:most], fmt.Sprintf(" and %d more", more)
		}
		return fmt.Sprintf("host %s is none of %s%s", q.host, strings.Join(hosts, ", "), rest)
	}
}

func (q *question) whyNotPath(prefix string) string {
	switch {
	case !strings.HasPrefix(q.path, "/"):
		return fmt.Sprintf("path %s is below no prefix but /", q.path)
	case strings.HasPrefix(q.path, prefix):
		return fmt.Sprintf("path %s is not below %s: a prefix ends where a segment ends", q.path,
			prefix)
	default:
		return fmt.Sprintf("path %s is not below %s", q.path, prefix)
	}
}

func (q *question) whyItWins(r *Rule, c claim) string {
	var b strings.Builder
	switch c.host {
	case exactHostClaim:
		fmt.Fprintf(&b, "host %s is matched exactly", c.pattern)
	case anyHostClaim:
		b.WriteString("it takes any host, and no more specific host has a prefix of the path")
	default:
		fmt.Fprintf(&b, "%s is the most specific host that has a prefix of the path", c.pattern)
	}
	fmt.Fprintf(&b, "; path prefix %s is the longest there; ", c.prefix)
	if len(r.Methods) > 0 {
		fmt.Fprintf(&b, "method %s is listed", q.method)
	} else {
		fmt.Fprintf(&b, "no other rule there lists method %s", q.method)
	}
	return b.String()
}

func hostText(pattern string) string {
	if pattern == "*" {
		return "any host"
	}
	return "host " + pattern
}
