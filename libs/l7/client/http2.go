package client

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// HTTP2 is a Side that is a stream of a connection with HTTP/2. The zero value is
// ready for Begin, which assigns it whole.
type HTTP2 struct {
	stream *http2.Stream
	// idle bounds waits for bytes that go to the client through a tunnel.
	idle     time.Duration
	status   int // of the final response, once it has begun
	headSent bool
	trailer  []byte
}

// Begin makes the side that of a stream. idle is how long a body may pause.
func (s *HTTP2) Begin(stream *http2.Stream, idle time.Duration) {
	*s = HTTP2{stream: stream, idle: idle, trailer: s.trailer[:0]}
}

// MayPause lets the request's body pause for another time than Begin was told, as a gRPC call
// may; 0 is for ever.
func (s *HTTP2) MayPause(idle time.Duration) { s.stream.SetIdle(idle, s.idle) }

// Broke says what the client did with the stream that it was reset for, "" where nothing was.
func (s *HTTP2) Broke() string {
	if s.stream != nil {
		if wrong := s.stream.Broken(); wrong != nil {
			return wrong.Reason
		}
	}
	return ""
}

// Finish ends the side's hold on its stream.
func (s *HTTP2) Finish() { *s = HTTP2{trailer: s.trailer[:0]} }

// Watch is Side's.
func (s *HTTP2) Watch(h *netx.Hook) { s.stream.OnCancel(h.Target) }

// Unwatch is Side's.
func (s *HTTP2) Unwatch() bool { return s.stream.EndCancel() }

// Left is Side's.
func (s *HTTP2) Left() bool { return s.stream.Cause() != nil }

// LastWord is Side's. Its connection is ended when the time is over.
func (s *HTTP2) LastWord() {}

// StopReading is Side's.
func (s *HTTP2) StopReading(stop bool) {
	if stop {
		s.stream.StopReading()
	} else {
		s.stream.ResumeReading()
	}
}

// ReadBody is Side's. A stream that waits holds no buffer.
func (s *HTTP2) ReadBody(sink Sink) (End, error) {
	if _, err := s.stream.ReadBody(nil); err != nil {
		return s.bodyEnd(err)
	}
	block := buffers.Borrow()
	defer block.Release()
	n, err := s.stream.ReadBody(block[:])
	if err != nil {
		return s.bodyEnd(err)
	}
	if err := sink.Put(block[:n], 0); err != nil {
		return End{}, err
	}
	if unread, whole := s.stream.Whole(); whole && unread == 0 {
		return s.bodyEnd(io.EOF)
	}
	return End{}, nil
}

// bodyEnd says what the end of a request's body means.
func (s *HTTP2) bodyEnd(err error) (End, error) {
	switch err {
	case io.EOF:
		s.trailer = heads.AppendTrailer(s.trailer[:0], s.stream.Trailer())
		return End{Done: true, Trailer: s.trailer}, nil
	case http2.ErrTimeout:
		return End{}, fault.ClientSlow
	case http2.ErrEnded:
		return End{}, fault.ClientStopped // by StopReading
	}
	if wrong := (*http2.StreamError)(nil); errors.As(err, &wrong) && !wrong.ByPeer {
		return End{}, fault.Bad(fault.Client, gwerr.BadRequest, wrong.Reason)
	}
	return End{}, fault.ClientGone
}

// WriteHead is Side's. A final head leaves with the first Write.
func (s *HTTP2) WriteHead(status int, text []byte) (pending []byte, err error) {
	heads.AddLines(s.stream.Fields(), heads.AfterStart(text))
	if status >= 200 {
		s.status = status
		return text[:0], nil
	}
	return nil, written(s.stream.WriteInterim(status))
}

// Write is Side's.
func (s *HTTP2) Write(p []byte, last bool, trailer []byte) error {
	end := last && len(trailer) == 0
	var err error
	switch {
	case !s.headSent:
		s.headSent = true
		err = s.stream.WriteHead(s.status, p, end)
	case len(p) > 0 || end:
		err = s.stream.WriteBody(p, end)
	}
	if err == nil && last && len(trailer) > 0 {
		heads.AddLines(s.stream.Fields(), trailer)
		err = s.stream.WriteTrailers()
	}
	return written(err)
}

// written makes a fault of an error of writing to the client.
func written(err error) error {
	switch err {
	case nil:
		return nil
	case http2.ErrStalled:
		return fault.ClientSlow
	}
	return fault.ClientGone
}

// Room is Side's.
func (s *HTTP2) Room() int { return s.stream.Window() }

// Break is Side's. A gRPC call ends with a status, for which its response has room at
// its end; all else is reset.
func (s *HTTP2) Break(end []byte) {
	if end == nil {
		s.stream.Reset(http2.CodeInternal)
		return
	}
	heads.AddLines(s.stream.Fields(), end)
	_ = s.stream.WriteTrailers() // a client that is gone learns nothing
}

// Tunnel is Side's.
func (s *HTTP2) Tunnel(
	text, behind []byte, _ tunnel.End,
) (end tunnel.End, early []byte, err error) {
	heads.AddLines(s.stream.Fields(), heads.AfterStart(text))
	s.headSent = true
	// What HTTP/1.1 calls 101 (RFC 8441 section 5).
	if err := written(s.stream.WriteHead(200, behind, false)); err != nil {
		return nil, nil, err
	}
	return &streamEnd{stream: s.stream, write: s.idle}, nil, nil
}

// streamEnd is an end of a tunnel that is a stream of a client's.
type streamEnd struct {
	stream *http2.Stream
	write  time.Duration
}

func (e *streamEnd) Receive(idle time.Duration, send func([]byte) error) error {
	e.stream.SetIdle(idle, e.write)
	if err := tunnel.ReceiveStream(e.stream, send); err != http2.ErrTimeout {
		return err
	}
	return netx.ErrTimeout
}

func (e *streamEnd) Send(p []byte) error { return e.stream.WriteBody(p, false) }
func (e *streamEnd) CloseSend() error    { return e.stream.WriteBody(nil, true) }
func (e *streamEnd) Interrupt()          { e.stream.Reset(http2.CodeCancel) }

// A Taken is a request that was taken over from a stream.
type Taken struct {
	// HeadLen is how many bytes of the buffer are the head. What of the body is complete
	// is behind it.
	HeadLen int
	// EndsBehind says that nothing of a body has come, and that the head was not the end
	// of the request.
	EndsBehind bool
}

// Take writes the head of a stream's request down as HTTP/1.1 would have it, into in,
// and parses it into head. A body that is complete and has at most most bytes is read
// into the buffer too, unless a trailer section came with it.
func Take(
	s *http2.Stream, in *buffers.Buffer, head *http1.RequestHead, limits http1.Limits, most int,
) (t Taken, err *http1.Error) {
	r := s.Request()
	// The fields have been counted. HTTP/1.1 has some more for the same request.
	head.Reset(limits.Plus(moreFields, moreBytes))
	// For the log, where the head cannot be parsed. A query may have secrets.
	path, _, _ := bytes.Cut(r.Path, question)
	head.MethodName, head.Authority, head.Path, head.Minor = r.Method, r.Authority, path, 1
	if r.Wrong != nil {
		hideParts(head)
	}
	if string(r.Method) == "HEAD" {
		head.Method = http1.MethodHead // its answer has no body
	}
	switch {
	case r.Wrong != nil:
		return t, &http1.Error{Code: gwerr.BadRequest, Reason: r.Wrong.Reason}
	case r.TooLarge:
		return t, errTooLarge
	}
	came, length := s.Arrived(), r.ContentLength
	// What comes behind a CONNECT is no body.
	whole := came.Whole && came.Unread <= most && !came.Trailer && !r.Connect
	if came.Body && came.Unread == 0 && !r.Connect && r.ContentLength <= 0 {
		// A frame behind the head ends the request, or will: one that has come already goes
		// on like one that comes later. Servers of gRPC wait for it.
		whole, t.EndsBehind = false, true
	}
	if whole {
		length = int64(came.Unread)
	}
	body := came.Body || whole && r.ContentLength >= 0
	b := heads.AppendStreamRequest(in.B[:0], r, s.Head(), body, length)
	t.HeadLen = len(b)
	if whole && came.Unread > 0 {
		b = append(b, make([]byte, came.Unread)...)
		if k, _ := s.ReadBody(b[t.HeadLen:]); k != came.Unread {
			return Taken{}, errBodyGone
		}
	}
	in.B, in.R, in.W = b[:cap(b)], 0, len(b)
	if _, err := head.Parse(b[:t.HeadLen]); err != nil {
		if broken := (*http1.Error)(nil); errors.As(err, &broken) {
			return t, broken
		}
		return t, errNotWritten
	}
	return t, nil
}

// hideParts takes out what may hold a password: what should be a host or a path, and is none.
func hideParts(head *http1.RequestHead) {
	if !http1.ValidAuthority(head.Authority) {
		head.Authority = nil
	}
	if len(head.Path) > 0 && head.Path[0] != '/' {
		head.Path = nil
	}
}

// How much a head can have more as HTTP/1.1 has it: the length, and what a tunnel takes.
const (
	moreFields = 4
	moreBytes  = 256
)

var question = []byte("?")

var (
	errTooLarge = &http1.Error{
		Code: gwerr.HeadersTooLarge, Reason: "the header section is longer than allowed",
	}
	errBodyGone = &http1.Error{
		Code: gwerr.BadRequest, Reason: "the stream ended within its body",
	}
	errNotWritten = &http1.Error{
		Code: gwerr.Internal, Reason: "the request could not be taken over from HTTP/2",
	}
)
