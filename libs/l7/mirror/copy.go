package mirror

import (
	"strconv"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// fixed is what each copy takes beside its bytes: the buffers for its answer, a stack, and more.
const fixed = 24 << 10

// A Copy is a copy of a request. The exchange that serves the request fills it: Begin, then Put for
// each piece of the body, then Send or Drop. Whichever of its methods finds no room drops it, which
// is counted, and the next ones do nothing.
type Copy struct {
	pool     *Pool
	target   *Target
	endpoint *cluster.Endpoint
	over     bool // it was sent or dropped
	dropped  bool // it was not sent

	text    []byte // as HTTP/1.1 has it
	headLen int
	method  http1.Method
	chunked bool  // the body goes in chunks
	length  int64 // of the body, so far
	trailer []byte
	header  []byte // PROXY, before all
	taken   int64  // memory

	pair *pair            // nil: nothing is compared
	span *tracing.Request // what is told of the copy; nil: nothing

	mu sync.Mutex
	// hook interrupts what is sent; nil: there is nothing to interrupt. Guarded by mu, also while
	// it is used: nobody interrupts what is over.
	hook    *netx.Hook
	stopped bool // by End; guarded by mu
	cut     bool // by its deadline, or by End; guarded by mu
}

// A Head is the head of a request that is to be mirrored.
type Head struct {
	// Text is the head to send, as HTTP/1.1 has it. Header is the PROXY header before it, which may
	// be empty. Both are copied.
	Text, Header []byte
	Method       http1.Method
	// Chunked says that the head announces a body in chunks.
	Chunked bool
	// Length is the length of the body that the head announces; 0: none, or nobody knows.
	Length int64
	// Binds says that an endpoint would know the connection by credentials of the client.
	Binds bool
	// Upgrade says that the request asks for another protocol.
	Upgrade bool
	// Span is what is told of the copy when it has ended, with one Attempt, of which the copy says
	// how it came out; nil: nothing is.
	Span *tracing.Request
}

// Begin begins a copy for an endpoint of the target's cluster. It returns nil where the request is
// not mirrored, which is counted.
func (p *Pool) Begin(t *Target, e *cluster.Endpoint, h *Head) *Copy {
	m := t.Metrics
	switch {
	case h.Upgrade, h.Binds:
		m.Dropped(metrics.DropUpgrade)
		return nil
	case h.Length > t.Config.MaxBodyBytes:
		m.Dropped(metrics.DropBody)
		return nil
	case e == nil:
		m.Dropped(metrics.DropEndpoint)
		return nil
	}
	if m.Active.Add(1) > int64(t.Config.MaxActive) {
		m.Active.Add(-1)
		m.Dropped(metrics.DropBehind)
		return nil
	}
	room := int64(len(h.Text)+len(h.Header)) + h.Length
	if !p.take(fixed + room) {
		m.Active.Add(-1)
		m.Dropped(metrics.DropMemory)
		return nil
	}
	c := &Copy{
		pool: p, target: t, endpoint: e, method: h.Method, headLen: len(h.Text),
		chunked: h.Chunked && t.Cluster.Protocol == config.ClusterHTTP1, taken: fixed + room,
		span: h.Span,
	}
	buffer := make([]byte, 0, room)
	buffer = append(buffer, h.Header...)
	c.header = buffer[:len(buffer):len(buffer)]
	c.text = append(buffer[len(buffer):], h.Text...)
	if t.Rules != nil {
		c.pair = &pair{pool: p, target: t, at: e.Shown}
	}
	return c
}

// Put copies a piece of the body.
func (c *Copy) Put(data []byte) {
	if c.over {
		return
	}
	if c.length += int64(len(data)); c.length > c.target.Config.MaxBodyBytes {
		c.Drop(metrics.DropBody)
		return
	}
	before := cap(c.text)
	next := heads.AppendBody(c.text, data, c.chunked)
	if more := int64(cap(next) - before); more > 0 && !c.grow(more) {
		return
	}
	c.text = next
}

// grow asks for more memory, or drops the copy.
func (c *Copy) grow(n int64) bool {
	if !c.pool.take(n) {
		c.Drop(metrics.DropMemory)
		return false
	}
	c.taken += n
	return true
}

// Send sends the copy, whose body has come to its end, with the trailer section that came behind
// it. It does not wait.
func (c *Copy) Send(trailer []byte) {
	if c.over {
		return
	}
	if n := int64(len(trailer)) + 8; !c.grow(n) { // with the last chunk
		return
	}
	c.trailer = append(c.trailer, trailer...)
	if c.chunked {
		c.text = http1.AppendLastChunk(c.text, c.trailer)
	}
	if !c.pool.begin(c) {
		c.Drop(metrics.DropStopped)
		return
	}
	c.over = true
	go c.run() // until its deadline at most
}

// Drop gives up a copy that was not sent, and counts why. It does nothing to one that was.
func (c *Copy) Drop(why metrics.MirrorDrop) {
	if c.over {
		return
	}
	c.over, c.dropped = true, true
	c.target.Metrics.Dropped(why)
	c.leave()
}

// leave gives back what the copy has taken.
func (c *Copy) leave() {
	c.target.Metrics.Active.Add(-1)
	c.pool.give(c.taken)
	c.text, c.trailer, c.header = nil, nil, nil
}

// run sends the copy.
func (c *Copy) run() {
	defer c.pool.done(c)
	defer c.pool.survive(c.target.Route)
	c.sendOnce()
	if c.pair != nil {
		c.pair.mirrored()
	}
}

// sendOnce sends the copy, and gives back what it has taken. A panic ends here.
func (c *Copy) sendOnce() {
	defer c.leave()
	defer c.pool.survive(c.target.Route)
	load := c.target.Cluster.Begin(c.endpoint)
	defer load.End()
	s := senders.Get().(*sender)
	began := time.Now()
	result, broken := s.send(c)
	if c.span != nil {
		c.tellTrace(began, s, result, broken)
	}
	s.forget()
	senders.Put(s)
	c.target.Metrics.Sent(result)
}

// tellTrace tells the collector of traces of the copy, which broken has ended; nil: its answer has.
func (c *Copy) tellTrace(
	began time.Time, s *sender, result metrics.MirrorResult, broken *fault.Error,
) {
	a := &c.span.Attempts[0]
	a.Start, a.End = began.Sub(c.span.Start), time.Since(c.span.Start)
	switch {
	case broken == nil:
		if a.Status = s.head.Status; a.Status >= 400 {
			a.Error = strconv.Itoa(a.Status)
		}
	default:
		a.Error, a.Message = result.String(), broken.Kind.String()
		why := broken.Cause
		if why == nil && broken.Err != nil {
			why = upstream.CauseOf(broken.Err)
		}
		if why != nil {
			a.Message = c.target.Cluster.Veil.Text(why.Text)
		}
	}
	c.pool.spans.Add(c.span)
}

// watch lets interrupt end what is sent from now on; false: it was called already.
func (c *Copy) watch(hook *netx.Hook) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hook = hook
	return !c.cut
}

// unwatch ends that. It reports whether interrupt was called.
func (c *Copy) unwatch() (cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hook = nil
	return c.cut
}

// interrupt cuts the copy off: stopped says that the gateway ends.
func (c *Copy) interrupt(stopped bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut, c.stopped = true, c.stopped || stopped
	if c.hook != nil {
		c.hook.Target.Interrupt()
	}
}

func (c *Copy) wasStopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}
