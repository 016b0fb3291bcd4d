package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of what is remembered.
const (
	// MinTTL is the least time for which an answer is used, whatever it says of itself.
	MinTTL = time.Second
	// MaxTTL is the most.
	MaxTTL = time.Minute
	// UnknownTTL is for answers that do not say, such as those out of /etc/hosts.
	UnknownTTL = 5 * time.Second
	// MaxStale is for how long the last known addresses are used while DNS gives none.
	MaxStale = time.Hour
)

const (
	// patience is how long a caller waits for DNS before it takes the last known addresses.
	patience = time.Second
	// pause is how long DNS is not asked again after it has failed.
	pause = time.Second
	// lookupTime bounds one lookup, with all that the system tries for it.
	lookupTime = 15 * time.Second
)

// A Lookup asks for the addresses of a name. ttl is for how long they hold, 0 if that is not
// known.
type Lookup func(ctx context.Context, name string) (a []netip.Addr, ttl time.Duration, err error)

// Options are what a Resolver works with.
type Options struct {
	Lookup Lookup           // nil: System
	Now    func() time.Time // nil: time.Now
}

// A Resolver remembers the addresses of names. Its methods may be called from any
// goroutine.
type Resolver struct {
	lookup Lookup
	now    func() time.Time

	good, bad, stale atomic.Uint64

	mu    sync.Mutex
	names map[string]*entry // guarded by mu
}

// An entry is what is known of a name. All of it is guarded by Resolver.mu.
type entry struct {
	addrs   []netip.Addr
	err     error     // of the last lookup
	expires time.Time // when to ask again
	learned time.Time // when addrs came
	used    time.Time // when somebody asked last
	turn    int       // which of addrs is first for the next who asks
	flight  *flight   // nil: nobody asks DNS
}

// A flight is a lookup that is underway.
type flight struct{ done chan struct{} }

// New makes a Resolver that knows nothing yet.
func New(o Options) *Resolver {
	r := &Resolver{lookup: o.Lookup, now: o.Now, names: map[string]*entry{}}
	if r.lookup == nil {
		r.lookup = System
	}
	if r.now == nil {
		r.now = time.Now
	}
	return r
}

// Addresses are those of a name, in the order in which to try them. The error is a
// *net.DNSError, or that of ctx.
func (r *Resolver) Addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	r.mu.Lock()
	now := r.now()
	e := r.names[name]
	if e == nil {
		r.forget(now)
		e = &entry{}
		r.names[name] = e
	}
	e.used = now
	if now.Before(e.expires) {
		defer r.mu.Unlock()
		return r.answer(e, now)
	}
	if e.flight == nil {
		e.flight = &flight{done: make(chan struct{})}
		go r.fly(name, e, e.flight) // until lookupTime has passed
	}
	f := e.flight
	var enough <-chan time.Time
	if e.usable(now) {
		t := time.NewTimer(patience)
		defer t.Stop()
		enough = t.C
	}
	r.mu.Unlock()
	select {
	case <-f.done:
	case <-enough:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answer(e, r.now())
}

// usable reports whether the last known addresses may be used.
func (e *entry) usable(now time.Time) bool {
	return len(e.addrs) > 0 && now.Sub(e.learned) < MaxStale
}

// answer is what a caller gets now: the addresses, or why there are none. mu is held.
func (r *Resolver) answer(e *entry, now time.Time) ([]netip.Addr, error) {
	if !e.usable(now) {
		return nil, e.err
	}
	if e.err != nil || !now.Before(e.expires) {
		r.stale.Add(1)
	}
	e.turn++
	return inTurn(e.addrs, e.turn-1), nil
}

// fly asks DNS, and tells all who wait.
func (r *Resolver) fly(name string, e *entry, f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	addrs, ttl, err := r.lookup(ctx, name)
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Err: "no addresses", Name: name, IsNotFound: true}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	e.flight, e.err = nil, err
	defer close(f.done)
	if err != nil {
		r.bad.Add(1)
		e.expires = now.Add(pause)
		if missing := (*net.DNSError)(nil); errors.As(err, &missing) && missing.IsNotFound {
			e.addrs = nil
		}
		return
	}
	r.good.Add(1)
	if ttl <= 0 {
		ttl = UnknownTTL
	}
	e.addrs, e.learned = addrs, now
	e.expires = now.Add(min(max(ttl, MinTTL), MaxTTL))
}

// doubt says that none of the addresses of a name could be reached: they are asked for again
// soon, in case the name points elsewhere by now.
func (r *Resolver) doubt(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.names[name]
	if e == nil || e.err != nil {
		return
	}
	if soon := e.learned.Add(MinTTL); soon.Before(e.expires) {
		e.expires = soon
	}
}

// forget drops names that nobody has asked for in a long time. mu is held.
func (r *Resolver) forget(now time.Time) {
	for name, e := range r.names {
		if e.flight == nil && now.Sub(e.used) > MaxStale {
			delete(r.names, name)
		}
	}
}

// inTurn orders addresses for the n-th caller. The family of the first goes on being
// first, since the system has its reasons to put it there (RFC 6724), and within it they
// take turns.
func inTurn(addrs []netip.Addr, n int) []netip.Addr {
	out := make([]netip.Addr, 0, len(addrs))
	for _, a := range addrs {
		if a.Is4() == addrs[0].Is4() {
			out = append(out, a)
		}
	}
	same := len(out)
	for _, a := range addrs {
		if a.Is4() != addrs[0].Is4() {
			out = append(out, a)
		}
	}
	turned := make([]netip.Addr, 0, len(out))
	for i := range same {
		turned = append(turned, out[(i+n)%same])
	}
	return append(turned, out[same:]...)
}
