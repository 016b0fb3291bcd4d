package basic

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/gatewayhomebrew/gateway/libs/htpasswd"
)

const (
	// mostSlots bounds the processors that passwords may take together, and with them the memory:
	// each argon2id takes up to htpasswd.MostArgon2Memory.
	mostSlots = 4
	// mostWaiting is how many passwords may wait for a processor, and waitTime for how long.
	mostWaiting = 64
	waitTime    = 5 * time.Second
)

// A Verifier verifies passwords for all authenticators of a process. It remembers what it found,
// and bounds what all others cost: half of the processors, at most four. It outlives plans.
type Verifier struct {
	marker *marker
	// Two memories, so that a flood of wrong passwords does not take the place of right ones.
	right, wrong memory

	budget  *budget
	slots   *semaphore.Weighted
	width   int64
	waiting atomic.Int64
	verify  func(htpasswd.Hash, []byte) bool

	mu      sync.Mutex
	flights map[mark]*flight // guarded by mu
}

// A flight is a password that is being verified, for all requests that have it.
type flight struct {
	done  chan struct{}
	right bool
	err   error
}

// NewVerifier makes one.
func NewVerifier() *Verifier {
	width := int64(min(mostSlots, max(1, runtime.GOMAXPROCS(0)/2)))
	return &Verifier{
		marker: newMarker(), budget: newBudget(), slots: semaphore.NewWeighted(width),
		width: width, verify: htpasswd.Hash.Verify, flights: make(map[mark]*flight),
	}
}

// errBusy says that too many passwords are being verified.
var errBusy = errors.New("too many passwords are being verified")

// A spentError says that a client has tried too many wrong passwords.
type spentError struct{ wait time.Duration }

func (spentError) Error() string { return "the client has tried too many wrong passwords" }

// check finds out whether a password is right, for a mark that is not remembered. real is false for
// a hash that is nobody's: the password is wrong then, after the same time.
func (v *Verifier) check(
	from netip.Addr, until time.Time, m *mark, hash htpasswd.Hash, real bool, password []byte,
) (right bool, err error) {
	v.mu.Lock()
	if f := v.flights[*m]; f != nil {
		v.mu.Unlock()
		return f.wait(until)
	}
	ok, wait := v.budget.begin(from)
	if !ok {
		v.mu.Unlock()
		return false, spentError{wait}
	}
	f := &flight{done: make(chan struct{})}
	v.flights[*m] = f
	v.mu.Unlock()
	defer func() {
		v.budget.end(from, f.err == nil && !f.right)
		v.mu.Lock()
		delete(v.flights, *m)
		v.mu.Unlock()
		close(f.done)
	}()
	f.err = errBusy // also where the hash panics
	err = v.run(until, hash, func() { f.right = v.verify(hash, password) && real })
	f.err = err
	if err == nil && !f.right {
		v.wrong.add(m, nil)
	}
	return f.right, f.err
}

// wait waits for what another request finds out.
func (f *flight) wait(until time.Time) (bool, error) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-f.done:
		return f.right, f.err
	case <-timer.C:
		return false, errBusy
	}
}

// run does the work for a hash when there is a processor for it.
func (v *Verifier) run(until time.Time, hash htpasswd.Hash, work func()) error {
	if v.waiting.Add(1) > mostWaiting {
		v.waiting.Add(-1)
		return errBusy
	}
	if latest := time.Now().Add(waitTime); until.After(latest) {
		until = latest
	}
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	width := min(int64(hash.Lanes()), v.width)
	err := v.slots.Acquire(ctx, width)
	v.waiting.Add(-1)
	if err != nil {
		return errBusy
	}
	defer v.slots.Release(width)
	work()
	return nil
}
