package upstream

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A sharedDial is an HTTP/2 connection that is being made for some requests.
type sharedDial struct {
	endpoint *Endpoint
	use      use
	cancel   context.CancelFunc
	done     chan struct{}

	shared int // requests that wait for it; guarded by the endpoint's shared.mu
	conn   *sharedConn
	err    error // both valid once done is closed
}

// share begins to make a connection, or joins those who wait for one that has room
// for one more. unshare must be called then. nil without an error says that there
// is room by now.
func (e *Endpoint) share(ctx context.Context, u use) (*sharedDial, error) {
	s := &e.shared
	s.begin.Lock()
	defer s.begin.Unlock()
	if !u.fresh {
		if d := s.join(u.own); d != nil {
			return d, nil
		}
		if e.pick(u.own) != nil {
			return nil, nil
		}
	}
	if err := e.cluster.reserve(); err != nil {
		return nil, err
	}
	// It is not the first request's alone, so it does not end with its context.
	dialing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d := &sharedDial{endpoint: e, use: u, cancel: cancel, done: make(chan struct{}), shared: 1}
	s.mu.Lock()
	s.dials = append(s.dials, d)
	s.mu.Unlock()
	go d.run(dialing) // until it has connected, or unshare cancels it
	return d, nil
}

// join joins those who wait for a connection that may serve a client; nil: there is none
// with room.
func (s *shared) join(o *Own) *sharedDial {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.dials {
		if d.use == (use{own: o}) && d.shared > 0 && d.shared < s.usual {
			d.shared++
			return d
		}
	}
	return nil
}

// unshare takes one request off a dial. The last ends it, if nobody needs it.
func (e *Endpoint) unshare(d *sharedDial) {
	if d == nil {
		return
	}
	e.shared.mu.Lock()
	d.shared--
	last := d.shared == 0
	e.shared.mu.Unlock()
	if !last {
		return
	}
	select {
	case <-d.done:
		d.unneeded()
	default:
		d.cancel()
	}
}

// unneeded ends, with its last stream, a connection of an endpoint that is retired.
func (d *sharedDial) unneeded() {
	if d.conn != nil && d.endpoint.retired.Load() {
		d.conn.Retire()
	}
}

// run makes the connection.
func (d *sharedDial) run(ctx context.Context) {
	e := d.endpoint
	s := &e.shared
	c, err := e.connectShared(ctx)
	s.mu.Lock()
	if err == nil && c.left {
		err = e.unspoken(errEndedSoon, e.cluster.options.Load())
	}
	if d.err = err; err == nil {
		d.conn = c
		s.usual = c.Room()
		c.own.Store(d.use.own)
		s.put(append(slices.Clone(s.list()), c))
	}
	i := slices.Index(s.dials, d)
	s.dials = slices.Delete(s.dials, i, i+1)
	alone := d.shared == 0
	close(d.done)
	s.mu.Unlock()
	d.cancel()
	switch {
	case d.err != nil:
		e.cluster.freed()
	case d.use.own != nil && !d.use.own.join(e):
		c.Retire() // the client is gone
	case alone:
		d.unneeded()
	}
}

// connectShared makes an HTTP/2 connection, within the time for connecting.
func (e *Endpoint) connectShared(ctx context.Context) (*sharedConn, error) {
	o := e.cluster.options.Load()
	if o.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.ConnectTimeout)
		defer cancel()
	}
	c, err := e.connect(ctx, nil, time.Time{}, "h2")
	if err == nil {
		c.keepAlive()
	}
	if err == nil && !agreed(c.Sock) {
		_ = c.Sock.Close() // it is of no use
		err = &TLSError{Address: e.Shown, Err: errNoALPN, Unread: true}
	}
	if err != nil {
		e.note(err)
		e.cluster.open.Add(-1)
		return nil, err
	}
	s, err := e.start(ctx, c.Sock, o) // the connection counts for itself from now on
	e.note(err)
	return s, err
}

// wait waits until the connection is made. gone is asked now and then.
func (d *sharedDial) wait(ctx context.Context, gone func() bool) error {
	if d == nil {
		return nil
	}
	tick := time.NewTicker(LookAround)
	defer tick.Stop()
	for {
		select {
		case <-d.done:
			return d.err
		case <-ctx.Done():
			return fmt.Errorf("connecting to %s: %w", d.endpoint.Shown, context.Cause(ctx))
		case <-tick.C:
			if gone() {
				return ErrOverloaded
			}
		}
	}
}
