package http2

import "time"

const (
	// trimAfter is how often idle goroutines of a connection are sent away.
	trimAfter = 5 * time.Second
	// drainWait is how long a drain waits for the answer that says that the
	// client knows of it.
	drainWait = time.Second
)

const maxTime int64 = 1<<63 - 1

// dueWithin has the watch look at the connection when d has passed. mu is held.
func (c *link) dueWithin(d time.Duration) {
	if d <= 0 {
		return
	}
	if at := c.watch.Now() + int64(d); at < c.due.Load() {
		c.due.Store(at)
	}
}

// deadlines is one look at what a connection waits for.
type deadlines struct {
	now, next int64
}

// over reports whether something that began to wait then has waited for d.
func (l *deadlines) over(since int64, d time.Duration) bool {
	if since == 0 || d <= 0 {
		return false
	}
	at := since + int64(d)
	if at > l.now {
		l.next = min(l.next, at)
	}
	return at <= l.now
}

// look ends what has waited for too long, and tells the watch when to come again.
func (c *link) look(now int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		c.due.Store(maxTime)
		return
	}
	l := deadlines{now, maxTime}
	for _, s := range c.streams {
		c.lookAt(s, &l)
	}
	if l.over(c.blocked, c.opts.HeaderTime) {
		c.end(errHeaderTime)
	} else {
		c.side.overdue(&l)
	}
	c.due.Store(l.next)
}

// lookAt ends what a stream has waited for too long. mu is held.
func (c *link) lookAt(s *flow, l *deadlines) {
	if l.over(s.readFrom, s.readIdle) && !s.readLate {
		s.readLate = true
		s.readable.Signal()
	}
	if l.over(s.writeFrom, s.writeIdle) && !c.waitsForWire(s) {
		c.reset(s, CodeCancel, ErrStalled)
	}
}

// waitsForWire reports whether a stream waits for nothing but the wire, for its turn or for room
// there. How long the wire may take nothing is for itself to say. mu is held.
func (c *link) waitsForWire(s *flow) bool {
	return c.writer.writing && (s.queued || c.writer.waiters > 0 && !s.unsent())
}

// overdue ends what a server waits for. mu is held.
func (c *Conn) overdue(l *deadlines) {
	switch {
	case c.leaving && l.over(c.leftAt, lastWords):
		c.cut(ErrGone)
	case c.drain == announced && l.over(c.drainFrom, drainWait):
		c.drainLast()
	case len(c.streams) == 0 && c.running == 0 && l.over(c.idle, c.opts.KeepAlive):
		c.goAway(c.maxID, CodeNo, "idle")
		c.end(errOrderly)
	}
	c.workers.trim(min(c.workers.spare, len(c.workers.idle)))
	if c.restWriter(); len(c.workers.idle) > 0 || c.running > 0 {
		l.next = min(l.next, l.now+int64(trimAfter))
	}
}

// restWriter sends the writing goroutine away if it was not needed of late. mu
// is held.
func (c *link) restWriter() {
	if w := &c.writer; w.state == writerRests && c.running == 0 {
		w.leave = true
		w.wake.Signal()
	}
}
