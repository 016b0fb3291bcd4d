package l4

import (
	"errors"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// Which endpoint a session gets, and what sessions tell of endpoints, is here.

// pick chooses the endpoint for a session; nil if none may get any.
func (c *cluster) pick() *endpoint {
	i := c.schedule.Load().Pick(&c.state.cursor.Uint64)
	if i < 0 {
		return nil
	}
	return &c.endpoints[i]
}

// pickOther chooses one that was not tried yet; nil if there is none. It takes
// nobody's turn: if it did, of two endpoints the broken one would be first for every
// session.
func (c *cluster) pickOther(tried map[*endpoint]bool) *endpoint {
	schedule, now := c.schedule.Load(), c.state.cursor.Load()
	for k := range uint64(schedule.Len()) {
		if e := &c.endpoints[schedule.At(now+k)]; !tried[e] {
			return e
		}
	}
	return nil
}

// refused takes down a connection that could not be made. Limits of our own are not
// the endpoint's doing.
func (e *endpoint) refused(err error) {
	if insecure := (*upstream.TLSError)(nil); errors.As(err, &insecure) {
		e.health.Record(health.TLSFailure)
		return
	}
	e.health.Record(health.ConnectFailure)
}

// broke takes down a connection that ended before its time.
func (e *endpoint) broke(why Reason) {
	if why == UpstreamTLS {
		e.health.Record(health.TLSFailure)
		return
	}
	e.health.Record(health.Reset)
}

// worked takes down a connection that brought something, or came to its end.
func (e *endpoint) worked() { e.health.Record(health.Success) }

// exhausted reports an error that says that this process, or this machine, has no more
// of something.
func exhausted(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, upstream.ErrOverloaded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
