package l7

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A connection that is closed with bytes unread, or to which bytes come after that, is reset
// (RFC 9112 section 9.6), and a reset takes away from the client what it has not read yet. Many
// clients write their whole request before they read an answer that came early. So their bytes
// are thrown away for a while before the connection closes, however many they are, as nginx
// does.
const (
	// lingerTime is how long that goes on, lingerIdle how long a client may pause.
	lingerTime = 30 * time.Second
	lingerIdle = 5 * time.Second
	// partTime is what a client has that owes nothing, to take in its last answer.
	partTime = 2 * time.Second
	// cutTime is the same where the connection was cut off: the process is waiting.
	cutTime = time.Second
	// maxLingering bounds how many connections and streams of an engine linger at a time.
	// Each costs a goroutine and its socket; the memory of requests is given back before.
	// One more is closed at once.
	maxLingering = 4096
)

// linger lets the client read what was sent before the connection closes.
func (c *conn) linger(end step) {
	n := &c.engine.lingering
	defer n.Add(-1)
	if n.Add(1) > maxLingering || c.sock.CloseWrite() != nil {
		return
	}
	most, pause := lingerTime, lingerIdle
	if end == part {
		most, pause = partTime, partTime
	}
	told := c.cut.Load() // it was cut off, and has its last answer
	if told {
		most, pause = cutTime, cutTime
	}
	watch := c.engine.watch
	for until := watch.Now() + int64(most); ; {
		left := time.Duration(until - watch.Now())
		if left <= 0 || !told && c.cut.Load() {
			return
		}
		c.sock.SetReadDeadline(min(pause, left))
		switch _, err := c.sock.Drop(); err {
		case nil:
		case netx.ErrInterrupted:
			c.sock.Resume() // a drain waits for those who have something to read
		default:
			return
		}
	}
}

// lingerStream takes the rest of a request over HTTP/2 that was answered early. A server
// may reset the stream then (RFC 9113 section 8.1), but some clients, as Java's up to 20,
// look at nothing before their whole body is sent: they overlook the reset, and wait for
// ever for room to send.
func (c *conn) lingerStream(s *http2.Stream) {
	if !s.AnsweredEarly() {
		return
	}
	n := &c.engine.lingering
	defer n.Add(-1)
	if n.Add(1) > maxLingering {
		return
	}
	s.ResumeReading()
	s.SetIdle(lingerIdle, lingerIdle)
	watch := c.engine.watch
	for until := watch.Now() + int64(lingerTime); watch.Now() < until; {
		if _, err := s.ReadBody(nil); err != nil {
			return
		}
		block := buffers.Borrow()
		_, err := s.ReadBody(block[:])
		block.Release()
		if err != nil {
			return
		}
	}
}
