package routing

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// Reach says how far a lookup got.
type Reach uint8

// How far a lookup can get, from least to most.
const (
	NoHost      Reach = iota // no rule for the host, nor for any host
	NoPath                   // rules for the host, none for the path
	NoCondition              // rules for host and path, none whose conditions the request meets
	NoMethod                 // rules for the request, none that takes its method
	Found
)

// String returns the reach in words.
func (o Reach) String() string {
	return [...]string{"no host", "no path", "no condition", "no method", "found"}[min(o, Found)]
}

// Table is an immutable set of rules. The zero Table has none.
//
// A host is hashed from the right, a path from the left, each in one pass that looks a pattern up
// only where one of so many labels or segments exists. What is found is compared, so hashes decide
// nothing. Of the table itself a lookup touches the tags of both slots, one scope and one leaf, of
// a cache line each, and it knows where the leaf is before the scope has arrived from memory.
type Table struct {
	hosts     slots  // where in scopes
	wildHosts uint64 // bit d: a wildcard has d labels behind its star
	anyHost   uint32 // the scope of any host, 0 none
	scopes    []scope

	prefixes slots // where in leaves
	leaves   []leaf
	more     [][]listed // the rules of some leaf that list methods beyond the first; 0 is not used
	groups   []*group   // of the leaves with conditions, and of the scopes with expressions
	allow    []string   // what Allow returns, the different ones

	long    []string // ends of long texts
	methods []string // all that any rule lists; a method's place is its bit
}

// scope is all rules of one host pattern. Scope 0 is not used.
type scope struct {
	host text // normal form, without "*."
	// the scope to try when no prefix matches: the next less specific pattern for the same hosts
	next   uint32
	depths uint64 // bit d: a prefix has d segments
	all    uint32 // the leaf of the prefix "/", 0 none
	wild   bool
	// several says that more than one leaf can have a request, so that what one does not take has
	// to be offered to the next: there are whole paths, conditions or expressions.
	several  bool
	exact    bool   // there are whole paths
	patterns uint32 // 1 + index into Table.groups of the expressions, 0 none
}

// leaf is all rules of one host pattern and path prefix. Leaf 0 is not used.
type leaf struct {
	prefix  text // "/a/b"
	scope   uint32
	methods uint64 // bits by Table.methods of the first rule that lists methods
	rule    int32  // that rule
	any     int32  // the rule for methods that none lists, -1 none
	// index into Table.more, 0 there are none; above conditional, into Table.groups
	more  uint32
	allow uint32 // index into Table.allow
}

// listed is a rule that lists methods.
type listed struct {
	methods uint64 // bits by Table.methods
	rule    int32
}

// maxDepth is how many labels or segments a pattern can have, so that depths fit the bits of a
// word.
const maxDepth = 63

// maxPrefix is the longest path prefix, far beyond what a request line can hold by default.
const maxPrefix = 1<<16 - 1

// exactScope and a scope's number are the number of its whole paths.
const exactScope = 1 << 31

// conditional and an index into Table.groups are what leaf.more is where rules have conditions.
const conditional = 1 << 31

// Lookup returns the rule for a request. host may carry a port, brackets, a trailing dot and any
// case. path is normalised and without its query; "*" and any other path that does not start with a
// slash match only the prefix "/". q is asked where rules have conditions; with nil none of those
// is found. It does not allocate and takes time in proportion to the lengths of host and path (the
// path once per host pattern that matches the host and has no prefix of the path), and to the
// number of conditions and regular expressions that have to be tried.
func (t *Table) Lookup(method, host, path []byte, q Request) (rule int, o Reach) {
	s := t.scopeOf(host)
	if s == 0 {
		return -1, NoHost
	}
	o = NoPath
	for s != 0 {
		sc := &t.scopes[s]
		if sc.several {
			r, so, last := t.offer(s, method, path, q)
			if last {
				return r, so
			}
			o = max(o, so)
		} else if l := t.leafOf(s, path); l != 0 {
			return t.ofLeaf(l, method)
		}
		s = sc.next
	}
	return -1, o
}

// ofLeaf returns the rule of a leaf without conditions for a method.
func (t *Table) ofLeaf(n uint32, method []byte) (rule int, o Reach) {
	l := &t.leaves[n]
	if l.methods != 0 {
		bit := t.methodBit(method)
		if l.methods&bit != 0 {
			return int(l.rule), Found
		}
		if l.more != 0 {
			for _, m := range t.more[l.more] {
				if m.methods&bit != 0 {
					return int(m.rule), Found
				}
			}
		}
	}
	if l.any >= 0 {
		return int(l.any), Found
	}
	return -1, NoMethod
}

func (t *Table) methodBit(method []byte) uint64 {
	for i, m := range t.methods {
		if m == string(method) {
			return 1 << i
		}
	}
	return 0
}

// scopeOf returns the most specific scope for a host, 0 when there is none.
func (t *Table) scopeOf(host []byte) uint32 {
	name, v6 := hostname.OfAuthority(host)
	if t.hosts.homes == 0 || len(name) == 0 || len(name) > hostname.MaxBytes {
		return t.anyHost
	}
	if v6 {
		return t.scopeOfAddr(name)
	}
	best, wild := t.anyHost, t.wildHosts
	state, word, end := uint64(seed), uint64(0), len(name)
	for ; ; end -= 8 {
		if end >= 8 {
			word = binary.LittleEndian.Uint64(name[end-8:])
		} else {
			word = wordBefore(name, end)
		}
		word = lowerWord(word)
		if wild > 1 { // there are wildcards of more labels
			for dots := marks(word, '.'); dots != 0; {
				bit := uint(bits.Len64(dots) - 1)
				dots &^= 1 << (bit & 63)
				if wild >>= 1; wild&1 != 0 {
					// The bytes behind the dot are those above its bit.
					rest := name[end-7+int(bit/8):]
					hash := ^finish(state, word&(^uint64(1)<<(bit&63)), len(rest), 0)
					if s := t.scopeNamed(hash, rest, true); s != 0 && len(rest)+1 < len(name) {
						best = s
					}
				}
			}
		}
		if end < 8 {
			break
		}
		state = add(state, word)
	}
	if s := t.scopeNamed(finish(state, word, len(name), 0), name, false); s != 0 {
		return s
	}
	return best
}

// scopeOfAddr returns the scope for an IPv6 address, which a client may write in more ways than the
// shortest.
func (t *Table) scopeOfAddr(name []byte) uint32 {
	if s := t.scopeNamed(hashHost(name, false), name, false); s != 0 {
		return s
	}
	if a, err := netip.ParseAddr(string(name)); err == nil {
		shortest := []byte(a.String())
		if s := t.scopeNamed(hashHost(shortest, false), shortest, false); s != 0 {
			return s
		}
	}
	return t.anyHost
}

// scopeNamed returns the scope with a host in any case, 0 when there is none. hash is that of
// hashHost.
func (t *Table) scopeNamed(hash uint64, name []byte, wild bool) uint32 {
	for place := t.hosts.home(hash); ; place += window {
		tags := t.hosts.at(place)
		for m := having(tags, hash); m != 0; m &= m - 1 {
			s := place + bits.TrailingZeros64(m)/8
			if sc := &t.scopes[s]; sc.wild == wild && t.isHost(&sc.host, name) {
				return uint32(s)
			}
		}
		if ends(tags) {
			return 0
		}
	}
}

// leafOf returns the leaf of the longest prefix of path within a scope, 0 when there is none.
func (t *Table) leafOf(scope uint32, path []byte) uint32 {
	sc := &t.scopes[scope]
	best, depths := sc.all, sc.depths>>1
	if len(path) == 0 || path[0] != '/' {
		return best
	}
	state, word := uint64(seed), uint64(0)
	for at := 1; depths != 0 && at <= len(path); at += 8 {
		left := uint(len(path) - at)
		if left >= 8 {
			word = binary.LittleEndian.Uint64(path[at:])
		} else {
			word = wordAt(path, at)
		}
		slashes := marks(word, '/')
		if left < 8 {
			slashes |= 0x80 << (8 * left & 63) // a segment ends there too
		}
		for ; slashes != 0; slashes &= slashes - 1 {
			if depths&1 != 0 {
				// The bytes before the slash are those below its own.
				bit := uint(bits.TrailingZeros64(slashes)) &^ 7
				prefix := path[:at+int(bit/8)]
				hash := finish(state, word&(1<<(bit&63)-1), len(prefix), uint64(scope))
				if l := t.leafAt(scope, hash, prefix); l != 0 {
					best = l
				}
			}
			depths >>= 1
		}
		state = add(state, word)
	}
	return best
}

// leafAt returns the leaf of a prefix within a scope, 0 when there is none. hash is that of
// hashPrefix.
func (t *Table) leafAt(scope uint32, hash uint64, prefix []byte) uint32 {
	for place := t.prefixes.home(hash); ; place += window {
		tags := t.prefixes.at(place)
		for m := having(tags, hash); m != 0; m &= m - 1 {
			l := place + bits.TrailingZeros64(m)/8
			if lf := &t.leaves[l]; lf.scope == scope && t.is(&lf.prefix, prefix) {
				return uint32(l)
			}
		}
		if ends(tags) {
			return 0
		}
	}
}
