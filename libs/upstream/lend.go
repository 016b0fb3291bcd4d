package upstream

import (
	"context"
	"time"
)

// Values of Options.Reuse: who may be lent a connection that another client's request has
// used. HAProxy's http-reuse has the same words.
const (
	// ReuseAlways lets every request have any connection that is idle.
	ReuseAlways = "always"
	// ReuseSafe lets the first request of a client's connection have a new one only. The
	// later ones may have any.
	ReuseSafe = "safe"
	// ReuseNever lets a connection serve one client's connection only.
	ReuseNever = "never"
)

// A Want says what a connection is for. The zero value is for anybody.
type Want struct {
	// Own has the connections of the client's connection; nil: there is no such thing, and
	// a connection that must serve one client alone serves one request.
	Own *Own
	// Alone says that the request has credentials by which the endpoint will know the
	// connection. It matters over HTTP/2, where others could use it at the same time. Over
	// HTTP/1.1 it is enough to Bind it before it is released.
	Alone bool
	// Fresh says that an HTTP/1.1 connection must not have been used before.
	Fresh bool
	// Header is what an HTTP/1.1 connection begins with, before TLS. It is new then.
	Header []byte
	// Wait is how long it may take until another request has done with a connection, where
	// there are as many as there may be; 0 is for ever, and NoWait not at all.
	Wait time.Duration
	// Gone is asked now and then, in a wait, whether nobody needs the connection any more.
	Gone func() bool
}

// NoWait is the time of a Want that stands in no line.
const NoWait = time.Duration(-1)

// Lend lends an HTTP/1.1 connection: an idle one that may serve the client, a new one, or
// the first that becomes free. The error is ErrOverloaded, or says what the connecting
// failed at.
func (e *Endpoint) Lend(w *Want) (*Conn, error) {
	reuse := e.cluster.options.Load().Reuse
	first := reuse == ReuseSafe && w.Own.first()
	used := !w.Fresh && len(w.Header) == 0
	if used {
		if c := e.idleFor(w.Own, reuse, first); c != nil {
			return c, nil
		}
	}
	c, err := e.DialWith(context.Background(), w.Header)
	if err == ErrOverloaded && w.Wait != NoWait {
		c, err = e.lendLater(w, reuse, used)
	}
	if err == nil && reuse == ReuseNever && c.own == nil {
		c.own, c.last = w.Own, w.Own == nil
		if w.Own != nil {
			w.Own.join(e)
		}
	}
	return c, err
}

// lendLater lends the first connection that becomes free, an idle one only if it may be used. It
// is apart so that those that need not wait have no use for the stack that it takes.
func (e *Endpoint) lendLater(w *Want, reuse string, used bool) (c *Conn, err error) {
	err = e.cluster.stand(w.Wait, w.Gone, func() (err error) {
		if used {
			if c = e.idleFor(w.Own, reuse, false); c != nil {
				return nil
			}
		}
		c, err = e.DialWith(context.Background(), w.Header)
		return err
	})
	return c, err
}

// idleFor returns an idle connection that may serve a client; nil: there is none.
func (e *Endpoint) idleFor(o *Own, reuse string, first bool) *Conn {
	if o != nil && (reuse == ReuseNever || o.Bound()) {
		for c := e.own.take(o); c != nil; c = e.own.take(o) {
			if !c.over() {
				c.Reused = true
				return c
			}
			c.Discard()
		}
	}
	if first || reuse == ReuseNever {
		return nil
	}
	return e.Borrow()
}

// LendStream lends a stream of an HTTP/2 connection that may serve the client, as Open
// does.
func (e *Endpoint) LendStream(ctx context.Context, w *Want) (*Stream, error) {
	reuse := e.cluster.options.Load().Reuse
	use := use{}
	switch {
	case reuse == ReuseNever, w.Alone, w.Own.Bound() && w.Own.Has(e):
		use.own, use.fresh = w.Own, w.Own == nil
	case reuse == ReuseSafe:
		use.fresh = w.Own.first()
	}
	s, err := e.openFor(ctx, use, w.Wait, w.Gone)
	if err == nil && w.Alone {
		s.Bind(w.Own)
	} else if err == nil && reuse == ReuseNever && w.Own == nil {
		s.conn.Retire()
	}
	return s, err
}
