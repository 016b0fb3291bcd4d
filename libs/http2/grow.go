package http2

// growPing is the PING that measures how much a peer sends in a round trip.
var growPing = [8]byte{'g', 'r', 'o', 'w'}

// growth lets windows grow to what fits between two ends that are far apart: if
// a peer fills most of a window in one round trip it could have sent more.
// A side that reads slowly keeps its peer slow, so its window stays. growth is guarded by the
// connection's mu.
type growth struct {
	stream, conn int  // what windows grow to when the client is next given credit
	asked        bool // a growPing is underway
	window       int  // what the stream had when it was sent
	got          int  // bytes of DATA since
	pause        int  // bytes of DATA that may come before the next one
}

// growPause is how many windows pass without a measurement after one by which
// nothing grew: so peers that are near get few PINGs.
const growPause = 16

// measure counts n bytes of a body that has come so far, and begins a measurement
// if that body is large. It must begin when bytes arrive, not when their credit
// is given: a peer whose window was used up has nothing underway then. mu is held.
func (c *link) measure(s *flow, n int) {
	g := &c.grow
	if g.asked {
		g.got += n
		return
	}
	if g.pause = max(g.pause-n, 0); g.pause > 0 || s.got < int64(s.window/2) {
		return
	}
	if g.stream >= c.opts.MaxStreamWindow && g.conn >= c.opts.MaxConnWindow {
		return
	}
	g.asked, g.window, g.got = true, s.window, n
	c.ping(growPing)
}

// answered ends the measurement. mu is held.
func (c *link) answered() {
	g := &c.grow
	if !g.asked {
		return
	}
	g.asked = false
	if 2*g.got <= g.window {
		g.pause = growPause * g.window
		return
	}
	g.stream = min(max(2*g.got, g.stream), c.opts.MaxStreamWindow)
	if 2*g.got > g.conn {
		g.conn = min(2*g.got, c.opts.MaxConnWindow)
	}
}

// credit lets the peer send as many bytes again as have been consumed, once
// they are worth a frame. s is nil if its own window is of no interest. mu is held.
func (c *link) credit(s *flow, n int) {
	if n == 0 || c.ending {
		return
	}
	if s != nil && !s.remoteEnd && s.cause == nil {
		if s.inCredit += n; s.inCredit >= s.window/2 {
			more := c.side.widen(c.grow.stream - s.window)
			s.inCredit += more
			s.window += more
			c.writeErr(c.framer.WriteWindowUpdate(s.id, uint32(s.inCredit)))
			s.inWindow += s.inCredit
			s.inCredit = 0
			c.wakeWriter()
		}
	}
	if c.inCredit += n; c.inCredit >= c.window/4 {
		c.inCredit += c.grow.conn - c.window
		c.window = c.grow.conn
		c.writeErr(c.framer.WriteWindowUpdate(0, uint32(c.inCredit)))
		c.inWindow += c.inCredit
		c.inCredit = 0
		c.wakeWriter()
	}
}
