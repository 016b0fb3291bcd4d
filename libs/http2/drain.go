package http2

import "golang.org/x/net/http2"

type drainState uint8

const (
	serving   drainState = iota
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
	if c.drain == drained {
		c.goAway(0, CodeNo, "draining")
		c.end(errOrderly)
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
		c.drain = drained // not served yet: it will be for nothing
		return
	}
	c.drain = announced
	c.goAway(maxStreamID, CodeNo, "draining")
	c.ping(drainPing)
	c.drainFrom = c.watch.Now()
	c.dueWithin(drainWait)
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
