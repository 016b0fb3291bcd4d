package routing

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Rule says which requests it matches. Its index in the slice given to New is what Lookup returns.
type Rule struct {
	Name string // for the errors of New
	// exact or "*.x"; empty or "*" is any. Case does not matter; letters beyond ASCII as IDNA has
	// them; no port; IPv6 with or without brackets
	Hosts []string
	// "" and "/" are any path; a trailing slash means nothing, /users/ is /users
	PathPrefix string
	// Path is the whole path, with the slash at its end if it has one. At most one of PathPrefix,
	// Path and PathRegex is set.
	Path string
	// PathRegex is an RE2 expression that the whole path has to match.
	PathRegex string
	Methods   []string // case matters; empty is any
	// When is what a request must have beside that. nil is nothing.
	When *When
}

// New builds a table. It fails on a rule that can't match anything and on two rules that match the
// same requests.
func New(rules []Rule) (*Table, error) {
	b := builder{
		rules: rules, places: make([]place, 0, len(rules)),
		table:    &Table{more: make([][]listed, 1)},
		patterns: make(map[string]int32), hosts: make(map[namedHost]int32),
		allow: make(map[uint64]uint32), grouped: make(map[uint32][]grouped),
		matched: make(map[uint32][]grouped),
	}
	for i := range rules {
		if err := b.read(i); err != nil {
			return nil, fmt.Errorf("rule %q: %w", rules[i].Name, err)
		}
	}
	b.placeScopes()
	t := b.table
	t.prefixes = newSlots(len(b.places))
	t.leaves = make([]leaf, t.prefixes.places())
	for i := range b.places {
		p := &b.places[i]
		if err := b.addPlace(p); err != nil {
			r := &rules[p.rule]
			return nil, fmt.Errorf("rule %q: host %q, %s: %w", r.Name, p.pattern, pathText(r), err)
		}
	}
	if err := b.makeGroups(); err != nil {
		return nil, err
	}
	return t, nil
}

// builder is what New knows and the table does not need. It reads all rules before it places
// anything, so that a scope's place, which the hashes of its prefixes depend on, never changes.
type builder struct {
	rules  []Rule
	places []place
	table  *Table
	// patterns are hosts as the rules have them, with their index in scopes, so that each is
	// parsed once
	patterns map[string]int32
	hosts    map[namedHost]int32 // the same in normal form
	scopes   []builtScope
	allow    map[uint64]uint32 // methods -> index of Table.allow
	// grouped are the rules with conditions by leaf, matched those with expressions by scope
	grouped, matched map[uint32][]grouped
}

// namedHost is a host pattern in normal form. That of any host has no name.
type namedHost struct {
	name string
	wild bool
}

type builtScope struct {
	namedHost
	number uint32 // of Table.scopes
	seen   int    // 1 + the last rule that has it
}

// place is one host of one rule.
type place struct {
	host    int32 // index of builder.scopes
	rule    int32
	pattern string
	prefix  string // "/a/b" or "/"
	exact   bool   // prefix is the whole path
	methods uint64
	// regex and conditions are nil for most
	regex      *regexp.Regexp
	conditions *conditions
}

func (b *builder) read(i int) error {
	r := &b.rules[i]
	p := place{rule: int32(i)}
	var err error
	if p.prefix, p.exact, p.regex, err = readPath(r); err != nil {
		return err
	}
	if p.methods, err = b.table.methodBits(r.Methods); err != nil {
		return err
	}
	if p.conditions, err = r.When.compile(); err != nil {
		return err
	}
	for _, pattern := range hostsOf(r) {
		host, err := b.host(pattern)
		if err != nil {
			return fmt.Errorf("host %q %w", pattern, err)
		}
		if b.scopes[host].seen == i+1 {
			return fmt.Errorf("host %q is listed twice", pattern)
		}
		b.scopes[host].seen = i + 1
		p.host, p.pattern = host, pattern
		b.places = append(b.places, p)
	}
	return nil
}

// hostsOf returns a rule's hosts, of which there is at least one.
func hostsOf(r *Rule) []string {
	if len(r.Hosts) == 0 {
		return []string{"*"}
	}
	return r.Hosts
}

func (t *Table) methodBits(names []string) (methods uint64, err error) {
	for _, name := range names {
		i := slices.Index(t.methods, name)
		if i < 0 {
			if len(t.methods) == 64 {
				return 0, fmt.Errorf("method %s is the 65th different one; a table takes 64", name)
			}
			i = len(t.methods)
			t.methods = append(t.methods, name)
		}
		if methods&(1<<i) != 0 {
			return 0, fmt.Errorf("method %s is listed twice", name)
		}
		methods |= 1 << i
	}
	return methods, nil
}

// host returns the index of a host pattern in scopes.
func (b *builder) host(pattern string) (int32, error) {
	if n, ok := b.patterns[pattern]; ok {
		return n, nil
	}
	name, wild, _, err := parsePattern(pattern)
	if err != nil {
		return 0, err
	}
	key := namedHost{name, wild}
	n, ok := b.hosts[key]
	if !ok {
		n = int32(len(b.scopes))
		b.scopes = append(b.scopes, builtScope{namedHost: key})
		b.hosts[key] = n
	}
	b.patterns[pattern] = n
	return n, nil
}

// placeScopes gives every host pattern its scope and says in each where a request goes on: for a
// host and for a wildcard at the longest wildcard above it, and at the top at the rules for any
// host.
func (b *builder) placeScopes() {
	t := b.table
	t.hosts = newSlots(len(b.scopes))
	t.scopes = make([]scope, t.hosts.places())
	for i := range b.scopes {
		s := &b.scopes[i]
		s.number = uint32(t.hosts.take(hashHost([]byte(s.name), s.wild)))
		for int(s.number) >= len(t.scopes) {
			t.scopes = append(t.scopes, make([]scope, t.hosts.places()-len(t.scopes))...)
		}
		t.scopes[s.number] = scope{host: t.newText(s.name), wild: s.wild}
		switch {
		case s.name == "":
			t.anyHost = s.number
		case s.wild:
			t.wildHosts |= 1 << (strings.Count(s.name, ".") + 1)
		}
	}
	for i := range b.scopes {
		if s := &b.scopes[i]; s.name != "" {
			t.scopes[s.number].next = b.above(s.name)
		}
	}
}

// above returns the scope of the longest wildcard that a host is below.
func (b *builder) above(host string) uint32 {
	for !strings.Contains(host, ":") {
		var ok bool
		if _, host, ok = strings.Cut(host, "."); !ok {
			break
		}
		if n, ok := b.hosts[namedHost{host, true}]; ok {
			return b.scopes[n].number
		}
	}
	return b.table.anyHost
}

// leafOf returns the leaf of a prefix within a scope, and makes it when there is none.
func (b *builder) leafOf(s uint32, prefix string) uint32 {
	t := b.table
	hash := hashPrefix(s, []byte(prefix))
	if l := t.leafAt(s, hash, []byte(prefix)); l != 0 {
		return l
	}
	l := uint32(t.prefixes.take(hash))
	for int(l) >= len(t.leaves) {
		t.leaves = append(t.leaves, make([]leaf, t.prefixes.places()-len(t.leaves))...)
	}
	t.leaves[l] = leaf{prefix: t.newText(prefix), scope: s, any: -1}
	sc := &t.scopes[s&^exactScope]
	switch depth := depthOf(prefix); {
	case s&exactScope != 0:
		sc.exact, sc.several = true, true
	case depth > 0:
		sc.depths |= 1 << depth
	default:
		sc.all = l
	}
	return l
}

// addPlace puts one host of a rule where lookups find it.
func (b *builder) addPlace(p *place) error {
	s := b.scopes[p.host].number
	switch {
	case p.regex != nil:
		b.matched[s] = append(b.matched[s], b.grouping(p))
		return nil
	case p.exact:
		s |= exactScope
	}
	l := b.leafOf(s, p.prefix)
	if p.conditions != nil {
		b.grouped[l] = append(b.grouped[l], b.grouping(p))
		return nil
	}
	return b.addRule(l, p)
}

func (b *builder) grouping(p *place) grouped {
	r := &b.rules[p.rule]
	return grouped{
		rule: p.rule, methods: p.methods, pattern: p.regex, source: r.PathRegex, name: r.Name,
		conditions: p.conditions,
	}
}

// makeGroups makes the groups of the leaves that have rules with conditions, which take the other
// rules of the leaf with them, and of the expressions.
func (b *builder) makeGroups() error {
	t := b.table
	for n, rules := range b.grouped {
		l := &t.leaves[n]
		if l.any >= 0 {
			rules = append(rules, grouped{rule: l.any})
		}
		if l.methods != 0 {
			rules = append(rules, grouped{rule: l.rule, methods: l.methods})
		}
		for _, m := range t.more[l.more] {
			rules = append(rules, grouped{rule: m.rule, methods: m.methods})
		}
		for i := range rules {
			rules[i].name = b.rules[rules[i].rule].Name
		}
		g, err := newGroup(rules)
		if err != nil {
			return err
		}
		l.more = conditional | uint32(len(t.groups))
		t.groups = append(t.groups, g)
		t.scopes[l.scope&^exactScope].several = true
	}
	for s, rules := range b.matched {
		g, err := newGroup(rules)
		if err != nil {
			return err
		}
		t.groups = append(t.groups, g)
		t.scopes[s].patterns, t.scopes[s].several = uint32(len(t.groups)), true
	}
	return nil
}

// addRule gives a leaf one more rule.
func (b *builder) addRule(n uint32, p *place) error {
	t := b.table
	l := &t.leaves[n]
	switch {
	case p.methods == 0 && l.any >= 0:
		return fmt.Errorf("rule %q matches the same requests", b.rules[l.any].Name)
	case p.methods == 0:
		l.any = p.rule
	case l.methods == 0:
		l.methods, l.rule = p.methods, p.rule
	default:
		for _, m := range append([]listed{{l.methods, l.rule}}, t.more[l.more]...) {
			if both := m.methods & p.methods; both != 0 {
				return fmt.Errorf("rule %q matches the same %s requests", b.rules[m.rule].Name,
					strings.Join(t.methodNames(both), ", "))
			}
		}
		if l.more == 0 {
			l.more = uint32(len(t.more))
			t.more = append(t.more, nil)
		}
		t.more[l.more] = append(t.more[l.more], listed{p.methods, p.rule})
	}
	l.allow = b.allowOf(l)
	return nil
}

// allowOf returns where in Table.allow the methods are that a leaf takes.
func (b *builder) allowOf(l *leaf) uint32 {
	t, methods := b.table, l.methods
	for _, m := range t.more[l.more] {
		methods |= m.methods
	}
	if l.any >= 0 {
		methods = 0
	}
	n, ok := b.allow[methods]
	if !ok {
		n = uint32(len(t.allow))
		t.allow = append(t.allow, strings.Join(t.methodNames(methods), ", "))
		b.allow[methods] = n
	}
	return n
}

func (t *Table) methodNames(methods uint64) (names []string) {
	for i, name := range t.methods {
		if methods&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
