package routing

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// group is rules of one place in a table of which some have conditions, in the order in which they
// are tried: the regular expressions of one host, or the rules of one path of it.
//
// Most conditions ask for one value of something: a tenant's header, a version in a cookie. So
// rules are found by that value, and a thousand of them cost about as much as one. The others are
// tried one by one.
type group struct {
	rules []grouped
	facts []fact // that the rules' conditions are about, each once
	// index has the rules that ask for an exact value, each in one place; rest the others. Both
	// are in order.
	index []byValue
	rest  []trial
}

// trial is a rule that is tried in its turn. Its first condition lies beside it, so that the rules
// which a request does not meet cost one look at memory each.
type trial struct {
	n     int32
	fact  int32 // of check, -1 if the rule has none
	check check
}

// grouped is a rule of a group.
type grouped struct {
	rule       int32
	methods    uint64 // bits by Table.methods, 0 any
	pattern    *regexp.Regexp
	source     string // of pattern
	name       string
	conditions *conditions
	facts      []int32 // of conditions, by index: index into group.facts
}

// byValue is rules by the value that they ask of a fact.
type byValue struct {
	fact  int32
	rules map[string][]int32
}

// indexed is from how many rules on a group has an index.
const indexed = 8

// kept is how many facts of a request are asked for only once.
const kept = 8

// asked is what is known of a request while a group is tried.
type asked struct {
	q     Request
	path  []byte
	known [kept]struct {
		value        []byte
		asked, there bool
	}
	// pattern is the expression that was tried last, matched what came of it.
	pattern string
	matched bool
}

// value returns a fact of the request.
func (g *group) value(a *asked, n int32) ([]byte, bool) {
	if n >= kept {
		return g.facts[n].of(a.q)
	}
	k := &a.known[n]
	if !k.asked {
		k.asked = true
		k.value, k.there = g.facts[n].of(a.q)
	}
	return k.value, k.there
}

// find returns the first rule that a request meets, -1 when there is none. bit is its method's.
func (g *group) find(q Request, path []byte, bit uint64) int {
	a := asked{q: q, path: path}
	best := len(g.rules)
	if q != nil {
		for i := range g.index {
			value, there := g.value(&a, g.index[i].fact)
			if !there {
				continue
			}
			for _, n := range g.index[i].rules[string(value)] {
				if int(n) >= best {
					break
				}
				if g.takes(n, bit) && g.meets(&a, n) {
					best = int(n)
					break
				}
			}
		}
	}
	for i := range g.rest {
		r := &g.rest[i]
		n := r.n
		if int(n) >= best {
			break
		}
		if r.fact >= 0 && (q == nil || !r.check.holds(g.value(&a, r.fact))) {
			continue
		}
		if g.takes(n, bit) && g.meets(&a, n) {
			best = int(n)
			break
		}
	}
	if best == len(g.rules) {
		return -1
	}
	return best
}

// takes says whether a rule takes a method.
func (g *group) takes(n int32, bit uint64) bool {
	return g.rules[n].methods == 0 || g.rules[n].methods&bit != 0
}

// meets says whether a request is what a rule wants, but for its method.
func (g *group) meets(a *asked, n int32) bool {
	r := &g.rules[n]
	if r.pattern != nil {
		if a.pattern != r.source {
			a.pattern, a.matched = r.source, r.pattern.Match(a.path)
		}
		if !a.matched {
			return false
		}
	}
	c := r.conditions
	if c == nil {
		return true
	}
	if a.q == nil {
		return false
	}
	for i, f := range r.facts {
		if !c.checks[i].holds(g.value(a, f)) {
			return false
		}
	}
	return len(c.clients) == 0 || hostname.Within(c.clients, a.q.Client())
}

// met is which of the rules of a group a request meets, but for its method.
type met struct {
	path    bool   // there are rules for its path
	any     bool   // it meets some
	owned   bool   // one of them has no conditions, and owns the path
	all     bool   // one of them takes all methods
	methods uint64 // of them
}

// met says which of the rules a request meets, but for its method.
func (g *group) met(q Request, path []byte) (m met) {
	a := asked{q: q, path: path}
	for n := range g.rules {
		r := &g.rules[n]
		meets := g.meets(&a, int32(n))
		m.path = m.path || r.pattern == nil || a.matched
		if meets {
			m.any, m.owned = true, m.owned || r.conditions == nil
			m.all = m.all || r.methods == 0
			m.methods |= r.methods
		}
	}
	return m
}

// newGroup puts rules in order. It fails on two that match the same requests.
func newGroup(rules []grouped) (*group, error) {
	slices.SortStableFunc(rules, compareGrouped)
	g := &group{rules: rules}
	numbers := make(map[fact]int32)
	type who struct{ source, conditions string }
	same := make(map[who][]int)
	for i := range rules {
		r := &rules[i]
		key := who{r.source, r.conditions.String()}
		for _, j := range same[key] {
			if other := &rules[j]; r.methods&other.methods != 0 || r.methods == other.methods {
				return nil, fmt.Errorf("rule %q: rule %q matches the same requests", r.name,
					other.name)
			}
		}
		same[key] = append(same[key], i)
		if r.conditions == nil {
			continue
		}
		for _, f := range r.conditions.facts {
			n, ok := numbers[f]
			if !ok {
				n = int32(len(g.facts))
				numbers[f] = n
				g.facts = append(g.facts, f)
			}
			r.facts = append(r.facts, n)
		}
	}
	g.makeIndex()
	return g, nil
}

// compareGrouped is the order in which rules of one host are tried: a longer expression first,
// then a rule that lists methods, then more conditions, those about headers before those about the
// query before those about cookies before those about clients, then the name.
func compareGrouped(a, b grouped) int {
	return cmp.Or(
		cmp.Compare(len(b.source), len(a.source)),
		cmp.Compare(min(b.methods, 1), min(a.methods, 1)),
		b.conditions.compare(a.conditions),
		strings.Compare(a.name, b.name),
		strings.Compare(a.source, b.source),
		cmp.Compare(a.rule, b.rule),
	)
}

// compare says which has more conditions. nil has none.
func (c *conditions) compare(o *conditions) int {
	var x, y [kindsOfFacts + 1]int
	if c != nil {
		x = c.counts
	}
	if o != nil {
		y = o.counts
	}
	return slices.Compare(x[:], y[:])
}

// trial is how the rule is tried as number n. An expression of a path comes before its conditions.
func (r *grouped) trial(n int32) trial {
	if len(r.facts) == 0 || r.pattern != nil {
		return trial{n: n, fact: -1}
	}
	return trial{n: n, fact: r.facts[0], check: r.conditions.checks[0]}
}

// makeIndex fills index and rest. A rule that asks for several exact values is found by that of the
// fact that most rules ask for.
func (g *group) makeIndex() {
	exact := make([]int, len(g.facts))
	for i := range g.rules {
		r := &g.rules[i]
		for j, f := range r.facts {
			if c := &r.conditions.checks[j]; c.op == isExact && !c.not {
				exact[f]++
			}
		}
	}
	places := make(map[int32]int)
	for i := range g.rules {
		r, by, at := &g.rules[i], int32(-1), 0
		for j, f := range r.facts {
			c := &r.conditions.checks[j]
			if c.op == isExact && !c.not && (by < 0 || exact[f] > exact[by]) {
				by, at = f, j
			}
		}
		if by < 0 || exact[by] < indexed {
			g.rest = append(g.rest, r.trial(int32(i)))
			continue
		}
		p, ok := places[by]
		if !ok {
			p = len(g.index)
			places[by] = p
			g.index = append(g.index, byValue{fact: by, rules: make(map[string][]int32)})
		}
		value := r.conditions.checks[at].text
		g.index[p].rules[value] = append(g.index[p].rules[value], int32(i))
	}
}
