package l7

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// responseLimits bound the head of a response. They are wider than those for
// requests: upstreams are chosen, clients are not.
var responseLimits = http1.Limits{HeadBytes: 64 << 10, Fields: 256}

// maxInterim bounds the 1xx responses before a final one.
const maxInterim = 32

var (
	errTooManyInterim = &http1.Error{Code: gwerr.UpstreamProtocol, Reason: "there are too many 1xx responses"}
	errSwitch         = &http1.Error{Code: gwerr.UpstreamProtocol, Reason: "it switches to a protocol that was not asked for"}
	errHeadTooLarge   = &http1.Error{Code: gwerr.UpstreamProtocol, Reason: "the header section is longer than allowed"}
)

// receive reads the response and sends it on.
func (c *conn) receive(x *exchange, up *upstream.Conn) verdict {
	interim := 0
	for {
		if err := c.readHead(x, up); err != nil {
			return c.responseFailed(x, up, err)
		}
		if !x.resp.Informational() {
			break
		}
		if x.resp.Status == 101 {
			if len(x.req.Upgrade) == 0 || !x.resp.UpgradedTo(x.req.Upgrade) || !x.consumed() {
				return c.responseFailed(x, up, errSwitch)
			}
			return c.switchProtocols(x, up)
		}
		if interim++; interim > maxInterim {
			return c.responseFailed(x, up, errTooManyInterim)
		}
		if x.req.Minor == 0 {
			continue // an HTTP/1.0 client knows no 1xx (RFC 9110 section 15.2)
		}
		x.replay = false // its bytes are overwritten
		x.out = appendResponseHead(x.out[:0], x, framing{length: -1})
		if _, err := c.sock.Write(x.out); err != nil {
			return c.responseFailed(x, up, netx.ErrInterrupted)
		}
	}
	x.endpoint.health.Record(statusOutcome(x.resp.Status))
	if x.route.Retry.Status(x.resp.Status) && x.replay && x.req.Method.Idempotent() {
		if v, retried := c.retryStatus(x, up); retried {
			return v
		}
	}
	x.upstreamTime = x.since()
	x.status = x.resp.Status
	return c.respond(x, up, interim > 0)
}

// readHead reads a response head; its bytes up to now are in x.ub.
func (c *conn) readHead(x *exchange, up *upstream.Conn) error {
	x.resp.Reset(responseLimits)
	for {
		n, err := x.resp.Parse(x.ub.bytes())
		if err == nil {
			x.ub.r += n
			return nil
		}
		if err != http1.ErrNeedMore {
			return err
		}
		if !x.ub.room(responseLimits.HeadBytes + 64) {
			return errHeadTooLarge
		}
		n, err = up.Read(x.ub.space())
		if err != nil {
			return err
		}
		x.ub.w += n
	}
}

// responseFailed ends an exchange that has no final response head.
func (c *conn) responseFailed(x *exchange, up *upstream.Conn, err error) verdict {
	clients := c.endUpload(x)
	present := c.sock.EndCancel()
	up.Discard()
	if fault := (*http1.Error)(nil); errors.As(clients, &fault) {
		return c.answer(x, fault.Code, fault.Reason, "")
	}
	switch {
	case errors.Is(clients, netx.ErrTimeout):
		return c.answer(x, gwerr.RequestTimeout, "the request body did not come in time", "")
	case clients != nil || !present:
		return c.clientGone(x)
	case x.upload != nil && x.upload.stalled:
		x.endpoint.health.Record(health.Timeout)
		return c.answer(x, gwerr.UpstreamTimeout, "the endpoint did not take the request body in time", "")
	}
	if o, ok := failureOutcome(err); ok {
		x.endpoint.health.Record(o)
	}
	if x.replay && isClosed(err) && !isMalformed(err) && x.req.Method.Idempotent() && c.tryAgain(x, x.route.Retry.Reset, failedReset) {
		return again
	}
	return c.upstreamFailed(x, err)
}

// isMalformed reports an error that the response itself is: an endpoint that
// speaks nonsense is not asked again.
func isMalformed(err error) bool {
	var protocol *http1.Error
	return errors.As(err, &protocol)
}

// retryStatus sends the request once more in place of passing on the response
// whose head has been read, if it may. That response's connection is used again
// if the response is all there.
func (c *conn) retryStatus(x *exchange, up *upstream.Conn) (v verdict, retried bool) {
	kind, length := x.resp.Body(x.req.Method)
	whole := kind == http1.NoBody && x.ub.len() == 0 || kind == http1.LengthBody && int64(x.ub.len()) == length
	if !c.tryAgain(x, true, failedStatus) {
		return wait, false
	}
	if !c.sock.EndCancel() {
		up.Discard()
		return c.clientGone(x), true
	}
	if whole && x.resp.KeepAlive {
		up.SetReadDeadline(0)
		up.Release()
	} else {
		up.Discard()
	}
	return again, true
}

// endUpload ends the upload, if there is one, and tells how the client made it
// fail, if it did.
func (c *conn) endUpload(x *exchange) error {
	if x.upload == nil {
		return nil
	}
	return x.upload.join()
}

// consumed reports whether the whole request body has been read from the client.
func (x *exchange) consumed() bool { return x.upload == nil || x.upload.consumed.Load() }

// uploaded reports whether the whole request body has been sent upstream.
func (x *exchange) uploaded() bool { return x.upload == nil || x.upload.finished.Load() }

// respond sends a final response to the client.
func (c *conn) respond(x *exchange, up *upstream.Conn, continued bool) verdict {
	kind, length := x.resp.Body(x.req.Method)
	f := framing{length: -1}
	switch kind {
	case http1.NoBody:
		if x.resp.Status != 204 {
			f.length = x.resp.ContentLength() // of HEAD and 304: about a body that does not come
		}
	case http1.LengthBody:
		f.length = length
	default:
		f.chunked = x.req.Minor == 1
		f.close = !f.chunked
	}
	if !x.req.KeepAlive || c.closing() {
		f.close = true
	}
	if u := x.upload; u != nil {
		u.responding()
		if !x.consumed() && (x.status >= 400 || x.req.ExpectContinue && !continued) {
			// The rest of the body will hardly come, and cannot be waited for.
			f.close = true
		}
	}
	x.out = appendResponseHead(x.out[:0], x, f)
	x.body.Reset(kind, length)

	if err := c.sendFirst(x, up, f.chunked); err != nil {
		return c.bodyFailed(x, up, err, f)
	}
	if !x.body.Done() {
		if err := c.stream(x, up, f.chunked); err != nil {
			return c.bodyFailed(x, up, err, f)
		}
	}
	return c.finishResponse(x, up, kind, f)
}

// What the client's side of the connection did while a response was sent.
var (
	errClient     = errors.New("l7: writing to the client failed")
	errClientSlow = errors.New("l7: the client does not take the response")
)

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

// sendFirst sends the head with what came behind it.
func (c *conn) sendFirst(x *exchange, up *upstream.Conn, chunked bool) error {
	for x.ub.len() > 0 && !x.body.Done() {
		data, n, err := x.body.Next(x.ub.bytes())
		x.ub.r += n
		if err != nil {
			_, _ = c.sock.Write(x.out) // the rest will be missing visibly
			return err
		}
		x.answerBytes += int64(len(data))
		x.out = appendBody(x.out, data, chunked)
	}
	if chunked && x.body.Done() {
		x.out = http1.AppendLastChunk(x.out, x.body.Trailer)
	}
	return c.send(x.out)
}

// spliceFrom is the size of a body from which it is moved through a pipe rather
// than copied (measured: docs/performance.md).
const spliceFrom = 256 << 10

// stream sends the rest of a body as it comes.
func (c *conn) stream(x *exchange, up *upstream.Conn, chunked bool) error {
	idle := c.config.Timeouts.BodyIdle
	if isEventStream(&x.resp) {
		idle = 0 // may be silent for as long as it likes
	}
	if x.body.Remaining() >= spliceFrom && c.sock.Secured() == nil && up.Secured() == nil {
		if pipe := netx.BorrowPipe(); pipe != nil {
			defer pipe.Release()
			return c.move(x, up, pipe, idle)
		}
	}
	block := streams.Get().(*[streamBuffer]byte)
	defer streams.Put(block)
	buf := block[:]
	for !x.body.Done() {
		runtime.Gosched() // see move
		up.SetReadDeadline(idle)
		n, err := up.Read(buf)
		if err == io.EOF {
			err = x.body.EOF()
			n = 0
		}
		if err != nil {
			return err
		}
		if err := c.passOn(x, buf[:n], chunked); err != nil {
			return err
		}
	}
	return nil
}

// move sends the rest of a body of known length without looking at it.
func (c *conn) move(x *exchange, up *upstream.Conn, pipe *netx.Pipe, idle time.Duration) error {
	for !x.body.Done() {
		// Where both sides are fast nothing here waits, and the scheduler would
		// take the processor away only every 10 ms: small requests come between.
		runtime.Gosched()
		up.SetReadDeadline(idle)
		n, err := pipe.Fill(up.Sock, x.body.Remaining())
		if err == io.EOF {
			return x.body.EOF()
		}
		if err != nil {
			return err
		}
		x.body.Skip(int64(n))
		x.answerBytes += int64(n)
		if err := pipe.Drain(c.sock); err != nil {
			return clientError(err)
		}
	}
	return nil
}

// passOn sends one read's worth of a body.
func (c *conn) passOn(x *exchange, p []byte, chunked bool) error {
	raw := x.body.Framing() != http1.ChunkedBody && !chunked
	x.out = x.out[:0]
	for len(p) > 0 && !x.body.Done() {
		data, n, err := x.body.Next(p)
		if err != nil {
			return err
		}
		p = p[n:]
		x.answerBytes += int64(len(data))
		if raw {
			if err := c.send(data); err != nil {
				return err
			}
			continue
		}
		x.out = appendBody(x.out, data, chunked)
	}
	if len(p) > 0 {
		x.excess = true
	}
	if chunked && x.body.Done() {
		x.out = http1.AppendLastChunk(x.out, x.body.Trailer)
	}
	if len(x.out) == 0 {
		return nil
	}
	return c.send(x.out)
}

// bodyFailed ends an exchange whose response body broke off. The client must
// see that, so its connection cannot go on.
func (c *conn) bodyFailed(x *exchange, up *upstream.Conn, err error, f framing) verdict {
	_ = c.endUpload(x)
	gone := !c.sock.EndCancel() || err == errClient
	up.Discard()
	if err == errClientSlow {
		// What the kernel holds for it would stay there for as long as it likes.
		x.code = gwerr.RequestTimeout
		return abort
	}
	if gone {
		return c.clientGone(x)
	}
	if o, ok := failureOutcome(err); ok {
		x.endpoint.health.Record(o) // beside the success its head was
	}
	var protocol *http1.Error
	switch {
	case errors.As(err, &protocol):
		x.code = gwerr.UpstreamProtocol
	case errors.Is(err, netx.ErrTimeout):
		x.code = gwerr.UpstreamTimeout
	default:
		x.code = gwerr.UpstreamReset
	}
	if !f.chunked && f.length < 0 {
		return abort // a close would be the end of the body
	}
	return hangUp
}

// finishResponse gives the upstream connection back, if it is fit, and says how
// the client's goes on.
func (c *conn) finishResponse(x *exchange, up *upstream.Conn, kind http1.Framing, f framing) verdict {
	fault := c.endUpload(x)
	fit := fault == nil && x.uploaded() && x.resp.KeepAlive && kind != http1.CloseBody && x.ub.len() == 0 && !x.excess
	if !c.sock.EndCancel() || !fit {
		up.Discard()
	} else {
		up.SetReadDeadline(0)
		up.Release()
	}
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

// isEventStream reports server-sent events, whose pauses mean nothing.
func isEventStream(r *http1.ResponseHead) bool {
	const want = "text/event-stream"
	f := r.Find(http1.FieldContentType)
	if f == nil {
		return false
	}
	v := r.Value(f)
	return len(v) >= len(want) && bytes.EqualFold(v[:len(want)], []byte(want))
}
