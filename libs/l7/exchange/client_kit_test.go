package exchange

import (
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A scriptedClient is a client.Side and the client.Owner of its connection. It does what a
// test has written down, and notes what it is told. The goroutine of the exchange uses it;
// its body is for the upload's too.
type scriptedClient struct {
	t *testing.T // nil in benchmarks

	// What it does.
	streamed bool       // it speaks HTTP/2
	body     []bodyStep // of its request, one for each ReadBody
	fails    error      // what writing to it gives
	failFrom int        // which Write is the first to give that; heads are written anyway
	small    bool       // it has no room for a large piece
	gone     bool       // it has gone away, as a watch sees it
	left     bool       // it has closed its side
	cut      bool       // a drain has cut its connection
	closing  bool       // its connection ends after this request
	end      *scriptedEnd

	// What it got.
	interim []byte // heads of 1xx
	head    []byte // of the final response, where it speaks HTTP/2
	wire    []byte // what was written; over HTTP/1.1 that begins with the head
	writes  int
	last    int    // writes that ended the response
	trailer []byte // given with them
	broken  bool   // Break was called
	brokeBy string // the trailer section that it got
	watches int    // calls of Watch less those of Unwatch

	trace func(string)   // called at each call that is part of a journey; may be nil
	pause *time.Duration // what MayPause was told; nil: it was not called

	mu      sync.Mutex
	read    int           // guarded by mu; steps of body that were done
	stopped chan struct{} // guarded by mu; closed while reading is stopped
	stops   bool          // guarded by mu
}

// A bodyStep is one turn of reading a request's body.
type bodyStep struct {
	pieces  []string
	ahead   int64
	end     bool
	trailer string
	err     error
	waits   bool   // nothing comes: the call ends when reading is stopped
	first   func() // called before all that
}

// brings is a step in which pieces of the body come, ends the last of them.
func brings(pieces ...string) bodyStep { return bodyStep{pieces: pieces} }
func ends(pieces ...string) bodyStep   { return bodyStep{pieces: pieces, end: true} }

// breaks is a step that fails, stalls one in which nothing comes.
func breaks(err error) bodyStep { return bodyStep{err: err} }
func stalls() bodyStep          { return bodyStep{waits: true} }

// endsWith is the end of a body with a trailer section.
func endsWith(trailer string, pieces ...string) bodyStep {
	return bodyStep{pieces: pieces, end: true, trailer: trailer}
}

// reset forgets what the client got, for one more request like the last.
func (c *scriptedClient) reset() {
	c.interim, c.head, c.wire = c.interim[:0], c.head[:0], c.wire[:0]
	c.trailer, c.brokeBy, c.broken = c.trailer[:0], "", false
	c.writes, c.last, c.watches = 0, 0, 0
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read, c.stops = 0, false
	if len(c.body) > 0 {
		c.stopped = make(chan struct{})
	}
}

func (c *scriptedClient) call(name string) {
	if c.trace != nil {
		c.trace(name)
	}
}

func (c *scriptedClient) Watch(*netx.Hook) { c.watches++ }

func (c *scriptedClient) Unwatch() bool {
	c.watches--
	return !c.gone
}

func (c *scriptedClient) MayPause(idle time.Duration) { c.pause = &idle }

func (c *scriptedClient) Left() bool { return c.left }

func (c *scriptedClient) LastWord() { c.call("LastWord") }

func (c *scriptedClient) CutOff() bool { return c.cut }

func (c *scriptedClient) Removed() bool { return false }

func (c *scriptedClient) Closing() bool { return c.closing }

func (c *scriptedClient) ReadBody(s client.Sink) (client.End, error) {
	c.mu.Lock()
	n, stopped := c.read, c.stopped
	c.read++
	c.mu.Unlock()
	if n >= len(c.body) {
		c.t.Error("more of the request's body was read than there is")
		return client.End{}, fault.ClientGone
	}
	step := &c.body[n]
	if step.first != nil {
		step.first()
	}
	if step.waits {
		<-stopped
		return client.End{}, fault.ClientStopped
	}
	for i, p := range step.pieces {
		ahead := int64(0)
		if i == len(step.pieces)-1 {
			ahead = step.ahead
		}
		if err := s.Put([]byte(p), ahead); err != nil {
			return client.End{}, err
		}
	}
	return client.End{Done: step.end, Trailer: []byte(step.trailer)}, step.err
}

func (c *scriptedClient) StopReading(stop bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case stop && !c.stops:
		close(c.stopped)
	case !stop && c.stops:
		c.stopped = make(chan struct{})
	}
	c.stops = stop
}

func (c *scriptedClient) WriteHead(status int, text []byte) ([]byte, error) {
	if status < 200 {
		c.call("interim")
		c.interim = append(c.interim, text...)
		return text[:0], c.failed()
	}
	c.call("WriteHead")
	if !c.streamed {
		return text, nil
	}
	c.head = append(c.head, text...)
	return text[:0], nil
}

func (c *scriptedClient) Write(p []byte, last bool, trailer []byte) error {
	c.call("Write")
	c.wire = append(c.wire, p...)
	c.writes++
	if last {
		c.last++
		c.trailer = append(c.trailer, trailer...)
	}
	return c.failed()
}

func (c *scriptedClient) failed() error {
	if c.writes < c.failFrom {
		return nil
	}
	return c.fails
}

func (c *scriptedClient) Room() int {
	if c.small {
		return 1
	}
	return math.MaxInt
}

func (c *scriptedClient) Break(end []byte) { c.broken, c.brokeBy = true, string(end) }

func (c *scriptedClient) Tunnel(
	text, behind []byte, _ tunnel.End,
) (tunnel.End, []byte, error) {
	c.wire = append(append(c.wire, text...), behind...)
	if c.fails != nil {
		return nil, nil, c.fails
	}
	return c.end, []byte(c.end.early), nil
}

// said is the head of the final response, and body what came behind it as it was written.
func (c *scriptedClient) said() (head, body string) {
	if c.streamed {
		return string(c.head), string(c.wire)
	}
	head, body, _ = strings.Cut(string(c.wire), "\r\n\r\n")
	return head + "\r\n\r\n", body
}

// status is the status code of the final response, "" without one.
func (c *scriptedClient) status() string {
	head, _ := c.said()
	if len(head) < len("HTTP/1.1 200") {
		return ""
	}
	return head[len("HTTP/1.1 "):len("HTTP/1.1 200")]
}

// A scriptedEnd is an end of a tunnel. What it brings comes in one piece, then its end.
type scriptedEnd struct {
	early   string // what had come before the tunnel began; a client's
	brings  string
	sendErr error

	mu     sync.Mutex
	sent   string // guarded by mu
	closed bool   // guarded by mu; an end was passed on to it
}

func (e *scriptedEnd) Receive(_ time.Duration, send func([]byte) error) error {
	if e.brings != "" {
		if err := send([]byte(e.brings)); err != nil {
			return err
		}
	}
	return io.EOF
}

func (e *scriptedEnd) Send(p []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent += string(p)
	return e.sendErr
}

func (e *scriptedEnd) CloseSend() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}

func (e *scriptedEnd) Interrupt() {}

// The faults of clients by short names.
var (
	clientGone = fault.ClientGone
	clientSlow = fault.ClientSlow
)
