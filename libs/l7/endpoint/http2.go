package endpoint

import (
	"errors"
	"io"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// stream is a Side over HTTP/2: a stream of a connection that others use too.
type stream struct {
	stream *upstream.Stream
	own    *upstream.Own // has the connections of the client alone
	write  time.Duration
	// idle is how long reads may wait, as the reader has set it; unset: something else
	// has.
	idle time.Duration
	resp *Response // of the last ReadHead
}

// unset is no duration that a wait can have.
const unset = time.Duration(-1)

func (s *stream) Traits() Traits {
	return Traits{Reused: s.stream.Reused, Streamed: true, Hook: s.stream.Hook()}
}

// wait sets how long reads may wait. It is the reader's.
func (s *stream) wait(d time.Duration) {
	if d != s.idle {
		s.idle = d
		s.stream.SetWait(d, s.write)
	}
}

func (s *stream) Send(r *Request) (sent int, err error) {
	wait := r.Wait
	if !r.Whole {
		wait = 0 // the clock begins when the request has been sent
	}
	s.wait(wait)
	t, lines := heads.Target(r.Text[:r.HeadLen], r.Head.Upgrade, r.Secured)
	heads.AddLines(s.stream.Fields(), lines)
	body := r.Text[r.HeadLen:]
	end := r.Whole && len(r.Head.Upgrade) == 0
	err = s.stream.WriteHead(t, body, end)
	if err == http2.ErrAnswered && r.Whole {
		err = nil // the answer can be read
	}
	if err != nil && s.stream.Unprocessed() {
		return 0, s.failed(err)
	}
	return len(r.Text), s.failed(err)
}

func (s *stream) SendBody(p []byte, last bool, trailer []byte) error {
	if !last || len(trailer) == 0 {
		return s.failed(s.stream.WriteBody(p, last))
	}
	var err error
	if len(p) > 0 {
		err = s.stream.WriteBody(p, false)
	}
	if err == nil {
		heads.AddLines(s.stream.Fields(), trailer)
		err = s.stream.WriteTrailers()
	}
	return s.failed(err)
}

func (s *stream) Await(limit time.Duration) { s.stream.SetWait(limit, s.write) }

// ReadHead writes the head down as HTTP/1.1 would have it, and parses that.
func (s *stream) ReadHead(r *Response) error {
	status, end, err := s.stream.ReadHead()
	if err != nil {
		return s.failed(err)
	}
	s.idle = unset // the clock for the response was another
	s.resp = r
	r.Ended = end
	b := heads.AppendStreamResponse(r.Buffer.B[:0], status, s.stream.Head(), r.Request)
	r.Buffer.B, r.Buffer.R, r.Buffer.W = b[:cap(b)], 0, 0
	r.Head.Reset(r.Limits)
	if _, err := r.Head.Parse(b); err != nil {
		if err == http1.ErrNeedMore {
			return headTooLarge(r.Limits)
		}
		return malformed(err, nil, r.Limits)
	}
	return nil
}

func (s *stream) ReadBody(p []byte, idle time.Duration) (int, error) {
	switch {
	case idle != NoWait:
		s.wait(idle)
	case !s.stream.Ready():
		return 0, fault.EndpointSlow
	}
	n, err := s.stream.ReadBody(p)
	if err == io.EOF {
		s.resp.Trailer = heads.AppendTrailer(s.resp.Trailer[:0], s.stream.Trailer())
		return n, err
	}
	return n, s.failed(err)
}

func (s *stream) Interrupt() { s.stream.Interrupt() }
func (s *stream) Bind()      { s.stream.Bind(s.own) }

func (s *stream) Tunnel() tunnel.End { return &streamEnd{stream: s.stream, write: s.write} }

func (s *stream) End(e Ending) {
	lent := s.stream
	*s = stream{}
	if e.Interrupted {
		lent.Abandon() // the interrupt may be still to come
		return
	}
	lent.Release()
}

// failed makes a fault of an error of the stream.
func (s *stream) failed(err error) error {
	if err == nil {
		return nil
	}
	unseen := s.stream.Unprocessed()
	switch err {
	case netx.ErrInterrupted:
		if unseen {
			return fault.EndpointStopUnseen
		}
		return fault.EndpointStopped
	case http2.ErrHeadTooLarge:
		return errRequestTooLarge
	case http2.ErrTimeout, http2.ErrStalled:
		if unseen {
			return fault.EndpointSlowUnseen
		}
		return fault.EndpointSlow
	}
	broken, reset := err.(*http2.StreamError)
	if reset && !broken.ByPeer {
		return malformed(&http1.Error{Reason: broken.Reason}, nil, http1.Limits{})
	}
	f := &fault.Error{Side: fault.Endpoint, Kind: fault.Closed, Unseen: unseen, Err: err}
	if reset {
		f.Cause = cause.New(cause.StreamReset, "it reset the stream with "+broken.Code.String())
		return f
	}
	s.closedBy(f)
	return f
}

// closedBy adds to a fault why the connection of the stream has ended, as far as that is known.
func (s *stream) closedBy(f *fault.Error) {
	why := s.stream.Failure()
	broken := (*http2.ConnError)(nil)
	switch {
	case errors.As(why, &broken) && broken.ByPeer:
		f.Cause = upstream.GoneAway(broken)
	case broken != nil:
		// What ended the connection is what the endpoint did on it, maybe for another request.
		// The request is tried again where one is whose connection was closed.
		f.Code, f.Reason, f.Err = gwerr.UpstreamProtocol, broken.Reason, broken
		f.Cause = cause.New(cause.Malformed, "it broke the rules of HTTP/2: "+broken.Reason)
	case s.stream.PeerLeaves():
		f.Cause = cause.New(cause.GoAway, "it ended the connection with GOAWAY NO_ERROR and took "+
			"the request no more")
	case why != nil:
		f.Err = why
	}
}

// errRequestTooLarge says that the head of a request, or its trailer section, is larger than
// the endpoint has said it takes. That is no failure of the endpoint.
var errRequestTooLarge = &fault.Error{
	Side: fault.Endpoint, Kind: fault.Unsupported, Code: gwerr.HeadersTooLarge, Unseen: true,
	Reason: requestTooLarge, Cause: cause.New(cause.RequestTooLarge, requestTooLarge),
}

const requestTooLarge = "the header section is larger than the endpoint takes" +
	" (SETTINGS_MAX_HEADER_LIST_SIZE)"

// streamEnd is an end of a tunnel that is a stream to an endpoint.
type streamEnd struct {
	stream *upstream.Stream
	write  time.Duration
}

func (e *streamEnd) Receive(idle time.Duration, send func([]byte) error) error {
	e.stream.SetWait(idle, e.write)
	return tunnelError(tunnel.ReceiveStream(e.stream, send))
}

func (e *streamEnd) Send(p []byte) error { return tunnelError(e.stream.WriteBody(p, false)) }
func (e *streamEnd) CloseSend() error    { return tunnelError(e.stream.WriteBody(nil, true)) }
func (e *streamEnd) Interrupt()          { e.stream.Interrupt() }

// tunnelError is an error of a stream as a tunnel knows it.
func tunnelError(err error) error {
	if err == http2.ErrTimeout || err == http2.ErrStalled {
		return netx.ErrTimeout
	}
	return err
}
