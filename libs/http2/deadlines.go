package http2

import "time"

const (
	// trimAfter is how often idle goroutines of a connection are sent away.
	trimAfter = 5 * time.Second
	// drainWait is how long a drain waits for the answer that says that the
	// client knows of it.
	drainWait = time.Second
)

// dueWithin has the watch look at the connection when d has passed. mu is held.
func (c *Conn) dueWithin(d time.Duration) {
	if d <= 0 {
		return
	}
	if at := c.watch.Now() + int64(d); at < c.due.Load() {
		c.due.Store(at)
	}
}

// look ends what has waited for too long, and tells the watch when to come again.
func (c *Conn) look(now int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		c.due.Store(maxTime)
		return
	}
	next := maxTime
	// over reports whether something that began to wait then has waited for d.
	over := func(since int64, d time.Duration) bool {
		if since == 0 || d <= 0 {
			return false
		}
		at := since + int64(d)
		if at > now {
			next = min(next, at)
		}
		return at <= now
	}
	for _, s := range c.streams {
		if over(s.readFrom, s.readIdle) && !s.readLate {
			s.readLate = true
			s.readable.Signal()
		}
		if over(s.writeFrom, s.writeIdle) {
			c.reset(s, CodeCancel, ErrStalled)
		}
	}
	switch {
	case over(c.blocked, c.opts.HeaderTime):
		c.end(errHeaderTime)
	case c.drain == announced && over(c.drainFrom, drainWait):
		c.drainLast()
	case len(c.streams) == 0 && c.running == 0 && over(c.idle, c.opts.KeepAlive):
		c.goAway(c.maxID, CodeNo, "idle")
		c.end(errOrderly)
	}
	if c.trim() {
		next = min(next, now+int64(trimAfter))
	}
	c.due.Store(next)
}

const maxTime int64 = 1<<63 - 1

// trim sends away the goroutines that were not needed since it was last called,
// and reports whether there are others to be looked at again.
func (c *Conn) trim() bool {
	c.workers.trim(min(c.workers.spare, len(c.workers.idle)))
	if w := &c.writer; w.state == writerRests && c.running == 0 {
		w.leave = true
		w.wake.Signal()
	}
	return len(c.workers.idle) > 0 || c.running > 0
}
