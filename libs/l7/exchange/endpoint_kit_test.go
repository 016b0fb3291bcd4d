package exchange

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
)

// A scriptedEndpoint is an endpoint.Side for one attempt. It does what a test has written
// down, and notes what it is told.
type scriptedEndpoint struct {
	t testing.TB

	// What it does.
	traits   endpoint.Traits
	refuses  error           // why there is no connection
	sendErr  error           // of Send
	takes    func(int) error // called for each piece of the request's body, with its number
	heads    []headStep      // one for each ReadHead
	body     []pieceStep     // one for each ReadBody; then comes io.EOF
	trailer  string          // that comes with the end over HTTP/2
	far      *scriptedEnd
	trace    func(string)  // as a scriptedClient's
	finished chan struct{} // closed when the whole request was sent
	stopped  chan struct{} // closed by Interrupt
	bound    bool          // by Bind

	// What it got. Until the upload has ended the fields about the body are its own.
	dial      endpoint.Dial
	request   []byte // the head, and the body where that came with it
	whole     bool
	wait      time.Duration // for the response, as Send was told
	sent      []byte        // the body that came behind the head
	sentEnd   int           // pieces that ended it
	sentTrail string
	pieces    int
	heard     int // ReadHead's steps that were done
	read      int // ReadBody's
	response  *endpoint.Response
	idle      time.Duration // the last that ReadBody was told
	more      bool          // the next piece of the response is there
	looks     int           // that found nothing
	ending    endpoint.Ending
	ended     int // calls of End

	mu         sync.Mutex
	awaited    []time.Duration // guarded by mu; what Await was told
	interrupts int             // guarded by mu
	sentAll    bool            // guarded by mu
}

// A headStep is what one ReadHead does.
type headStep func(*scriptedEndpoint, *endpoint.Response) error

// A pieceStep is a piece of a response's body, or the error that comes in its place.
type pieceStep struct {
	data  string
	err   error
	waits bool // nothing comes until the side is interrupted
	// goesOn says that the next piece is there already. It is, where this one fills the buffer.
	goesOn bool
	looks  int    // how often it is looked for before it is there; 0: it has to be waited for
	first  func() // called before all that
}

// says is the step in which a head comes, with what stands behind it.
func says(text string) headStep {
	raw := []byte(text)
	return func(e *scriptedEndpoint, r *endpoint.Response) error {
		b := r.Buffer
		if b.Len() == 0 {
			b.Clear()
		}
		b.W += copy(b.B[b.W:], raw)
		r.Head.Reset(http1.Limits{HeadBytes: 64 << 10})
		n, err := r.Head.Parse(b.Bytes())
		if err != nil {
			e.t.Errorf("the script's head %q: %v", text, err)
			return fault.EndpointGone
		}
		b.R += n
		return nil
	}
}

// endsStream is says for a head that is the end of its stream (HTTP/2).
func endsStream(text string) headStep {
	then := says(text)
	return func(e *scriptedEndpoint, r *endpoint.Response) error {
		r.Ended = true
		return then(e, r)
	}
}

// failing is the step that fails.
func failing(err error) headStep {
	return func(*scriptedEndpoint, *endpoint.Response) error { return err }
}

// silent is the step in which nothing comes until the side is interrupted.
func silent(e *scriptedEndpoint, _ *endpoint.Response) error {
	<-e.stopped
	return fault.EndpointStopped
}

// after is a step that begins when the whole request has come, as that of most servers.
func after(then headStep) headStep {
	return func(e *scriptedEndpoint, r *endpoint.Response) error {
		select {
		case <-e.finished:
			return then(e, r)
		case <-e.stopped:
			return fault.EndpointStopped
		}
	}
}

// answers is an endpoint that answers a request that came whole, or does not care.
func answers(text string, body ...pieceStep) *scriptedEndpoint {
	return &scriptedEndpoint{heads: []headStep{says(text)}, body: body}
}

// listens is an endpoint that answers once the request's body has come.
func listens(text string, body ...pieceStep) *scriptedEndpoint {
	return &scriptedEndpoint{heads: []headStep{after(says(text))}, body: body}
}

// refusing is an endpoint to which there is no connection.
func refusing(err error) *scriptedEndpoint { return &scriptedEndpoint{refuses: err} }

// fallsSilent is an endpoint that fails in place of a response head.
func fallsSilent(err error) *scriptedEndpoint {
	return &scriptedEndpoint{heads: []headStep{failing(err)}}
}

// some is a piece of a response's body.
func some(data string) pieceStep { return pieceStep{data: data} }

// on is a piece behind which the next one is there already.
func on(data string) pieceStep { return pieceStep{data: data, goesOn: true} }

// atOnce is the endpoint with the first piece there as soon as the head is.
func atOnce(e *scriptedEndpoint) *scriptedEndpoint {
	e.more = true
	return e
}

// reset forgets what the endpoint got.
func (e *scriptedEndpoint) reset() {
	e.request, e.sent = e.request[:0], e.sent[:0]
	e.heard, e.read, e.ended, e.pieces, e.sentEnd = 0, 0, 0, 0, 0
	e.mu.Lock()
	defer e.mu.Unlock()
	e.awaited, e.interrupts, e.sentAll = e.awaited[:0], 0, false
}

// begin makes the endpoint ready for a request.
func (e *scriptedEndpoint) begin(t testing.TB) {
	e.t = t
	e.finished, e.stopped = make(chan struct{}), make(chan struct{})
}

func (e *scriptedEndpoint) call(name string) {
	if e.trace != nil {
		e.trace(name)
	}
}

func (e *scriptedEndpoint) Traits() endpoint.Traits { return e.traits }

func (e *scriptedEndpoint) Send(r *endpoint.Request) (int, error) {
	e.call("Send")
	e.request, e.whole, e.wait = append(e.request, r.Text...), r.Whole, r.Wait
	if e.sendErr != nil {
		return 0, e.sendErr
	}
	return len(r.Text), nil
}

func (e *scriptedEndpoint) SendBody(p []byte, last bool, trailer []byte) error {
	e.sent = append(e.sent, p...)
	e.pieces++
	if e.takes != nil {
		if err := e.takes(e.pieces); err != nil {
			return err
		}
	}
	if last {
		e.sentEnd++
		e.sentTrail = string(trailer)
		if !e.traits.Streamed {
			e.sentTrail = ""
		}
	}
	return nil
}

// Await is called when the whole request was sent.
func (e *scriptedEndpoint) Await(limit time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.awaited = append(e.awaited, limit)
	if !e.sentAll {
		e.sentAll = true
		close(e.finished)
	}
}

func (e *scriptedEndpoint) ReadHead(r *endpoint.Response) error {
	e.call("ReadHead")
	e.response = r
	if e.heard >= len(e.heads) {
		e.t.Error("more heads were read than there are")
		return fault.EndpointGone
	}
	e.heard++
	return e.heads[e.heard-1](e, r)
}

func (e *scriptedEndpoint) ReadBody(p []byte, idle time.Duration) (int, error) {
	if idle == endpoint.NoWait && !e.more {
		if e.looks++; e.read == len(e.body) || e.body[e.read].looks == 0 ||
			e.looks < e.body[e.read].looks {
			return 0, fault.EndpointSlow
		}
	} else if idle != endpoint.NoWait {
		e.idle = idle
	}
	if len(p) == 0 {
		return 0, nil // as a connection: waiting needs the buffer
	}
	if e.read == len(e.body) {
		e.response.Trailer = append(e.response.Trailer, e.trailer...)
		return 0, io.EOF
	}
	step := &e.body[e.read]
	e.read++
	if step.first != nil {
		step.first()
	}
	if step.waits {
		<-e.stopped
		return 0, fault.EndpointStopped
	}
	n := copy(p, step.data)
	e.more = n == len(p) || step.goesOn
	return n, step.err
}

func (e *scriptedEndpoint) Bind() { e.bound = true }

func (e *scriptedEndpoint) Interrupt() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.interrupts++; e.interrupts == 1 {
		close(e.stopped)
	}
}

// interrupted reports whether the side was.
func (e *scriptedEndpoint) interrupted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.interrupts > 0
}

func (e *scriptedEndpoint) Tunnel() tunnel.End { return e.far }

func (e *scriptedEndpoint) End(how endpoint.Ending) {
	e.call("End")
	e.ending = how
	e.ended++
}

// got is the head that came and what stood behind it.
func (e *scriptedEndpoint) got() (head, body string) {
	h, b, _ := bytes.Cut(e.request, []byte("\r\n\r\n"))
	return string(h) + "\r\n\r\n", string(b)
}

// noWay is the fault of an endpoint that cannot be reached.
var noWay = &fault.Error{
	Side: fault.Endpoint, Kind: fault.Unreachable, Code: gwerr.UpstreamConnect, Unseen: true,
	Err: errors.New("refused"),
}
