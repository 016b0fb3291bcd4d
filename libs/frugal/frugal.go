// Package frugal bounds the processor time that is spent on explanations. Strangers decide how
// often requests fail; to say more of a failure than what is at hand may take as long as there are
// routes or endpoints.
package frugal

import (
	"sync/atomic"
	"time"
)

// share is the part of one processor that is spent on it: a hundredth.
const share = 100

// A Turn lets one at a time do something, and then nobody for a hundred times as long as that
// took. The zero value is ready. Any goroutine may use it.
type Turn struct{ next atomic.Int64 }

// Begin reports whether it may be done now, and takes the turn. One that never calls End gives it
// up after a second.
func (t *Turn) Begin(now time.Time) bool {
	next := t.next.Load()
	return now.UnixNano() >= next && t.next.CompareAndSwap(next, now.UnixNano()+int64(time.Second))
}

// End gives the turn back. began is what Begin was told.
func (t *Turn) End(began time.Time) {
	now := time.Now()
	t.next.Store(now.UnixNano() + share*int64(now.Sub(began)))
}

// Rest lets nobody have the turn until then.
func (t *Turn) Rest(until time.Time) { t.next.Store(until.UnixNano()) }
