package upstream

import (
	"slices"
	"sync"
	"sync/atomic"
)

// An Own has the connections to endpoints that serve one client's connection and no other:
// those that the client has authenticated (NTLM, Negotiate), and those of clusters that
// share none. End closes them. The zero value is ready, and nil has none. Its methods may
// be called from any goroutine, since a client with HTTP/2 has several requests at a time.
type Own struct {
	served atomic.Bool // a request was served: see ReuseSafe
	bound  atomic.Bool // there is, or was, a connection that the client has authenticated

	mu        sync.Mutex
	endpoints []*Endpoint // that have, or had, connections of it; guarded by mu
	ended     bool        // guarded by mu
}

// Bound reports whether the client has authenticated a connection.
func (o *Own) Bound() bool { return o != nil && o.bound.Load() }

// Has reports whether an endpoint has a connection that serves this client alone, and that
// could take a request now.
func (o *Own) Has(e *Endpoint) bool {
	if o == nil {
		return false
	}
	o.mu.Lock()
	known := slices.Contains(o.endpoints, e)
	o.mu.Unlock()
	return known && (e.own.has(o) || e.pick(o) != nil)
}

// first reports whether this is the first request of the client that asks.
func (o *Own) first() bool { return o != nil && !o.served.Load() && !o.served.Swap(true) }

// join remembers that an endpoint has a connection of this client; false: it has ended.
func (o *Own) join(e *Endpoint) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !slices.Contains(o.endpoints, e) {
		o.endpoints = append(o.endpoints, e)
	}
	return !o.ended
}

// over reports whether the client's connection has ended.
func (o *Own) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ended
}

// End closes the connections, those with a request when that has ended.
func (o *Own) End() {
	o.mu.Lock()
	o.ended = true
	endpoints := o.endpoints
	o.endpoints = nil
	o.mu.Unlock()
	for _, e := range endpoints {
		for _, c := range e.own.takeAll(o) {
			c.Discard()
		}
		for _, c := range e.shared.list() {
			if c.own.Load() == o {
				c.Retire()
			}
		}
	}
}

// owned are an endpoint's idle HTTP/1.1 connections that serve one client each. They are
// few, so they have a lock.
type owned struct {
	mu   sync.Mutex
	idle []*Conn // guarded by mu; in the order in which they became idle
}

func (w *owned) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.idle)
}

func (w *owned) has(o *Own) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.idle, func(c *Conn) bool { return c.own == o })
}

// put adds a connection that has become idle.
func (w *owned) put(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = append(w.idle, c)
}

// take takes the connection of a client that was idle for the shortest time; nil: it has
// none.
func (w *owned) take(o *Own) *Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.idle) - 1; i >= 0; i-- {
		if c := w.idle[i]; c.own == o {
			w.idle = slices.Delete(w.idle, i, i+1)
			return c
		}
	}
	return nil
}

// takeAll takes all connections of a client.
func (w *owned) takeAll(o *Own) []*Conn {
	return w.takeIf(func(c *Conn) bool { return c.own == o })
}

// takeIf takes the connections that fit.
func (w *owned) takeIf(fits func(*Conn) bool) (taken []*Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = slices.DeleteFunc(w.idle, func(c *Conn) bool {
		if !fits(c) {
			return false
		}
		taken = append(taken, c)
		return true
	})
	return taken
}

// evict takes the connection that was idle for longest; nil: there is none.
func (w *owned) evict() *Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.idle) == 0 {
		return nil
	}
	c := w.idle[0]
	w.idle = slices.Delete(w.idle, 0, 1)
	return c
}

// Bind lets a connection serve one client alone from now on: its holder has seen that the
// endpoint knows the connection by that client's credentials. nil binds to nobody.
func (c *Conn) Bind(o *Own) {
	if o == nil {
		c.last = true
		return
	}
	o.bound.Store(true)
	c.own = o
	o.join(c.endpoint)
}

// Bind is Conn.Bind for the connection of a stream. Streams that others have on it come to
// their end there.
func (s *Stream) Bind(o *Own) {
	if o == nil {
		s.conn.Retire()
		return
	}
	o.bound.Store(true)
	s.conn.own.CompareAndSwap(nil, o)
	if !o.join(s.conn.endpoint) {
		s.conn.Retire()
	}
}
