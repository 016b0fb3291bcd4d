package routing

import (
	"bytes"
	"net/netip"
)

// Outcome says how far a lookup got.
type Outcome uint8

// The outcomes, from least to most.
const (
	NoHost   Outcome = iota // no rule for the host, nor for any host
	NoPath                  // rules for the host, none with a prefix of the path
	NoMethod                // rules for host and path, none that takes the method
	Found
)

// String returns the outcome in words.
func (o Outcome) String() string {
	return [...]string{"no host", "no path", "no method", "found"}[o&3]
}

// Table is an immutable set of rules. The zero Table has none.
//
// A host is looked up as the hash of its labels from the right, a path as the hash of its segments from the left, each only
// at the depths at which some pattern ends. So a lookup is one pass over host and path with about one probe for each, and
// a path of a thousand slashes costs no more than the longest prefix in the configuration.
type Table struct {
	hosts     index  // labels -> scopes
	wildHosts uint64 // bit d: a wildcard has d labels
	anyHost   uint32 // the scope of any host, 0 none
	scopes    []scope

	prefixes index // scope and segments -> leaves
	leaves   []leaf
	more     map[uint32][]listed // by leaf: the rules that list methods beyond the first
	allow    []string            // by leaf: what Allow returns
	long     []string            // ends of long texts

	methods []string // all that any rule lists; a method's place is its bit
}

// scope is all rules of one host pattern. Scope 0 is not used.
type scope struct {
	host   text   // normal form, without "*."
	next   uint32 // the scope to try when no prefix matches: the next less specific pattern for the same hosts
	depths uint64 // bit d: a prefix has d segments
	all    uint32 // the leaf of the prefix "/", 0 none
	wild   bool
	_      [8]byte // fills the cache line
}

// leaf is all rules of one host pattern and path prefix. Leaf 0 is not used.
type leaf struct {
	prefix  text // "/a/b"
	scope   uint32
	methods uint64 // bits by Table.methods of the first rule that lists methods
	rule    int32  // that rule
	any     int32  // the rule for methods that none lists, -1 none
	more    bool   // there are other rules that list methods, in Table.more
}

// listed is a rule that lists methods.
type listed struct {
	methods uint64 // bits by Table.methods
	rule    int32
}

// maxDepth is how many labels or segments a pattern can have, so that depths fit the bits of a word.
const maxDepth = 63

// maxPrefix is the longest path prefix, far beyond what a request line can hold by default.
const maxPrefix = 1<<16 - 1

// Lookup returns the rule for a request. host may carry a port, brackets, a trailing dot and any case. path is normalised and
// without its query; "*" and any other path that does not start with a slash match only the prefix "/". It does not allocate
// and takes time in proportion to the lengths of host and path (the path once per host pattern that matches the host and has
// no prefix of the path).
func (t *Table) Lookup(method, host, path []byte) (rule int, o Outcome) {
	n, o := t.find(host, path)
	if n == 0 {
		return -1, o
	}
	l := &t.leaves[n]
	if l.methods != 0 {
		bit := t.methodBit(method)
		if l.methods&bit != 0 {
			return int(l.rule), Found
		}
		if l.more {
			for _, m := range t.more[n] {
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

// Allow returns the methods that host and path take, as the Allow field of a 405 lists them: "GET, POST". It is "" where
// Lookup would not answer NoMethod to any method. It does not allocate.
func (t *Table) Allow(host, path []byte) string {
	n, _ := t.find(host, path)
	if n == 0 {
		return ""
	}
	return t.allow[n]
}

func (t *Table) methodBit(method []byte) uint64 {
	for i, m := range t.methods {
		if m == string(method) {
			return 1 << i
		}
	}
	return 0
}

func (t *Table) find(host, path []byte) (leaf uint32, o Outcome) {
	s := t.scopeOf(host)
	if s == 0 {
		return 0, NoHost
	}
	for s != 0 {
		if l := t.leafOf(s, path); l != 0 {
			return l, NoMethod
		}
		s = t.scopes[s].next
	}
	return 0, NoPath
}

// scopeOf returns the most specific scope for a host, 0 when there is none.
func (t *Table) scopeOf(host []byte) uint32 {
	h, v6 := trimHost(host)
	if t.hosts.used == 0 || len(h) == 0 || len(h) > maxHost {
		return t.anyHost
	}
	var buf [maxHost]byte
	name := buf[:len(h)]
	lower(name, h)
	if v6 {
		return t.scopeOfAddr(name)
	}
	best := t.anyHost
	hash, rest := uint64(exactHost), name
	for depth := 1; ; depth++ {
		dot := bytes.LastIndexByte(rest, '.')
		hash = extend(hash, rest[dot+1:])
		if dot < 0 {
			break
		}
		if t.wildHosts>>depth&1 != 0 && dot > 0 { // shifts to 0 beyond maxDepth
			if s := t.scopeNamed(^hash, name[dot+1:], true); s != 0 {
				best = s
			}
		}
		rest = rest[:dot]
	}
	if s := t.scopeNamed(hash, name, false); s != 0 {
		return s
	}
	return best
}

// scopeOfAddr returns the scope for an IPv6 address, which a client may write in more ways than the shortest.
func (t *Table) scopeOfAddr(name []byte) uint32 {
	if s := t.scopeNamed(extend(exactHost, name), name, false); s != 0 {
		return s
	}
	a, err := netip.ParseAddr(string(name))
	if err != nil {
		return t.anyHost
	}
	shortest := a.AppendTo(name[:0])
	if s := t.scopeNamed(extend(exactHost, shortest), shortest, false); s != 0 {
		return s
	}
	return t.anyHost
}

// exactHost starts the hash of a host. The hash of a wildcard is the complement of that of the same exact host.
const exactHost = 0x51ed270b9a3c4f17

func (t *Table) scopeNamed(hash uint64, name []byte, wild bool) uint32 {
	for s, at := t.hosts.find(hash); s != 0; s, at = t.hosts.next(hash, at) {
		if sc := &t.scopes[s]; sc.wild == wild && t.is(&sc.host, name) {
			return s
		}
	}
	return 0
}

// leafOf returns the leaf of the longest prefix of path within a scope, 0 when there is none.
func (t *Table) leafOf(scope uint32, path []byte) uint32 {
	sc := &t.scopes[scope]
	if sc.depths == 0 || len(path) == 0 || path[0] != '/' {
		return sc.all
	}
	best, hash, start := sc.all, uint64(scope), 1
	for depths := sc.depths >> 1; depths != 0 && start < len(path); depths >>= 1 {
		end := len(path)
		if slash := bytes.IndexByte(path[start:], '/'); slash >= 0 {
			end = start + slash
		}
		hash = extend(hash, path[start:end])
		if depths&1 != 0 {
			if l := t.leafAt(scope, hash, path[:end]); l != 0 {
				best = l
			}
		}
		start = end + 1
	}
	return best
}

func (t *Table) leafAt(scope uint32, hash uint64, prefix []byte) uint32 {
	for l, at := t.prefixes.find(hash); l != 0; l, at = t.prefixes.next(hash, at) {
		if lf := &t.leaves[l]; lf.scope == scope && t.is(&lf.prefix, prefix) {
			return l
		}
	}
	return 0
}
