package http2

import (
	"sync/atomic"
	"time"
)

// livePing is the PING that asks a silent server whether it is there.
var livePing = [8]byte{'l', 'i', 'v', 'e'}

const (
	// lastWords is how long is read on after a write has failed, and how long handlers have that
	// are told to leave.
	lastWords = time.Second
	// politeAsks is how many PINGs may follow each other while neither HEADERS nor
	// DATA come, and politePause is the time between more of them. gRPC servers cut
	// a connection at the fourth within less than five minutes of each other.
	politeAsks  = 2
	politePause = 5*time.Minute + 10*time.Second
)

// pulse tells a server that is silent from one that is gone.
type pulse struct {
	after, time time.Duration
	heard       atomic.Int64 // when something last came
	// when the livePing left that has no answer; 0: none has. Guarded by mu
	asked int64
}

// beat is called when a request is sent: a server that was silent for long before
// that, without anybody who waited for it, is asked soon. mu is held.
func (c *Client) beat() {
	d := c.pings.after
	if c.asks < politeAsks && c.watch.Now()-c.pings.heard.Load() >= int64(d) {
		d = 1
	}
	c.dueWithin(d)
}

// listen asks a server that is silent while streams are open, and ends the
// connection if it does not answer. mu is held.
func (c *Client) listen(l *deadlines) {
	p := &c.pings
	heard := p.heard.Load()
	if heard > p.asked {
		p.asked = 0
	}
	pause := p.after
	if c.asks >= politeAsks {
		pause = max(pause, politePause)
	}
	switch {
	case p.asked != 0:
		if l.over(p.asked, p.time) {
			c.cut(errSilent)
		}
	case len(c.streams) > 0 && l.over(heard, pause):
		p.asked = l.now
		c.ping(livePing)
		l.next = min(l.next, l.now+int64(p.time))
	}
}

// overdue ends what a client waits for. mu is held.
func (c *Client) overdue(l *deadlines) {
	if l.over(c.failed, lastWords) {
		c.end(c.failure)
		return
	}
	for _, s := range c.entering {
		if l.over(s.writeFrom, s.writeIdle) {
			s.cause = ErrStalled
			c.writer.room.Broadcast()
		}
	}
	if s := c.writer.inline; s != nil {
		// A write can be ended only together with the wire. A stream that is alone on the wire may
		// do that.
		limit := s.writeIdle
		if s.interrupted && c.running <= 1 {
			limit = Interval
		}
		if l.over(c.writer.inlineFrom, limit) {
			c.cut(ErrStalled)
			return
		}
	}
	if l.over(c.holds.since, holdTime) {
		c.holds.release()
		c.vacant()
	}
	c.listen(l)
	if c.restWriter(); c.running > 0 {
		l.next = min(l.next, l.now+int64(trimAfter))
	}
}

// pong takes the answer to a PING. mu is held.
func (c *Client) pong(data [8]byte) {
	switch data {
	case livePing:
		c.pings.asked = 0
		c.dueWithin(c.pings.after)
	case holdPing:
		c.holds.confirmed(c.watch.Now())
		c.confirm()
		c.vacant()
	}
}
