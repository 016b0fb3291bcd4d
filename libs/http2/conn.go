package http2

import (
	"context"

	"golang.org/x/net/http2"
)

// A Handler serves one stream, in a goroutine of the connection's. When it
// returns, what is missing of the response is made up for with a reset.
type Handler func(*Stream)

// A Conn is a connection to a client. Make one with NewConn, serve it once.
type Conn struct {
	link
	handler Handler
	preface []byte // what of the client preface has not come yet; the reading goroutine's own

	// All below is guarded by mu.
	idle         int64 // since when there is no stream
	workers      pool
	fresh        []*Stream // opened, and not given to a handler yet
	drain        drainState
	drainFrom    int64  // when the drain was announced
	lastAccepted uint32 // streams above it are ignored once drained
	leaving      bool   // handlers are to say their last word
	leftAt       int64  // since when
}

// NewConn makes a connection of a client that is going to speak HTTP/2, whether
// ALPN said so or its preface will. The watch enforces its deadlines.
func NewConn(wire Wire, w *Watch, o Options, h Handler) *Conn {
	c := &Conn{handler: h, idle: w.Now()}
	c.init(c, wire, w, o.withDefaults())
	return c
}

// Serve speaks with the client until the connection ends, and every handler has
// returned. initial is what was read from the wire before. The result is nil if
// the connection came to an orderly end, a *ConnError if the client broke the
// rules, or what the wire failed with.
//
// The wire is left open for the caller to close, who should let the client read
// what was sent before that. It may have been interrupted.
func (c *Conn) Serve(ctx context.Context, initial []byte) error {
	c.in, c.preface = newBuffer(initial), clientPreface
	c.watch.add(&c.link)
	defer c.watch.remove(&c.link)
	stop := context.AfterFunc(ctx, c.Close)
	defer stop()

	c.mu.Lock()
	c.reading = true
	c.greet()
	c.mu.Unlock()
	err := c.run(c.read)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers.dismiss()
	for c.running > 0 || c.workers.alive > 0 {
		c.quiet.Wait()
	}
	c.writer.release()
	return err
}

// Silent reports whether nothing at all has come of the client. It may be asked once Serve has
// returned.
func (c *Conn) Silent() bool { return len(c.preface) == len(clientPreface) }

// Active is how many requests are being served.
func (c *Conn) Active() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running
}

// read does what all frames say that have come. The client's preface is before them.
func (c *Conn) read() (need int, err error) {
	if len(c.preface) > 0 {
		if err := c.readPreface(); err != nil || len(c.preface) > 0 {
			return frameHeader, err
		}
	}
	need, err = c.frames()
	c.launch()
	return need, err
}

// launch gives the streams to handlers that what was read last has opened. Not before
// all of that is dealt with: the DATA of a request mostly comes together with its head,
// and a handler that finds the whole body there has nothing to wait for.
func (c *Conn) launch() {
	if len(c.fresh) == 0 {
		return // nobody else puts streams in
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range c.fresh {
		c.workers.serve(c, s)
		c.fresh[i] = nil
	}
	c.fresh = c.fresh[:0]
}

// vacant ends a connection that may get no more streams when it has none. mu
// is held.
func (c *Conn) vacant() {
	if len(c.streams) > 0 || c.running > 0 {
		return
	}
	c.idle = c.watch.Now()
	c.dueWithin(c.opts.KeepAlive)
	if c.drain == drained || c.peerLeaves {
		c.end(errOrderly)
	}
}

// The rest of side.

func (c *Conn) lastID() uint32 { return c.maxID }

func (c *Conn) ended() {}

func (c *Conn) adopted() {}

func (c *Conn) resets(*flow) {}

func (c *Conn) unwritten(err error) {
	c.broken = true
	c.end(err)
}

func (c *Conn) widen(n int) int { return n }

func (c *Conn) setting(http2.Setting) error { return nil }

func (c *Conn) pong(data [8]byte) {
	if data == drainPing {
		c.drainLast()
	}
}

func (c *Conn) leaves(*http2.GoAwayFrame) error {
	c.peerLeaves = true
	c.vacant()
	return c.calm.spend(c.watch.Now(), costFrame, "GOAWAY frames")
}

func (c *Conn) faulted() error {
	if !c.calm.reset() {
		return errResets
	}
	return nil
}

func (c *Conn) stray(id uint32, n int) error {
	if c.dropped.has(id) {
		// Sent before our reset arrived, which can be a window's worth of frames.
		return c.calm.spend(c.watch.Now(), costIgnored(n),
			"DATA frames for streams that were reset")
	}
	return c.fault(nil, id, errClosedStream)
}

func (c *Conn) aborted(s *flow, id uint32, _ Code) error {
	now := c.watch.Now()
	if s == nil {
		// The response of a trivial request may win the race with its reset.
		if c.closed.has(id) && !c.calm.reset() {
			return errResets
		}
		if c.dropped.remove(id) {
			// What comes behind the client's reset cannot be excused by ours.
			c.closed.add(id)
		}
		return c.calm.spend(now, costFrame, "RST_STREAM frames")
	}
	soon := now-s.opened < soonReset && !s.localEnd
	c.cancel(s, ErrReset)
	c.forget(s)
	if soon && !c.calm.reset() {
		return errResets
	}
	return nil
}
