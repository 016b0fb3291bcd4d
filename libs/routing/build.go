package routing

import (
	"fmt"
	"slices"
	"strings"
)

// Rule says which requests it matches. Its index in the slice given to New is what Lookup returns.
type Rule struct {
	Name       string   // for the errors of New
	Hosts      []string // exact or "*.x"; empty or "*" is any. Case does not matter; letters beyond ASCII as IDNA has them; no port; IPv6 with or without brackets
	PathPrefix string   // "" and "/" are any path; a trailing slash means nothing, /users/ is /users
	Methods    []string // case matters; empty is any
}

// New builds a table. It fails on a rule that can't match anything and on two rules that match the same requests.
func New(rules []Rule) (*Table, error) {
	t := &Table{scopes: make([]scope, 1), leaves: make([]leaf, 1), more: make(map[uint32][]listed)}
	for i := range rules {
		if err := t.add(rules, i); err != nil {
			return nil, fmt.Errorf("rule %q: %w", rules[i].Name, err)
		}
	}
	t.link()
	t.allow = make([]string, len(t.leaves))
	for i := range t.leaves {
		t.allow[i] = t.allowOf(uint32(i))
	}
	return t, nil
}

func (t *Table) add(rules []Rule, i int) error {
	r := &rules[i]
	hosts := r.Hosts
	if len(hosts) == 0 {
		hosts = []string{"*"}
	}
	segments, err := parsePrefix(r.PathPrefix)
	if err != nil {
		return err
	}
	methods, err := t.methodBits(r.Methods)
	if err != nil {
		return err
	}
	for h, pattern := range hosts {
		s, err := t.addScope(pattern)
		if err != nil {
			return fmt.Errorf("host %q %w", pattern, err)
		}
		for _, earlier := range hosts[:h] {
			if e, err := t.addScope(earlier); err == nil && e == s {
				return fmt.Errorf("host %q is listed twice", pattern)
			}
		}
		if err := t.addRule(t.addLeaf(s, segments), rules, i, methods); err != nil {
			return fmt.Errorf("host %q, path prefix %q: %w", pattern, r.PathPrefix, err)
		}
	}
	return nil
}

// parsePrefix returns the segments of a path prefix.
func parsePrefix(prefix string) ([]string, error) {
	if prefix != "" && prefix[0] != '/' {
		return nil, fmt.Errorf("path prefix %q does not start with a slash", prefix)
	}
	if len(prefix) > maxPrefix {
		return nil, fmt.Errorf("path prefix of %d bytes; %d are the most", len(prefix), maxPrefix)
	}
	trimmed := strings.TrimSuffix(strings.TrimPrefix(prefix, "/"), "/")
	if trimmed == "" && len(prefix) < 2 {
		return nil, nil
	}
	segments := strings.Split(trimmed, "/")
	if len(segments) > maxDepth {
		return nil, fmt.Errorf("path prefix %q has more than %d segments", prefix, maxDepth)
	}
	for _, s := range segments {
		if s == "" || s == "." || s == ".." {
			return nil, fmt.Errorf("path prefix %q has an empty or dot segment, which no normalised path has", prefix)
		}
	}
	return segments, nil
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

// addScope returns the scope of a host pattern, and makes it when there is none.
func (t *Table) addScope(pattern string) (uint32, error) {
	host, wild, any, err := parsePattern(pattern)
	if err != nil {
		return 0, err
	}
	if any {
		if t.anyHost == 0 {
			t.anyHost = uint32(len(t.scopes))
			t.scopes = append(t.scopes, scope{})
		}
		return t.anyHost, nil
	}
	hash, labels := hashHost(host)
	if wild {
		hash = ^hash
		t.wildHosts |= 1 << labels
	}
	if s := t.scopeNamed(hash, []byte(host), wild); s != 0 {
		return s, nil
	}
	s := uint32(len(t.scopes))
	t.scopes = append(t.scopes, scope{host: t.newText(host), wild: wild})
	t.hosts.add(hash, s)
	return s, nil
}

func hashHost(host string) (hash uint64, labels int) {
	if strings.Contains(host, ":") { // IPv6
		return extend(exactHost, []byte(host)), 1
	}
	parts := strings.Split(host, ".")
	hash = exactHost
	for _, label := range slices.Backward(parts) {
		hash = extend(hash, []byte(label))
	}
	return hash, len(parts)
}

// addLeaf returns the leaf of a prefix within a scope, and makes it when there is none.
func (t *Table) addLeaf(s uint32, segments []string) uint32 {
	sc := &t.scopes[s]
	if len(segments) == 0 {
		if sc.all == 0 {
			sc.all = uint32(len(t.leaves))
			t.leaves = append(t.leaves, leaf{prefix: t.newText("/"), scope: s, any: -1})
		}
		return sc.all
	}
	prefix, hash := "/"+strings.Join(segments, "/"), uint64(s)
	for _, segment := range segments {
		hash = extend(hash, []byte(segment))
	}
	for l, at := t.prefixes.find(hash); l != 0; l, at = t.prefixes.next(hash, at) {
		if lf := &t.leaves[l]; lf.scope == s && t.is(&lf.prefix, []byte(prefix)) {
			return l
		}
	}
	sc.depths |= 1 << len(segments)
	t.prefixes.add(hash, uint32(len(t.leaves)))
	t.leaves = append(t.leaves, leaf{prefix: t.newText(prefix), scope: s, any: -1})
	return uint32(len(t.leaves) - 1)
}

// addRule gives a leaf one more rule.
func (t *Table) addRule(n uint32, rules []Rule, i int, methods uint64) error {
	l := &t.leaves[n]
	if methods == 0 {
		if l.any >= 0 {
			return fmt.Errorf("rule %q matches the same requests", rules[l.any].Name)
		}
		l.any = int32(i)
		return nil
	}
	for _, m := range append([]listed{{l.methods, l.rule}}, t.more[n]...) {
		if both := m.methods & methods; both != 0 {
			return fmt.Errorf("rule %q matches the same %s requests", rules[m.rule].Name, strings.Join(t.methodNames(both), ", "))
		}
	}
	if l.methods == 0 {
		l.methods, l.rule = methods, int32(i)
	} else {
		l.more = true
		t.more[n] = append(t.more[n], listed{methods, int32(i)})
	}
	return nil
}

// link sets scope.next: for a host and for a wildcard the longest wildcard above it, and at the top the rules for any host.
func (t *Table) link() {
	for i := range t.scopes {
		sc := &t.scopes[i]
		if i == 0 || uint32(i) == t.anyHost {
			continue
		}
		sc.next = t.anyHost
		host := t.textOf(&sc.host)
		for above := host; !strings.Contains(host, ":"); {
			_, after, ok := strings.Cut(above, ".")
			if !ok {
				break
			}
			above = after
			hash, _ := hashHost(above)
			if s := t.scopeNamed(^hash, []byte(above), true); s != 0 {
				sc.next = s
				break
			}
		}
	}
}

func (t *Table) allowOf(n uint32) string {
	l := &t.leaves[n]
	methods := l.methods
	for _, m := range t.more[n] {
		methods |= m.methods
	}
	if l.any >= 0 || methods == 0 {
		return ""
	}
	return strings.Join(t.methodNames(methods), ", ")
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
