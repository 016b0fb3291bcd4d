package forward

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// mostRemembered bounds the bytes of what an entry remembers; over it, half is forgotten.
const mostRemembered = 16 << 20

// memory is what an authenticator remembers.
type memory struct {
	late string // the rule of one that waits too long for another's verdict

	ttl         time.Duration
	fields      []string // of the key, in lower case
	cookies     []string // of the key
	path, query bool
	credentials []string // fields that are passed and belong to the key too, in lower case
	keyed       []string // all fields of the key, canonical
	passed      []string // canonical
	mu          sync.Mutex
	fresh, old  map[key]*remembered // guarded by mu
	size        int                 // of fresh; guarded by mu
	flights     map[key]*flight     // guarded by mu
}

type key [sha256.Size]byte

type remembered struct {
	verdict *verdict
	until   time.Time
}

// A flight is a question that is on its way, for all requests with its key.
type flight struct {
	done    chan struct{}
	verdict *verdict
	shared  bool // it counts for the others too
}

// harmless are fields that say nothing of who a client is.
var harmless = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "User-Agent", "X-Requested-With", "Origin",
	"Referer", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Sec-Fetch-User",
	"Cache-Control", "Content-Type",
}

func newMemory(c *config.ForwardCache, pass []string) *memory {
	m := &memory{
		ttl: c.TTL, passed: pass, fresh: map[key]*remembered{}, flights: map[key]*flight{},
	}
	for _, k := range c.Key {
		cookie, is := strings.CutPrefix(k, "cookie:")
		switch {
		case is:
			m.cookies = append(m.cookies, cookie)
		case k == config.ForwardByPath:
			m.path = true
		case k == config.ForwardByQuery:
			m.query = true
		default:
			m.fields = append(m.fields, strings.ToLower(k))
		}
	}
	for _, name := range pass {
		small := strings.ToLower(name)
		// Cookies that are named stand for the field.
		if !slices.Contains(harmless, name) && !slices.Contains(m.fields, small) &&
			!(small == "cookie" && len(m.cookies) > 0) {
			m.credentials = append(m.credentials, small)
		}
	}
	for _, name := range slices.Concat(m.fields, m.credentials) {
		m.keyed = append(m.keyed, http.CanonicalHeaderKey(name))
	}
	if len(m.cookies) > 0 {
		m.keyed = append(m.keyed, "Cookie")
	}
	return m
}

// key is what the verdict on a request is remembered by; false: the request has none of it.
func (m *memory) key(r *policy.Request) (key, bool) {
	var room [1024]byte
	dst, some := room[:0], m.path || m.query
	dst = part(dst, r.Route)
	dst = part(dst, r.Scheme)
	dst = part(dst, r.Head.Authority)
	dst = part(dst, r.Head.MethodName)
	var found bool
	for _, name := range m.fields {
		dst, found = fieldPart(dst, &r.Head.Head, name)
		some = some || found
	}
	for _, name := range m.credentials {
		dst, _ = fieldPart(dst, &r.Head.Head, name)
	}
	for _, want := range m.cookies {
		dst = append(dst, 'c')
		for name, pair := range http1.Cookies(&r.Head.Head) {
			if string(name) == want {
				dst, some = part(dst, pair), true
			}
		}
	}
	if m.path {
		dst = part(dst, r.Head.Path)
	}
	if m.query {
		dst = part(dst, r.Head.Query)
	}
	return sha256.Sum256(dst), some
}

// part appends a text such that nobody can take its end for the beginning of the next.
func part[T string | []byte](dst []byte, text T) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
	return append(dst, text...)
}

// fieldPart appends the values of the fields of a name, in lower case; false: there are none.
func fieldPart(dst []byte, h *http1.Head, name string) (out []byte, found bool) {
	dst = append(dst, 'f')
	for i := range h.Fields {
		f := &h.Fields[i]
		if int(f.NameEnd-f.Start) == len(name) && http1.EqualFold(h.Name(f), name) {
			dst, found = part(dst, bytes.TrimSpace(h.Value(f))), true
		}
	}
	return dst, found
}

// get returns what is remembered for a key, and asks if nothing is.
func (m *memory) get(k *key, until time.Time, ask func() *verdict) *verdict {
	m.mu.Lock()
	if v := m.find(k, time.Now()); v != nil {
		m.mu.Unlock()
		return v
	}
	if f := m.flights[*k]; f != nil {
		m.mu.Unlock()
		if v := f.wait(until, m.late); v != nil {
			return v
		}
		return ask()
	}
	f := &flight{done: make(chan struct{})}
	m.flights[*k] = f
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.flights, *k)
		m.mu.Unlock()
		close(f.done)
	}()
	f.verdict = ask()
	m.mu.Lock()
	defer m.mu.Unlock()
	f.shared = f.verdict.kind == away || m.add(k, f.verdict)
	return f.verdict
}

// wait waits for the verdict of another request; nil: it is for that one alone.
func (f *flight) wait(until time.Time, late string) *verdict {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-f.done:
		if f.shared {
			return f.verdict
		}
		return nil
	case <-timer.C:
		return &verdict{kind: busy, rule: late}
	}
}

// find returns what is remembered for a key, nil for nothing. m.mu must be held.
func (m *memory) find(k *key, now time.Time) *verdict {
	r := m.fresh[*k]
	if r == nil {
		if r = m.old[*k]; r == nil {
			return nil
		}
	}
	if !now.Before(r.until) {
		return nil
	}
	return r.verdict
}

// add remembers a verdict, if it may be; false: it may not. m.mu must be held.
func (m *memory) add(k *key, v *verdict) bool {
	keep := min(v.keep, m.ttl)
	if keep <= 0 || v.kind > refused || slices.ContainsFunc(v.vary, m.unkeyed) {
		return false
	}
	if m.size += v.size; m.size > mostRemembered/2 {
		m.old, m.fresh, m.size = m.fresh, map[key]*remembered{}, v.size
	}
	m.fresh[*k] = &remembered{v, time.Now().Add(keep)}
	return true
}

// unkeyed says that an answer that depends on a field can't be remembered: the server gets it, and
// it is not part of the key.
func (m *memory) unkeyed(field string) bool {
	switch field {
	case "X-Forwarded-Uri", "X-Original-Url", "X-Original-Uri":
		return !m.path || !m.query
	case "X-Forwarded-For", "X-Request-Id":
		return true
	}
	return slices.Contains(m.passed, field) && !slices.Contains(m.keyed, field)
}
