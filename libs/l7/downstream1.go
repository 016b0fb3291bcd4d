package l7

import (
	"bytes"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// What follows is conn as the downstream of its exchanges: HTTP/1.1.

func (c *conn) protocol(x *exchange) string {
	if x.req.Minor == 0 {
		return "HTTP/1.0"
	}
	return "HTTP/1.1"
}

func (c *conn) version(x *exchange) string {
	if x.req.Minor == 0 {
		return "1.0"
	}
	return "1.1"
}

// refuse answers bytes that are no request, then ends the connection: where the
// next request would begin is anybody's guess.
func (c *conn) refuse(e *http1.Error) verdict {
	x := c.x
	if bytes.HasPrefix(x.in.bytes(), []byte("HEAD ")) {
		x.req.Method = http1.MethodHead // what is wrong may come before the method is parsed
	}
	x.begin(0, c.peer, c)
	x.req.KeepAlive = false
	v := x.answer(e.Code, e.Reason, "")
	x.record()
	x.end()
	return v
}

// reply lets the connection go on only if the request has been read to its end.
func (c *conn) reply(x *exchange, a *answer) verdict {
	// An HTTP/1.0 client would have to be told that the connection stays; for an
	// error it may as well come again.
	keep := x.req.KeepAlive && x.req.Minor == 1 && x.upload == nil && (x.taken || x.bodyBuffered()) && !c.closing()
	if keep && !x.taken { // or what follows would be cut into: the next request
		x.in.r += int(x.req.ContentLength)
	}
	a.close = !keep
	x.out = appendAnswer(x.out[:0], a)
	if err := c.send(x.out); err != nil {
		return c.sendFailed(err)
	}
	if !keep {
		return hangUpOK
	}
	return wait
}

// send writes to the client.
func (c *conn) send(p []byte) error {
	_, err := c.sock.Write(p)
	return clientError(err)
}

func clientError(err error) error {
	switch err {
	case nil:
		return nil
	case netx.ErrTimeout:
		return errClientSlow
	default:
		return errClient
	}
}

// sendFailed ends a connection whose client does not take what is sent to it.
func (c *conn) sendFailed(err error) verdict {
	if err == errClientSlow {
		return abort
	}
	return hangUp
}

func (c *conn) cancelOnHangup(h *netx.Hook) { c.sock.CancelOnHangup(h) }
func (c *conn) endCancel() bool             { return c.sock.EndCancel() }
func (c *conn) left() bool                  { return c.sock.Ended() }
func (c *conn) isCut() bool                 { return c.cutOff.Load() }
func (c *conn) stopReading()                { c.sock.Interrupt() }
func (c *conn) resumeReading()              { c.sock.Resume() }

// readBody decodes what came with the head first, then what comes.
func (c *conn) readBody(u *upload) (done bool, err error) {
	x := u.x
	src := &x.in
	if u.begun {
		if src = &u.buf; src.b == nil {
			src.b = streams.Get().(*[streamBuffer]byte)[:]
		}
		c.sock.SetReadDeadline(c.config.Timeouts.BodyIdle)
		n, err := c.sock.Read(src.b)
		c.sock.SetReadDeadline(0)
		if err != nil {
			return false, err
		}
		src.r, src.w = 0, n
	}
	u.begun = true
	for src.len() > 0 && !x.reqBody.Done() {
		data, n, err := x.reqBody.Next(src.bytes())
		src.r += n
		if err != nil {
			return false, err
		}
		if err := u.put(data, x.reqBody.Ahead()); err != nil {
			return false, err
		}
	}
	u.trailer = x.reqBody.Trailer
	return x.reqBody.Done(), nil
}

func (c *conn) interim(x *exchange) error {
	x.out = appendResponseHead(x.out[:0], x, framing{length: -1})
	_, err := c.sock.Write(x.out)
	return err
}

func (c *conn) frame(x *exchange, kind http1.Framing, length int64) framing {
	if kind == http1.LengthBody && !x.origin.framed() && x.resp.Find(http1.FieldTrailer) != nil {
		kind = http1.CloseBody // only chunks leave room for a trailer section
	}
	f := framing{length: x.lengthField(kind, length)}
	if kind == http1.ChunkedBody || kind == http1.CloseBody {
		f.chunked = x.req.Minor == 1
		f.close = !f.chunked
	}
	if !x.req.KeepAlive || c.closing() {
		f.close = true
	}
	if !x.consumed() && (x.status >= 400 || x.req.ExpectContinue && !x.interim) {
		// The rest of the request's body will hardly come, and cannot be waited for.
		f.close = true
	}
	return f
}

// lengthField is the Content-Length of the response, -1 for none.
func (x *exchange) lengthField(kind http1.Framing, length int64) int64 {
	switch {
	case kind == http1.LengthBody:
		return length
	case kind == http1.NoBody && x.resp.Status != 204:
		return x.resp.ContentLength() // of HEAD and 304: about a body that does not come
	}
	return -1
}

func (c *conn) head(x *exchange, f framing) { x.out = appendResponseHead(x.out[:0], x, f) }

func (c *conn) flush(x *exchange, f framing, last bool) error {
	if last && f.chunked {
		x.out = http1.AppendLastChunk(x.out, x.body.Trailer)
	}
	if len(x.out) == 0 {
		return nil
	}
	return c.send(x.out)
}

func (c *conn) pass(_ *exchange, data []byte, _ bool) error { return c.send(data) }

func (c *conn) narrow() bool { return false }

func (c *conn) plain() *netx.Sock {
	if c.sock.Secured() != nil {
		return nil
	}
	return c.sock
}

func (c *conn) finish(x *exchange, f framing, fault error) verdict {
	switch {
	case fault != nil || !x.consumed():
		return hangUpOK
	case f.close && x.in.len() == 0:
		return hangUp // nothing unread, so no reset
	case f.close:
		return hangUpOK
	}
	return wait
}

func (c *conn) broken(_ *exchange, f framing) verdict {
	if !f.chunked && f.length < 0 {
		return abort // a close would be the end of the body
	}
	return hangUp
}

func (c *conn) tunnel(x *exchange, other tunnelEnd) (e tunnelEnd, early []byte, err error) {
	c.through.Store(&other)
	c.sock.SetReadDeadline(0)
	x.out = appendResponseHead(x.out[:0], x, framing{length: -1})
	x.out = append(x.out, x.ub.bytes()...)
	x.answerBytes += int64(x.ub.len())
	if _, err := c.sock.Write(x.out); err != nil {
		return nil, nil, err
	}
	early = x.in.bytes()
	x.in.r = x.in.w
	return &sockEnd{sock: c.sock}, early, nil
}

func (c *conn) endTunnel() { c.through.Store(nil) }
