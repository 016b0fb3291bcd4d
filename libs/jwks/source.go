package jwks

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
)

const (
	// Cooldown is how long after a request had keys fetched, because its token named one that was
	// not known, no other request can. An attacker can make up names of keys.
	Cooldown = 5 * time.Second
	// first is how long after a failure is tried again; each failure after it doubles that.
	first = time.Second
	// last bounds it.
	last = time.Minute
	// soonest is how soon an issuer can have its keys fetched again, by Cache-Control.
	soonest = 30 * time.Second
)

// An answer is what a fetch brings.
type answer struct {
	set   *jwt.Set
	notes []string
	// fresh is how long the issuer says that the keys are good for, 0: it does not say.
	fresh time.Duration
}

// A Source is one place that keys come from. Its methods may be called at the same time.
type Source struct {
	place Place
	fetch func(context.Context) (*answer, error) // nil: the keys are there already
	close func()
	store *Store

	keys    atomic.Pointer[jwt.Set]
	fetched atomic.Int64 // when the keys came, in nanoseconds since 1970
	good    atomic.Uint64
	bad     atomic.Uint64

	wake chan struct{} // has one: somebody waits for a fetch

	mu     sync.Mutex
	flight chan struct{} // guarded by mu; closed when the fetch that runs or is next is over
	failed time.Time     // guarded by mu; when the last fetch failed, zero: it did not
	asked  time.Time     // guarded by mu; when a token had keys fetched
	why    string        // guarded by mu; of the failure

	told string // guarded by Store.mu; why keys are not used
}

// Keys are the keys as they are known, nil: none ever were. A set that is fetched again and has not
// changed is the same one.
func (s *Source) Keys() *jwt.Set { return s.keys.Load() }

// First are the keys. Where there are none yet it waits for the fetch that is under way, until ctx
// ends. nil: there are none, and Why says why.
func (s *Source) First(ctx context.Context) *jwt.Set {
	if keys := s.Keys(); keys != nil || s.fetch == nil {
		return keys
	}
	s.mu.Lock()
	if !s.failed.IsZero() && time.Since(s.failed) < first {
		s.mu.Unlock()
		return s.Keys()
	}
	flight := s.ask()
	s.mu.Unlock()
	wait(ctx, flight)
	return s.Keys()
}

// Renewed are the keys after a fetch, for a token whose key is not in have. It waits for them until
// ctx ends. They are the same as before where a fetch was made for another token a moment ago.
func (s *Source) Renewed(ctx context.Context, have *jwt.Set) *jwt.Set {
	if keys := s.Keys(); keys != have || s.fetch == nil {
		return keys
	}
	s.mu.Lock()
	var flight chan struct{}
	switch {
	case time.Since(s.asked) >= Cooldown:
		s.asked = time.Now()
		flight = s.ask()
	case s.flight != nil:
		flight = s.flight
	}
	s.mu.Unlock()
	if flight != nil {
		wait(ctx, flight)
	}
	return s.Keys()
}

// Why is why there are no keys.
func (s *Source) Why() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why == "" {
		return "they were not fetched yet"
	}
	return s.why
}

// ask has keys fetched, unless a fetch is under way. s.mu is held.
func (s *Source) ask() chan struct{} {
	if s.flight == nil {
		s.flight = make(chan struct{})
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return s.flight
}

func wait(ctx context.Context, flight chan struct{}) {
	select {
	case <-flight:
	case <-ctx.Done():
	}
}

// run fetches keys until ctx ends.
func (s *Source) run(ctx context.Context) {
	defer s.close()
	defer s.land()
	pause := first
	for {
		a, err := s.once(ctx)
		if ctx.Err() != nil {
			return
		}
		var next time.Duration
		if err != nil {
			next = jitter(min(pause, s.place.Interval))
			pause = min(2*pause, last)
		} else {
			pause, next = first, jitter(s.place.Interval)
			if a.fresh > 0 && a.fresh < next {
				next = max(a.fresh, min(soonest, next))
			}
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.wake:
		}
		timer.Stop()
	}
}

// jitter is about d, so that not all gateways ask at the same time.
func jitter(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}

// once fetches the keys once.
func (s *Source) once(ctx context.Context) (*answer, error) {
	s.mu.Lock()
	if s.flight == nil {
		s.flight = make(chan struct{})
	}
	select {
	case <-s.wake: // who has asked is served by this one
	default:
	}
	s.mu.Unlock()
	a, err := s.fetch(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		s.bad.Add(1)
	} else {
		s.good.Add(1)
		s.fetched.Store(time.Now().UnixNano())
		if old := s.keys.Load(); old == nil || !old.Equal(a.set) {
			s.keys.Store(a.set)
		}
	}
	s.mu.Lock()
	before, fine := s.why, s.failed.IsZero()
	s.why, s.failed = "", time.Time{}
	if err != nil {
		s.why, s.failed = s.place.text(err.Error()), time.Now()
	}
	s.mu.Unlock()
	s.land()
	s.store.tell(s, a, before, fine)
	return a, err
}

// land lets those go on who wait for a fetch.
func (s *Source) land() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != nil {
		close(s.flight)
		s.flight = nil
	}
}
