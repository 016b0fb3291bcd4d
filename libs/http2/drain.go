package http2

import "golang.org/x/net/http2"

type drainState uint8

const (
	serving   drainState = iota
	early                // the drain came before the connection was served
	announced            // the client was told that the end comes, and may not know yet
	drained              // it was told which streams are the last
)

// drainPing is the PING whose answer says that the first GOAWAY was read.
var drainPing = [8]byte{'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'}

// greet queues what a server says first. mu is held.
func (c *Conn) greet() {
	settings := make([]http2.Setting, 0, 6)
	set := func(id http2.SettingID, v int) {
		settings = append(settings, http2.Setting{ID: id, Val: uint32(v)})
	}
	set(http2.SettingMaxConcurrentStreams, c.opts.MaxStreams)
	set(http2.SettingInitialWindowSize, c.opts.StreamWindow)
	set(http2.SettingMaxHeaderListSize, c.opts.HeadBytes)
	set(http2.SettingNoRFC7540Priorities, 1)
	if c.opts.ExtendedConnect {
		set(http2.SettingEnableConnectProtocol, 1)
	}
	c.writeErr(c.framer.WriteSettings(settings...))
	if more := c.opts.ConnWindow - initialWindow; more > 0 {
		c.writeErr(c.framer.WriteWindowUpdate(0, uint32(more)))
	}
	c.blocked = c.watch.Now() // the preface is due like a header block
	c.due.Store(c.blocked)
	c.wakeWriter()
	if c.drain == early {
		c.announce() // what the client has sent with its preface is answered still
	}
}

// Drain lets the streams that are open, and those that the client opens before it
// can know, come to their end, then ends the connection. Any goroutine may call it.
func (c *Conn) Drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drain != serving || c.ending {
		return
	}
	if !c.reading {
		c.drain = early
		return
	}
	c.announce()
}

// announce tells the client that the end comes. mu is held.
func (c *Conn) announce() {
	c.drain = announced
	c.goAway(maxStreamID, CodeNo, "draining")
	c.ping(drainPing)
	c.drainFrom = c.watch.Now()
	c.dueWithin(drainWait)
}

// Leave ends the connection within a second. Until then those handlers that have begun no response
// may still write one: each of them is interrupted as if its stream were cancelled (OnCancel,
// StopReading), and EndCancel says so, while the stream goes on. Any goroutine may call it.
func (c *Conn) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ending || c.leaving:
		return
	case !c.reading:
		c.cut(ErrGone)
		return
	}
	c.leaving, c.leftAt = true, c.watch.Now()
	if c.drain != drained {
		c.drain, c.lastAccepted = drained, c.maxID
		c.goAway(c.maxID, CodeNo, "the gateway stops")
	}
	for _, s := range c.streams {
		s.bodyOff = true
		s.readable.Broadcast()
		if i := s.canceler; i != nil {
			s.canceler = nil
			i.Interrupt()
		}
	}
	c.dueWithin(lastWords)
	c.vacant()
}

// drainLast tells the client which stream is the last one. mu is held.
func (c *Conn) drainLast() {
	if c.drain != announced || c.ending {
		return
	}
	c.drain, c.lastAccepted = drained, c.maxID
	c.goAway(c.maxID, CodeNo, "draining")
	c.vacant()
}
