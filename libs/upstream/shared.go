package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// shared are an endpoint's HTTP/2 connections, which requests use together.
type shared struct {
	// conns are those that may get streams, in the order of their making. It is
	// replaced, never changed.
	conns    atomic.Pointer[[]*sharedConn]
	draining atomic.Int64 // connections that get no more, and are not closed yet

	// begin is held while a connection begins to be made, so that all who need one
	// find it.
	begin sync.Mutex
	// mu is held for moments, and no lock is taken under it.
	mu    sync.Mutex
	dials []*sharedDial // underway; guarded by mu
	// usual is how many streams the last connection had room for, so that no more
	// requests wait for the next one; guarded by mu.
	usual int
}

// A sharedConn is an HTTP/2 connection.
type sharedConn struct {
	*http2.Client
	endpoint *Endpoint
	watch    *http2.Watch
	own      atomic.Pointer[Own] // whose client's it is alone; nil: anybody's
	life     life
	lent     atomic.Int64 // streams, since it was made; more than the last are not used
	idleFrom atomic.Int64 // when a stream was released last, on the watch's clock
	left     bool         // it gets no more streams; guarded by shared.mu
}

// A Stream is a lent stream of an HTTP/2 connection. Its holder calls Release, or
// Abandon, once.
type Stream struct {
	*http2.ClientStream
	// Reused reports that the connection was not made for this request alone: others
	// were opened on it before.
	Reused bool

	conn *sharedConn
	hook netx.Hook
}

// Hook is what interrupts the stream. A holder that cannot tell whether that is still
// going to happen calls Abandon.
func (s *Stream) Hook() *netx.Hook { return &s.hook }

var streamPool = sync.Pool{New: func() any { return new(Stream) }}

// ExtendedConnect reports whether the endpoint takes CONNECT with a protocol
// (RFC 8441), as WebSocket over HTTP/2 needs.
func (s *Stream) ExtendedConnect() bool { return s.conn.ExtendedConnect() }

// Release ends the stream, which resets it if it is not complete, and makes room
// for another.
func (s *Stream) Release() {
	s.conn.idleFrom.Store(s.conn.watch.Now())
	s.ClientStream.Close()
	*s = Stream{}
	streamPool.Put(s)
}

// Abandon is Release for a stream on which another goroutine may still call Interrupt.
func (s *Stream) Abandon() {
	s.conn.idleFrom.Store(s.conn.watch.Now())
	s.ClientStream.Abandon()
}

// A use says which connections a stream may be of.
type use struct {
	own   *Own // those that serve this client alone; nil: those that serve anybody
	fresh bool // a new one only
}

// pick chooses a connection that has room and may serve a client; nil: none has. The
// first that is less than half full is taken, so that a few connections stay busy, evenly,
// and the others reach their idle limit.
func (e *Endpoint) pick(o *Own) (best *sharedConn) {
	most := 0
	age := e.cluster.options.Load().MaxAge
	for _, c := range e.shared.list() {
		if c.own.Load() != o {
			continue
		}
		if age > 0 && c.life.spent(c.watch.Now(), age) {
			c.Retire()
			continue
		}
		room := c.Room()
		if room > c.Streams() {
			return c
		}
		if room > most {
			best, most = c, room
		}
	}
	return best
}

// open lends a stream of a connection that has room; nil: none has.
func (e *Endpoint) open(o *Own) *Stream {
	for {
		best := e.pick(o)
		if best == nil {
			return nil
		}
		if s := best.open(); s != nil {
			return s
		}
	}
}

// open lends a stream of the connection; nil: it has no room.
func (c *sharedConn) open() *Stream {
	cs := c.Client.Open()
	if cs == nil {
		return nil
	}
	n, most := c.lent.Add(1), int64(c.endpoint.cluster.options.Load().MaxRequests)
	if most > 0 && n >= most {
		c.Retire() // with its last stream, which this one may be
		if n > most {
			cs.Close()
			return nil
		}
	}
	s := streamPool.Get().(*Stream)
	*s = Stream{ClientStream: cs, Reused: n > 1, conn: c, hook: netx.Hook{Target: cs}}
	return s
}

// Open lends a stream of an HTTP/2 connection to the endpoint that serves anybody. When
// none has room it opens another, which those who need one at the same time share; or waits
// in line, as Wait does and with the same arguments, while there are as many as there
// may be. The end of ctx ends the wait for a connection.
func (e *Endpoint) Open(
	ctx context.Context, limit time.Duration, gone func() bool,
) (*Stream, error) {
	return e.openFor(ctx, use{}, limit, gone)
}

// openFor is Open for a use.
func (e *Endpoint) openFor(
	ctx context.Context, u use, limit time.Duration, gone func() bool,
) (*Stream, error) {
	if !u.fresh {
		if s := e.open(u.own); s != nil {
			return s, nil
		}
	}
	s, err := e.openNew(ctx, u, gone)
	if err != ErrOverloaded || limit == NoWait {
		return s, err
	}
	err = e.cluster.stand(limit, gone, func() error {
		if !u.fresh {
			if s = e.open(u.own); s != nil {
				return nil
			}
		}
		s, err = e.openNew(ctx, u, gone)
		return err
	})
	return s, err
}

// openNew is open, with connections made until one has room.
func (e *Endpoint) openNew(ctx context.Context, u use, gone func() bool) (*Stream, error) {
	err := ErrOverloaded
	// A connection may be full, or end, before all who waited for it had a turn.
	for range newTries {
		d, e1 := e.share(ctx, u)
		if e1 != nil {
			return nil, e1
		}
		err = d.wait(ctx, gone)
		if err == nil {
			if s := e.openOn(d, u); s != nil {
				e.unshare(d)
				return s, nil
			}
			err = ErrOverloaded
		}
		e.unshare(d)
		if err != ErrOverloaded && !errors.Is(err, errEndedSoon) || gone() {
			return nil, err
		}
	}
	return nil, err
}

// openOn is open after a connection was made: on that one, if none but a new one will do.
func (e *Endpoint) openOn(d *sharedDial, u use) *Stream {
	if u.fresh {
		return d.conn.open()
	}
	return e.open(u.own)
}

// newTries is how many connections a request waits for before it stands in line.
const newTries = 3

func (s *shared) list() []*sharedConn { return *s.conns.Load() }

// put replaces the list. mu is held.
func (s *shared) put(list []*sharedConn) { s.conns.Store(&list) }

// leave takes a connection out of those that get streams, and of those that count
// against the cluster's limit: what is under way on it may take long.
func (c *sharedConn) leave() {
	e := c.endpoint
	s := &e.shared
	s.mu.Lock()
	if c.left {
		s.mu.Unlock()
		return
	}
	c.left = true
	var rest []*sharedConn
	for _, other := range s.list() {
		if other != c {
			rest = append(rest, other)
		}
	}
	s.put(rest)
	s.draining.Add(1)
	s.mu.Unlock()
	e.cluster.draining.Add(1)
	e.cluster.open.Add(-1)
	e.cluster.freed()
}

// serve speaks HTTP/2 until the connection ends, and closes it.
func (c *sharedConn) serve(sock *netx.Sock) {
	_ = c.Serve() // its streams have learned of it
	c.leave()
	_ = sock.Close() // no request uses it any more
	c.endpoint.shared.draining.Add(-1)
	c.endpoint.cluster.draining.Add(-1)
}

// agreed reports whether the endpoint has agreed to speak HTTP/2, if it was asked.
func agreed(sock *netx.Sock) bool {
	if sock.Secured() == nil {
		return true
	}
	conn, ok := sock.Secured().(*tls.Conn)
	return ok && conn.ConnectionState().NegotiatedProtocol == "h2"
}

// start makes a connection over a socket, and waits until the endpoint has shown
// that it speaks HTTP/2.
func (e *Endpoint) start(ctx context.Context, sock *netx.Sock, o *Options) (*sharedConn, error) {
	sock.WriteTimeout = o.WriteTimeout
	c := &sharedConn{endpoint: e, watch: o.Streams}
	c.idleFrom.Store(c.watch.Now())
	c.life.begin(c.watch.Now())
	settings := o.HTTP2
	settings.OnRoom, settings.OnLeave = e.cluster.freed, c.leave
	c.Client = http2.NewClient(sock, o.Streams, settings)
	go c.serve(sock) // until the endpoint, or Retire, ends it
	var err error
	select {
	case <-c.Ready():
		if c.Room() > 0 {
			return c, nil
		}
		if err = c.Err(); err == nil && c.GoingAway() {
			err = errEndedSoon
		} else if err == nil {
			err = errNoStreams
		}
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	c.Client.Close()
	if _, refused := tlsconf.AlertIn(err); refused {
		// with TLS 1.3 a client learns late that it is not trusted; no request was sent
		return nil, &TLSError{
			Address: e.Shown, Err: err, Offered: e.offered("h2"), Late: true, Unread: true,
		}
	}
	return nil, e.unspoken(err, o)
}

// unspoken is the error of a connection on which HTTP/2 was not spoken.
func (e *Endpoint) unspoken(err error, o *Options) error {
	return &ConnectError{
		Address: e.Shown, Err: err, Limit: o.ConnectTimeout, Key: keyOfCluster,
		Doing: "speaking HTTP/2 with", Speaking: o.Protocol,
	}
}

var (
	errNoALPN    = errors.New("the endpoint does not speak HTTP/2: it did not agree to h2 by ALPN")
	errNoStreams = errors.New("the endpoint allows no streams")
	errEndedSoon = errors.New("the endpoint ended the connection at once")
)

// streams is how many streams are lent, and how many requests wait for a connection
// that is being made.
func (s *shared) streams() (n int) {
	for _, c := range s.list() {
		n += c.Streams()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.dials {
		n += d.shared
	}
	return n
}

// counted is how many connections count against the cluster's limit.
func (s *shared) counted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.list()) + len(s.dials)
}

// idle is how many connections have no streams.
func (s *shared) idle() (n int) {
	for _, c := range s.list() {
		if c.Streams() == 0 {
			n++
		}
	}
	return n
}

// evict closes a connection without streams; false: there is none.
func (s *shared) evict() bool {
	for _, c := range s.list() {
		if c.Streams() == 0 && c.RetireIdle() {
			return true
		}
	}
	return false
}

// sweep closes connections that have had no streams for limit or longer. Those that are
// as old as they may get end with the streams they have.
func (s *shared) sweep(limit, age time.Duration) {
	for _, c := range s.list() {
		if c.life.spent(c.watch.Now(), age) {
			c.Retire()
		}
		if c.Streams() == 0 && c.watch.Now()-c.idleFrom.Load() >= int64(limit) {
			c.RetireIdle()
		}
	}
}

// retire ends all connections with their last streams.
func (s *shared) retire() {
	for _, c := range s.list() {
		c.Retire()
	}
}
