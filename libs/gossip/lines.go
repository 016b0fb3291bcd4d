package gossip

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gossip/wire"
)

// Limits of connections, of both directions together.
const (
	maxLines = 256
	// maxLinesEach is how many one host may have open that have not said anything yet.
	maxLinesEach = 64
	// maxHeld is how many bytes are kept of what connections say, all together.
	maxHeld = 8 << 20
	// maxServed is how many exchanges memberlist has in hand at a time.
	maxServed = 8
)

var errBusy = errors.New("there are too many connections, or one was too slow")

// line is a connection whose message is read and checked before memberlist sees it.
type line struct {
	net.Conn
	keys *wire.Keys             // encrypt what is written; nil: nothing does
	ask  func() ([]byte, error) // reads the answer, on a connection of ours
	rest []byte                 // of what was read
	host netip.Addr

	lines *lines
	// Of lines.mu.

	ours   bool  // it was opened by this node
	waits  bool  // its message is not read yet
	held   int   // bytes
	order  int64 // among all
	served bool  // it has one of the slots
	closed bool
}

// lines are the connections that are open.
type lines struct {
	slots chan struct{} // one for each exchange that memberlist has in hand

	mu    sync.Mutex
	open  map[*line]struct{} // guarded by mu
	held  int                // guarded by mu; bytes of all of them
	order int64              // guarded by mu
	ended bool               // guarded by mu
}

// begin takes a connection in. Where there is no room, the one gives way that has waited longest
// without saying anything: an honest node says all it has to say at once.
func (l *lines) begin(c net.Conn, ours bool) *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.order++
	fresh := &line{
		Conn: c, lines: l, waits: true, ours: ours, order: l.order,
		host: addressOf(c.RemoteAddr()).Addr(),
	}
	if !ours && fresh.host.IsValid() && l.waiting(fresh.host) >= maxLinesEach {
		l.drop(l.first(func(o *line) bool { return o.waits && !o.ours && o.host == fresh.host }))
	}
	if len(l.open) >= maxLines {
		l.drop(l.first(func(o *line) bool { return o.waits && !o.ours }))
	}
	l.open[fresh] = struct{}{}
	if l.ended || len(l.open) > maxLines {
		l.drop(fresh)
	}
	return fresh
}

// waiting is how many connections a host has that have not said anything yet.
func (l *lines) waiting(host netip.Addr) (n int) {
	for o := range l.open {
		if o.waits && !o.ours && o.host == host {
			n++
		}
	}
	return n
}

// first returns the oldest of some connections; nil if there is none.
func (l *lines) first(of func(*line) bool) (oldest *line) {
	for o := range l.open {
		if of(o) && (oldest == nil || o.order < oldest.order) {
			oldest = o
		}
	}
	return oldest
}

// drop ends a connection. What reads from it finds out.
func (l *lines) drop(o *line) {
	if o == nil || o.closed {
		return
	}
	o.closed = true
	delete(l.open, o)
	l.held -= o.held
	if o.served {
		<-l.slots
	}
	_ = o.Conn.Close() // it may have ended
}

// hold says whether a connection may keep more bytes. Where that is too much for all together,
// those give way that hold most and have not shown that they have a key.
func (l *lines) hold(o *line, bytes int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if o.closed {
		return errBusy
	}
	o.held += bytes
	l.held += bytes
	for l.held > maxHeld {
		var most *line
		for other := range l.open {
			if other.waits && (most == nil || other.held > most.held) {
				most = other
			}
		}
		if most == nil {
			most = o
		}
		l.drop(most)
		if most == o {
			return errBusy
		}
	}
	return nil
}

// read says that the message of a connection was read: who sent it has a key.
func (l *lines) read(o *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o.waits = false
}

// serve waits until there is a slot for a connection whose message was read.
func (l *lines) serve(o *line, most time.Duration, done <-chan struct{}) error {
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case l.slots <- struct{}{}:
	case <-late.C:
		return errBusy
	case <-done:
		return net.ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if o.closed {
		<-l.slots
		return errBusy
	}
	o.served = true
	return nil
}

// end ends all connections, and those that begin later.
func (l *lines) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for o := range l.open {
		l.drop(o)
	}
}

// Read reads the message that was checked, and nothing behind it.
func (o *line) Read(b []byte) (int, error) {
	if o.ask != nil {
		rest, err := o.ask()
		if err != nil {
			return 0, err
		}
		o.ask, o.rest = nil, rest
	}
	if len(o.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, o.rest)
	if o.rest = o.rest[n:]; len(o.rest) == 0 {
		o.rest = nil
	}
	return n, nil
}

// Write sends a message, which memberlist writes whole.
func (o *line) Write(b []byte) (int, error) {
	if o.keys == nil {
		return o.Conn.Write(b)
	}
	if _, err := o.Conn.Write(o.keys.SealStream(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close ends the connection.
func (o *line) Close() error {
	o.lines.mu.Lock()
	defer o.lines.mu.Unlock()
	o.lines.drop(o)
	return nil
}
