package upstream

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// ErrOverloaded says that a cluster has all the connections it may have, and
// none is idle.
var ErrOverloaded = errors.New("upstream: the cluster has as many connections as it may have")

// An Endpoint lends connections to one address. Its methods may be called from
// any goroutine.
type Endpoint struct {
	// Address is host:port, or unix:PATH. What a name points to is asked for again when a
	// connection is made, as often as the answers say.
	Address string
	// Shown is what logs, status and errors call it: the address, unless that is a secret.
	Shown string

	cluster *Cluster
	slots   []*Conn         // a slot's connection belongs to the goroutine that cleared its bit
	idle    []atomic.Uint64 // slots with a connection nobody uses
	free    []atomic.Uint64 // slots without a connection
	own     owned           // idle connections that serve one client each
	retired atomic.Bool
	failed  atomic.Pointer[failure] // of the last attempt to connect
	broke   atomic.Pointer[failure] // the last on a connection that had been made
	shared  shared
	metrics atomic.Pointer[metrics.Upstream] // nil: nobody counts
}

// Endpoint makes an endpoint of the cluster.
func (c *Cluster) Endpoint(address string) *Endpoint { return c.EndpointAs(address, address) }

// EndpointAs is Endpoint for one that is called something else than its address.
func (c *Cluster) EndpointAs(address, shown string) *Endpoint {
	words := c.words
	e := &Endpoint{
		Address: address, Shown: shown, cluster: c,
		slots: make([]*Conn, words*64),
		idle:  make([]atomic.Uint64, words),
		free:  make([]atomic.Uint64, words),
	}
	for i := range e.free {
		e.free[i].Store(^uint64(0))
	}
	e.shared.conns.Store(new([]*sharedConn))
	e.shared.usual = http2.DefaultMaxStreams
	c.join(e)
	return e
}

// Count has m count the connections that are made, and tells it how many there are.
func (e *Endpoint) Count(m *metrics.Upstream) {
	e.metrics.Store(m)
	m.SetConnections(func() (active, idle int) {
		idle = e.IdleConns()
		return max(e.Conns()-idle, 0), idle
	})
}

// take clears the lowest set bit of a bitmap and returns its number, or -1.
func take(bitmap []atomic.Uint64) int {
	for i := range bitmap {
		for {
			w := bitmap[i].Load()
			if w == 0 {
				break
			}
			if bitmap[i].CompareAndSwap(w, w&(w-1)) {
				return i*64 + bits.TrailingZeros64(w)
			}
		}
	}
	return -1
}

func put(bitmap []atomic.Uint64, n int) { bitmap[n/64].Or(1 << (n % 64)) }

// Borrow returns an idle connection that may serve anybody, or nil if there is none.
func (e *Endpoint) Borrow() *Conn {
	for {
		n := take(e.idle)
		if n < 0 {
			return nil
		}
		c := e.slots[n]
		if c.over() {
			c.Discard()
			continue
		}
		c.Reused = true
		return c
	}
}

// Dial opens a connection. When the cluster has as many as it may have, an idle
// one of another endpoint makes room. The error is ErrOverloaded, or says what
// the connecting failed at. The end of ctx ends it, the TLS handshake too.
func (e *Endpoint) Dial(ctx context.Context) (*Conn, error) { return e.DialWith(ctx, nil) }

// DialWith is Dial for a connection that begins with a header, which goes before TLS.
func (e *Endpoint) DialWith(ctx context.Context, header []byte) (*Conn, error) {
	c, err := e.DialBy(ctx, header, time.Time{})
	if err == nil {
		c.keepAlive()
	}
	return c, err
}

// DialBy is DialWith for a connection that is due at a time, if that is not zero.
// Keep-alives are the caller's to set, as a short session needs none.
func (e *Endpoint) DialBy(ctx context.Context, header []byte, until time.Time) (*Conn, error) {
	cl := e.cluster
	if err := cl.reserve(); err != nil {
		return nil, err
	}
	slot := take(e.free)
	if slot < 0 {
		// There is a free slot, but others took and freed slots on either side of
		// the one being looked at. That happens at the limit only.
		cl.open.Add(-1)
		return nil, ErrOverloaded
	}
	c, err := e.connect(ctx, header, until)
	if err != nil {
		put(e.free, slot)
		cl.open.Add(-1)
		cl.freed()
		return nil, err
	}
	c.slot = slot
	e.slots[slot] = c
	return c, nil
}

// connect makes a connection, and writes a header, which may be empty, before anything
// else. protocols, unless there are none, are what the endpoint is asked for by ALPN in
// place of what the cluster's TLS says.
func (e *Endpoint) connect(
	ctx context.Context, header []byte, until time.Time, protocols ...string,
) (*Conn, error) {
	c, err := e.connectOnce(ctx, header, until, protocols)
	m, insecure := e.metrics.Load(), (*TLSError)(nil)
	switch {
	case err == nil:
		m.Tried(metrics.Connected)
	case errors.As(err, &insecure):
		m.Tried(metrics.HandshakeFailed)
	default:
		m.Tried(metrics.ConnectFailed)
	}
	if err != nil || c.Secured() == nil {
		e.note(err)
	}
	return c, err
}

func (e *Endpoint) connectOnce(
	ctx context.Context, header []byte, until time.Time, protocols []string,
) (*Conn, error) {
	o := e.cluster.options.Load()
	start := time.Now()
	limit, key := o.ConnectTimeout, keyOfCluster
	if left := until.Sub(start); !until.IsZero() && (limit <= 0 || left < limit) {
		limit, key = max(left, 1), keyOfCaller
	}
	if limit > 0 {
		until = start.Add(limit)
	}
	conn, err := o.Resolver.Dial(ctx, e.Address, until)
	if err != nil {
		return nil, &ConnectError{
			Address: e.Shown, Err: o.Veil.Error(err), Limit: limit, Key: key,
			Doing: "connecting to",
		}
	}
	e.metrics.Load().Connected(time.Since(start))
	sock, err := netx.NewSock(conn, e.cluster.watch)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if len(header) > 0 {
		sock.WriteTimeout = limit
		if _, err := sock.Write(header); err != nil {
			_ = sock.Close() // it is of no use
			return nil, &ConnectError{
				Address: e.Shown, Err: o.Veil.Error(err), Limit: limit, Key: key,
				Doing: "introducing a client to",
			}
		}
	}
	if o.TLS != nil {
		config := o.TLS
		if len(protocols) > 0 {
			config = config.Clone()
			config.NextProtos = protocols
		}
		stop, began := context.AfterFunc(ctx, sock.Interrupt), time.Now()
		err := e.secure(sock, config, limit, start)
		if !stop() && err == nil {
			err = &TLSError{ // the interrupt may still be underway
				Address: e.Shown, Err: context.Cause(ctx), Unread: true,
			}
		}
		if err != nil {
			_ = sock.Close() // it is of no use
			if insecure, ok := err.(*TLSError); ok {
				insecure.Limit, insecure.Key = limit, key
			}
			return nil, err
		}
		e.metrics.Load().Secured(time.Since(began))
	}
	c := &Conn{Sock: sock, endpoint: e}
	c.life.begin(e.cluster.watch.Now())
	return c, nil
}

// Sweep closes the idle connections that have been so for longer than the limit or the
// peer allows, those that are old enough, and those that the peer has closed or talks on
// unasked.
func (e *Endpoint) Sweep() {
	o := e.cluster.options.Load()
	limit := o.IdleTimeout
	if limit <= 0 {
		limit = math.MaxInt64
	}
	e.closeIdle(limit)
	e.shared.sweep(limit, o.MaxAge)
}

// Retire closes the idle connections and every lent one when it is released, or when
// its last stream is.
func (e *Endpoint) Retire() {
	e.retired.Store(true)
	e.cluster.leave(e)
	e.closeIdle(0)
	e.shared.retire()
}

// closeIdle closes what has been idle for limit or longer. It borrows one
// connection at a time, so requests hardly ever find the pool short.
func (e *Endpoint) closeIdle(limit time.Duration) {
	for i := range e.idle {
		for left := e.idle[i].Load(); left != 0; left &= left - 1 {
			bit := left & -left
			if e.idle[i].And(^bit)&bit == 0 {
				continue // lent meanwhile
			}
			n := i*64 + bits.TrailingZeros64(bit)
			if c := e.slots[n]; c.idleFor() >= int64(limit) || c.over() || !c.Idle() {
				c.Discard()
			} else {
				put(e.idle, n)
			}
		}
	}
	for _, c := range e.own.takeIf(func(c *Conn) bool {
		return c.idleFor() >= int64(limit) || c.over() || !c.Idle()
	}) {
		c.Discard()
	}
}

// IdleConns is how many connections wait to be lent.
func (e *Endpoint) IdleConns() int {
	return count(e.idle) + e.own.count() + e.shared.idle()
}

// Conns is how many connections the endpoint has, lent and idle.
func (e *Endpoint) Conns() int {
	return len(e.slots) - count(e.free) + e.shared.counted() + int(e.shared.draining.Load())
}

func count(bitmap []atomic.Uint64) (n int) {
	for i := range bitmap {
		n += bits.OnesCount64(bitmap[i].Load())
	}
	return n
}
