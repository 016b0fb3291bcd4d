package http2

import (
	"bytes"
	"math"
	"sync/atomic"

	"golang.org/x/net/http2"
)

// A Client is a connection to a server. Make one with NewClient, serve it once.
type Client struct {
	link
	pings pulse
	// Both are called with mu held.
	onRoom, onLeave func()

	ready chan struct{} // closed when the server's settings are known, or the end is
	room  atomic.Int64  // how many streams may be opened; changed under mu
	taken atomic.Int64  // link.running, for readers without the mutex

	// All below is guarded by mu.
	known    bool    // ready is closed
	nextID   uint32  // of the next stream
	reserved int     // streams in use whose head was not written
	entering []*flow // those of them that wait for room to write it
	allowed  int     // streams that the server allows at once
	extended bool    // the server takes extended CONNECT
	headMost int64   // how large a head the server takes, as RFC 9113 section 6.5.2 counts
	leaving  bool    // no more streams are opened
	lastSent uint32  // streams above it are not processed: GOAWAY said so
	extra    int     // by how much the windows of streams have grown, together
	holds    holds
	failed   int64 // when a write failed; 0: none did
	failure  error // what it failed with
}

// NewClient makes a connection to a server that is known to speak HTTP/2. The
// watch enforces its deadlines.
func NewClient(wire Wire, w *Watch, o ClientOptions) *Client {
	o = o.withDefaults()
	nothing := func() {}
	c := &Client{
		onRoom: nothing, onLeave: nothing, ready: make(chan struct{}), nextID: 1,
		allowed: o.MaxStreams, lastSent: maxStreamID, headMost: math.MaxInt64,
	}
	if o.OnRoom != nil {
		c.onRoom = o.OnRoom
	}
	if o.OnLeave != nil {
		c.onLeave = o.OnLeave
	}
	c.pings.after, c.pings.time = o.PingAfter, o.PingTime
	c.init(c, wire, w, o.link())
	c.in = newBuffer(nil)
	c.laxValues = o.ControlCharacters
	c.greet()
	c.room.Store(int64(c.opts.MaxStreams))
	return c
}

// greet queues what a client says first. Nothing else uses the connection yet.
func (c *Client) greet() {
	c.writer.append(clientPreface)
	c.writeErr(c.framer.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(c.opts.StreamWindow)},
		http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: uint32(c.opts.HeadBytes)},
		http2.Setting{ID: http2.SettingNoRFC7540Priorities, Val: 1},
	))
	if more := c.opts.ConnWindow - initialWindow; more > 0 {
		c.writeErr(c.framer.WriteWindowUpdate(0, uint32(more)))
	}
}

// Serve speaks with the server until the connection ends. The result is nil if it
// came to an orderly end, a *ConnError if the server broke the rules or ended the
// connection for a reason, or what the wire failed with. Streams that are still in
// use may be used on, for what has come, and must be closed.
//
// The wire is left open for the caller to close.
func (c *Client) Serve() error {
	c.watch.add(&c.link)
	defer c.watch.remove(&c.link)
	c.mu.Lock()
	c.reading = true
	c.pings.heard.Store(c.watch.Now())
	c.blocked = c.watch.Now() // the server's settings are due like a header block
	c.due.Store(c.blocked)
	c.wakeWriter()
	c.mu.Unlock()
	return c.run(c.read)
}

// Beginnings of what a server says that does not speak HTTP/2: an answer of HTTP/1, and records of
// TLS (RFC 8446 section 5.1), of which no frame could have the length.
var (
	http1Answer  = []byte("HTTP/")
	tlsAlert     = []byte{21, 3}
	tlsHandshake = []byte{22, 3}
)

// read does what all frames say that have come.
func (c *Client) read() (need int, err error) {
	c.pings.heard.Store(c.watch.Now())
	if !c.settings {
		switch b := c.in.bytes(); {
		case bytes.HasPrefix(b, http1Answer):
			return 0, ErrSpeaksHTTP1
		case bytes.HasPrefix(b, tlsAlert), bytes.HasPrefix(b, tlsHandshake):
			return 0, ErrSpeaksTLS
		}
	}
	return c.frames()
}

// Ready is closed when the server's first settings have come, so that it is known
// to speak HTTP/2 and how many streams it allows; or when the connection has
// begun to end: see Err.
func (c *Client) Ready() <-chan struct{} { return c.ready }

// Err is why the connection ended; nil while it has not, or if that was orderly.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Streams is how many streams are in use. It does not wait for a lock.
func (c *Client) Streams() int { return int(c.taken.Load()) }

// Room is how many streams may be opened now. It does not wait for a lock.
func (c *Client) Room() int { return int(c.room.Load()) }

// GoingAway reports whether no streams can be opened any more.
func (c *Client) GoingAway() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leaving
}

// ExtendedConnect reports whether the server takes CONNECT with Target.Protocol
// (RFC 8441). It is known once Ready is closed.
func (c *Client) ExtendedConnect() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.extended
}

// Retire opens no more streams and ends the connection with its last.
func (c *Client) Retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave()
	c.vacant()
}

// RetireIdle is Retire if no stream is in use. It reports whether there was none.
func (c *Client) RetireIdle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running > 0 {
		return false
	}
	c.leave()
	c.vacant()
	return true
}

// leave lets no more streams be opened. mu is held.
func (c *Client) leave() {
	if !c.leaving {
		c.leaving = true
		c.note()
		c.onLeave()
	}
}

// note works out how much room there is. mu is held.
func (c *Client) note() {
	room := 0
	if !c.leaving {
		held := c.holds.places()
		own, peers := c.opts.MaxStreams-c.running, c.allowed-len(c.streams)-c.reserved
		room = max(min(own-held, peers-held), 0)
	}
	was := int(c.room.Swap(int64(room)))
	c.taken.Store(int64(c.running))
	for range room - was {
		c.onRoom()
	}
}

// vacant ends a connection that may get no more streams when it has none. mu is held.
func (c *Client) vacant() {
	c.note()
	if c.running == 0 && len(c.streams) == 0 && c.leaving && !c.ending {
		if c.err == nil && !c.broken {
			c.goAway(0, CodeNo, "")
		}
		c.end(errOrderly)
	}
}

// The rest of side.

func (c *Client) lastID() uint32 { return 0 }

func (c *Client) faulted() error { return nil } // each is one of our requests

// widen keeps what all streams may hold below three quarters of the connection's
// window: the last quarter may be consumed and not told yet.
func (c *Client) widen(n int) int {
	n = min(n, max(c.window/4*3-c.opts.MaxStreams*c.opts.StreamWindow-c.extra, 0))
	c.extra += n
	return n
}

func (c *Client) ended() {
	c.leave() // first: a caller that is told that it is ready looks for room
	c.know()
}

// know closes ready. mu is held.
func (c *Client) know() {
	if !c.known {
		c.known = true
		close(c.ready)
	}
}

func (c *Client) setting(s http2.Setting) error {
	switch s.ID {
	case http2.SettingMaxConcurrentStreams:
		c.allowed = int(min(s.Val, maxStreamID))
	case http2.SettingMaxHeaderListSize:
		c.headMost = int64(s.Val)
	case http2.SettingEnableConnectProtocol:
		if c.extended && s.Val == 0 {
			return errConnectBack // RFC 8441 section 3
		}
		c.extended = s.Val == 1
	case http2.SettingEnablePush:
		if s.Val != 0 {
			return errPush // RFC 9113 section 6.5.2
		}
	}
	return nil
}

// adopted is called when the server's settings are in force. mu is held.
func (c *Client) adopted() {
	c.note()
	c.know()
}

// leaves takes a GOAWAY: what it did not process is for another connection, what it
// did comes to its end here. mu is held.
func (c *Client) leaves(f *http2.GoAwayFrame) error {
	if f.LastStreamID > c.lastSent {
		return errLastStream
	}
	c.lastSent = f.LastStreamID
	c.peerLeaves = true
	if f.ErrCode != http2.ErrCodeNo && c.err == nil {
		why := f.DebugData()
		c.err = &ConnError{
			Code: f.ErrCode, Reason: string(why[:min(len(why), maxDebug)]), ByPeer: true,
		}
	}
	for id, s := range c.streams {
		if id > c.lastSent {
			s.unprocessed = true
			s.localEnd, s.dropped = true, true
			c.cancel(s, ErrGone)
			c.forget(s)
		}
	}
	c.leave()
	c.vacant()
	return c.calm.spend(c.watch.Now(), costFrame, "GOAWAY frames")
}

// maxDebug is how much of GOAWAY's debug data is kept.
const maxDebug = 200

// stray takes DATA of a stream that this side has reset. Other streams have none:
// they were ended by the server, who should know.
func (c *Client) stray(_ uint32, n int) error {
	return c.late(costIgnored(n), "DATA frames for streams that have ended")
}

// late pays for a frame that the server may have sent before it read a reset.
func (c *Client) late(cost int, what string) error {
	if c.holds.late > 0 {
		c.holds.late -= cost
		return nil
	}
	return c.calm.spend(c.watch.Now(), cost, what)
}

func (c *Client) aborted(s *flow, id uint32, code Code) error {
	switch {
	case s == nil:
		return c.late(costFrame, "RST_STREAM frames")
	case s.remoteEnd:
		// The response is complete: the rest of the request is not wanted
		// (RFC 9113 section 8.1).
		c.stopWriting(s)
	default:
		s.unprocessed = code == CodeRefused
		c.cancel(s, resetByPeer(code))
	}
	s.localEnd, s.dropped = true, true
	c.forget(s)
	return nil
}

// unwritten lets what the server has sent before it closed be read: a GOAWAY may
// say that it processed nothing of what could not be written.
func (c *Client) unwritten(err error) {
	c.broken = true
	if c.failed == 0 {
		c.failed, c.failure = c.watch.Now(), err
		c.dueWithin(lastWords)
		c.leave()
	}
}
