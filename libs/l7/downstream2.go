package l7

import (
	"io"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// stream is the client's side of one exchange over HTTP/2.
type stream struct {
	*http2.Stream
	conn     *conn
	headSent bool // of the final response
	// behind says that nothing of a body had come when the request was looked at, and that
	// the head was not its end.
	behind bool
}

func (s *stream) protocol(*exchange) string { return "HTTP/2" }

func (s *stream) version(*exchange) string { return "2.0" }

func (s *stream) reply(x *exchange, a *answer) verdict {
	if x.grpc.on {
		x.out = appendGRPCAnswer(x.out[:0], a)
		addLines(s.Fields(), x.out)
		s.headSent = true
		return streamVerdict(s.WriteHead(200, nil, true))
	}
	body := a.body(make([]byte, 0, 512))
	x.out = a.fields(x.out[:0], len(body))
	addLines(s.Fields(), x.out)
	if a.head {
		body = nil
	}
	s.headSent = true
	return streamVerdict(s.WriteHead(a.status(), body, true))
}

// streamVerdict is how an exchange ended, for whom it matters: the connection goes on.
func streamVerdict(err error) verdict {
	if err != nil {
		return hangUp
	}
	return wait
}

func (s *stream) cancelOnHangup(h *netx.Hook) { s.OnCancel(h.Target) }
func (s *stream) endCancel() bool             { return s.EndCancel() }
func (s *stream) left() bool                  { return s.Cause() != nil }
func (s *stream) isCut() bool                 { return s.conn.cutOff.Load() }
func (s *stream) stopReading()                { s.StopReading() }
func (s *stream) resumeReading()              { s.ResumeReading() }

func (s *stream) readBody(u *upload) (done bool, err error) {
	// A stream that waits holds no buffer.
	if _, err := s.ReadBody(nil); err != nil {
		return s.bodyEnd(u, err)
	}
	block := streams.Get().(*[streamBuffer]byte)
	defer streams.Put(block)
	n, err := s.ReadBody(block[:])
	if err != nil {
		return s.bodyEnd(u, err)
	}
	if err := u.put(block[:n], 0); err != nil {
		return false, err
	}
	unread, whole := s.Whole()
	if whole && unread == 0 {
		return s.bodyEnd(u, nil)
	}
	return false, nil
}

// bodyEnd says what the end of a request body means.
func (s *stream) bodyEnd(u *upload, err error) (done bool, fault error) {
	switch err {
	case nil, io.EOF:
		u.trailer = appendTrailer(u.trailer[:0], s.Trailer())
		return true, nil
	case http2.ErrTimeout:
		return false, netx.ErrTimeout
	case http2.ErrEnded:
		return false, netx.ErrInterrupted // by stopReading
	}
	return false, err
}

func (s *stream) interim(x *exchange) error {
	x.out = appendResponseHead(x.out[:0], x, framing{length: -1})
	addLines(s.Fields(), afterStart(x.out))
	return s.WriteInterim(x.resp.Status)
}

func (s *stream) frame(x *exchange, kind http1.Framing, length int64) framing {
	return framing{length: x.lengthField(kind, length)}
}

func (s *stream) head(x *exchange, f framing) {
	x.out = appendResponseHead(x.out[:0], x, f)
	addLines(s.Fields(), afterStart(x.out))
	x.out = x.out[:0]
}

func (s *stream) flush(x *exchange, _ framing, last bool) error {
	return s.write(x, x.out, last)
}

func (s *stream) pass(x *exchange, data []byte, last bool) error { return s.write(x, data, last) }

func (s *stream) write(x *exchange, data []byte, last bool) error {
	trailer := last && len(x.body.Trailer) > 0
	var err error
	switch {
	case !s.headSent:
		s.headSent = true
		err = s.WriteHead(x.status, data, last && !trailer)
	case len(data) > 0 || last && !trailer:
		err = s.WriteBody(data, last && !trailer)
	}
	if err == nil && trailer {
		addLines(s.Fields(), x.body.Trailer)
		err = s.WriteTrailers()
	}
	switch err {
	case nil:
		return nil
	case http2.ErrStalled:
		return errClientSlow
	}
	return errClient
}

func (s *stream) narrow() bool { return s.Window() < streamBuffer }

func (s *stream) plain() *netx.Sock { return nil }

// finish has nothing to do: what the client still sends is not wanted, which the end
// of the handler tells it.
func (s *stream) finish(*exchange, framing, error) verdict { return wait }

// broken ends a gRPC call with a status, which its response has room for at its end.
func (s *stream) broken(x *exchange, _ framing) verdict {
	if !x.grpc.on {
		s.Reset(http2.CodeInternal)
		return hangUp
	}
	x.out = appendGRPCStatus(x.out[:0], &answer{code: x.code, message: "the response broke off"})
	addLines(s.Fields(), x.out)
	return streamVerdict(s.WriteTrailers())
}

func (s *stream) tunnel(x *exchange, _ tunnelEnd) (e tunnelEnd, early []byte, err error) {
	x.status = 200 // RFC 8441 section 5
	x.out = appendResponseHead(x.out[:0], x, framing{length: -1})
	addLines(s.Fields(), afterStart(x.out))
	x.answerBytes += int64(x.ub.len())
	s.headSent = true
	if err := s.WriteHead(200, x.ub.bytes(), false); err != nil {
		return nil, nil, err
	}
	return &streamEnd{stream: s.Stream, write: x.peer.config.Timeouts.BodyIdle}, nil, nil
}

func (s *stream) endTunnel() {}
