package upstream

import (
	"math/rand/v2"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// Keep-alives of connections, as net.Dialer has them.
const (
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 9
)

// A Conn is a lent connection.
type Conn struct {
	*netx.Sock
	// Reused reports that the connection has carried a request before, so the
	// peer may have closed it at any moment since.
	Reused bool

	endpoint *Endpoint
	slot     int
	own      *Own // whose client's it is alone; nil: anybody's
	last     bool // it is lent for the last time
	works    bool // the endpoint has answered
	life     life
	served   int   // requests
	idleFrom int64 // time of the last Release, on the watch's clock
	until    int64 // when the peer will close it while it is idle; 0: it has not said
	keep     time.Duration
	kept     bool // keep is what the peer has said
}

// life is how long a connection has lived.
type life struct {
	born int64 // on the clock of its watch
	// early is by how many hundredths of the age it may reach the connection goes before
	// that. Connections that were made together must not all be made anew together.
	early int8
}

// maxEarly is how much earlier than its time a connection may be closed, in hundredths.
const maxEarly = 10

func (l *life) begin(now int64) { l.born, l.early = now, int8(rand.IntN(maxEarly)) }

// spent reports whether the connection is as old as it may get; 0: there is no such age.
func (l *life) spent(now int64, age time.Duration) bool {
	return age > 0 && now-l.born >= int64(age)-int64(age)/100*int64(l.early)
}

// keepAlive has the system look whether the endpoint is still there.
func (c *Conn) keepAlive() { c.KeepAlive(keepAliveIdle, keepAliveInterval, keepAliveCount) }

// KeepFor says how long the peer keeps the connection while it is idle, as the peer has
// told. It is not used any more some time before that, as the peer began to count earlier.
func (c *Conn) KeepFor(d time.Duration) { c.keep, c.kept = d-min(d/4, maxMargin), true }

// maxMargin is the most by which an idle connection is given up before its peer does.
const maxMargin = time.Second

// over reports whether an idle connection must not be used any more.
func (c *Conn) over() bool {
	now := c.endpoint.cluster.watch.Now()
	return c.until != 0 && now >= c.until ||
		c.life.spent(now, c.endpoint.cluster.options.Load().MaxAge)
}

// idleFor is for how long an idle connection has been that, in nanoseconds.
func (c *Conn) idleFor() int64 { return c.endpoint.cluster.watch.Now() - c.idleFrom }

// Release gives a connection back whose last exchange is complete on both
// sides, with nothing left unread.
func (c *Conn) Release() {
	e := c.endpoint
	now, most := e.cluster.watch.Now(), e.cluster.options.Load().MaxRequests
	c.served++
	c.idleFrom, c.until = now, 0
	if c.kept {
		c.until = now + int64(c.keep)
	}
	if c.last || most > 0 && c.served >= most || c.over() {
		c.Discard()
		return
	}
	if o := c.own; o != nil {
		e.own.put(c)
		if o.over() { // End may have looked before
			for _, c := range e.own.takeAll(o) {
				c.Discard()
			}
		}
	} else {
		put(e.idle, c.slot)
	}
	if e.retired.Load() {
		e.closeIdle(0) // Retire may have looked before
	}
	e.cluster.freed()
}

// Discard closes a connection.
func (c *Conn) Discard() {
	_ = c.Sock.Close() // no request uses it any more
	c.leave()
}

// Abort closes a connection with a reset, so that the endpoint cannot take what it
// got for the whole.
func (c *Conn) Abort() {
	_ = c.Sock.Reset() // no request uses it any more
	c.leave()
}

// leave gives back the slot of a connection that is closed.
func (c *Conn) leave() {
	e := c.endpoint
	e.slots[c.slot] = nil
	put(e.free, c.slot)
	e.cluster.open.Add(-1)
	e.cluster.freed()
}
