package routing

import "strings"

// walk goes through what a scope has for a path, in the order in which it counts: the whole path,
// the prefixes from the longest to the shortest, the expressions, and the rules for any path.
type walk struct {
	t     *Table
	scope uint32
	path  []byte
	rest  []byte // what a prefix may still be of
	step  uint8

	leaf  uint32 // where the walk is, 0 at the expressions
	group *group // of the leaf or the expressions, nil for a leaf without conditions
}

// next goes on. It returns false at the end.
func (w *walk) next() bool {
	sc := &w.t.scopes[w.scope]
	for ; ; w.step++ {
		w.leaf, w.group = 0, nil
		switch w.step {
		case 0:
			if sc.exact && len(w.path) > 0 {
				w.leaf = w.t.leafAt(w.scope|exactScope, hashPrefix(w.scope|exactScope, w.path),
					w.path)
			}
		case 1:
			if w.leaf = w.prefix(sc); w.leaf != 0 {
				w.enter()
				return true
			}
		case 2:
			if sc.patterns != 0 {
				w.group = w.t.groups[sc.patterns-1]
				w.step++
				return true
			}
		case 3:
			w.leaf = sc.all
		default:
			return false
		}
		if w.leaf != 0 {
			w.enter()
			w.step++
			return true
		}
	}
}

// prefix returns the next shorter prefix that has rules, but for that of any path.
func (w *walk) prefix(sc *scope) uint32 {
	if len(w.rest) == 0 || sc.depths == 0 {
		return 0
	}
	l := w.t.leafOf(w.scope, w.rest)
	if l == 0 || l == sc.all {
		w.rest = nil
		return 0
	}
	n := int(w.t.leaves[l].prefix.length)
	for n--; w.path[n] != '/'; n-- {
	}
	w.rest = w.path[:n] // "" above the first segment
	return l
}

// enter takes the group of the leaf.
func (w *walk) enter() {
	if more := w.t.leaves[w.leaf].more; more >= conditional {
		w.group = w.t.groups[more-conditional]
	}
}

// offer offers a request to what a scope has for it. last says that the answer is final: there is a
// rule, or one without conditions that owns the path and does not take the method.
func (t *Table) offer(s uint32, method, path []byte, q Request) (rule int, o Reach, last bool) {
	o = NoPath
	w := walk{t: t, scope: s, rest: path, path: path}
	for w.next() {
		if w.group == nil {
			rule, o = t.ofLeaf(w.leaf, method)
			return rule, o, true
		}
		rule, of, last := t.ofGroup(w.group, method, path, q)
		if last {
			return rule, of, true
		}
		o = max(o, of)
	}
	return -1, o, false
}

// ofGroup is offer for one group.
func (t *Table) ofGroup(g *group, method, path []byte, q Request) (rule int, o Reach, last bool) {
	if n := g.find(q, path, t.methodBit(method)); n >= 0 {
		return int(g.rules[n].rule), Found, true
	}
	switch met := g.met(q, path); {
	case met.any:
		return -1, NoMethod, met.owned
	case met.path:
		return -1, NoCondition, false
	}
	return -1, NoPath, false
}

// Allow returns the methods that a request may have, as the Allow field of a 405 lists them: "GET,
// POST". It is "" where Lookup would not answer NoMethod to any method. It allocates only where
// rules have conditions or expressions.
func (t *Table) Allow(host, path []byte, q Request) string {
	var methods uint64
	for s := t.scopeOf(host); s != 0; s = t.scopes[s].next {
		w := walk{t: t, scope: s, rest: path, path: path}
		if !t.scopes[s].several { // the longest prefix is all there is
			if w.leaf = t.leafOf(s, path); w.leaf == 0 {
				continue
			}
			return t.allowWith(methods, w.leaf)
		}
		for w.next() {
			if w.group == nil {
				return t.allowWith(methods, w.leaf)
			}
			met := w.group.met(q, path)
			if met.all {
				return ""
			}
			if methods |= met.methods; met.owned {
				return strings.Join(t.methodNames(methods), ", ")
			}
		}
	}
	return strings.Join(t.methodNames(methods), ", ")
}

// allowWith is what a leaf without conditions allows, and more methods beside.
func (t *Table) allowWith(methods uint64, n uint32) string {
	l := &t.leaves[n]
	if methods == 0 || l.any >= 0 {
		return t.allow[l.allow]
	}
	methods |= l.methods
	for _, m := range t.more[l.more] {
		methods |= m.methods
	}
	return strings.Join(t.methodNames(methods), ", ")
}
