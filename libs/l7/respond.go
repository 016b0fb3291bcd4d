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
)

// responseLimits bound the head of a response. They are wider than those for
// requests: upstreams are chosen, clients are not.
var responseLimits = http1.Limits{HeadBytes: 64 << 10, Fields: 256}

// maxInterim bounds the 1xx responses before a final one.
const maxInterim = 32

var (
	errTooManyInterim = &http1.Error{Code: gwerr.UpstreamProtocol, Reason: "there are too many 1xx responses"}
	errSwitch         = &http1.Error{Code: gwerr.UpstreamProtocol, Reason: "it switches to a protocol that was not asked for"}
	errNoSwitch       = &http1.Error{Code: gwerr.UpstreamProtocol, Reason: "it does not switch to the protocol that was asked for, and calls that a success"}
	errHeadTooLarge   = &http1.Error{Code: gwerr.UpstreamProtocol, Reason: "the header section is longer than allowed"}
)

// receive reads the response and sends it on.
func (x *exchange) receive() verdict {
	interim := 0
	for {
		if err := x.origin.readHead(x); err != nil {
			return x.responseFailed(err)
		}
		if !x.resp.Informational() {
			break
		}
		if x.resp.Status == 101 {
			if len(x.req.Upgrade) == 0 || !x.resp.UpgradedTo(x.req.Upgrade) || !x.consumed() {
				return x.responseFailed(errSwitch)
			}
			return x.switchProtocols()
		}
		if interim++; interim > maxInterim {
			return x.responseFailed(errTooManyInterim)
		}
		if x.req.Minor == 0 {
			continue // an HTTP/1.0 client knows no 1xx (RFC 9110 section 15.2)
		}
		x.replay, x.interim = false, true // and its bytes are overwritten
		if err := x.down.interim(x); err != nil {
			return x.responseFailed(netx.ErrInterrupted)
		}
	}
	if x.tunnel && x.resp.Status < 300 {
		return x.responseFailed(errNoSwitch) // to the client that would be an open tunnel
	}
	x.endpoint.Health.Record(x.outcome())
	if x.replay && (x.route.Retry.Status(x.resp.Status) && x.req.Method.Idempotent() || x.grpc.on && x.route.Retry.GRPC(x.endedWith())) {
		if v, retried := x.retryStatus(); retried {
			return v
		}
	}
	x.upstreamTime = x.since()
	x.status = x.resp.Status
	return x.respond()
}

// responseFailed ends an exchange that has no final response head.
func (x *exchange) responseFailed(err error) verdict {
	clients := x.endUpload()
	present := x.down.endCancel()
	unseen, reused := x.origin.unseen(), x.origin.reused()
	x.discard(!present)
	if fault := (*http1.Error)(nil); errors.As(clients, &fault) {
		return x.answer(fault.Code, fault.Reason, "")
	}
	switch {
	case errors.Is(clients, netx.ErrTimeout):
		return x.answer(gwerr.RequestTimeout, "the request body did not come in time", "")
	case clients != nil || !present:
		return x.clientGone()
	case x.upload != nil && x.upload.stalled:
		x.endpoint.Health.Record(health.Timeout)
		return x.answer(gwerr.UpstreamTimeout, "the endpoint did not take the request body in time", "")
	}
	if x.sendAgain(err, unseen, reused) {
		return again
	}
	return x.upstreamFailed(err)
}

// retryStatus sends the request once more in place of passing on the response
// whose head has been read, if it may. That response's connection is used again
// if the response is all there.
func (x *exchange) retryStatus() (v verdict, retried bool) {
	kind, length := x.resp.Body(x.req.Method)
	whole := kind == http1.NoBody && x.ub.len() == 0 || kind == http1.LengthBody && int64(x.ub.len()) == length
	if !x.tryAgain(true, failedStatus) {
		return wait, false
	}
	if !x.down.endCancel() {
		x.discard(true)
		return x.clientGone(), true
	}
	x.origin.release(x, whole && x.resp.KeepAlive)
	x.origin = nil
	return again, true
}

// endUpload ends the upload, if there is one, and tells how the client made it
// fail, if it did.
func (x *exchange) endUpload() error {
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
func (x *exchange) respond() verdict {
	if u := x.upload; u != nil {
		u.responding()
	}
	kind, length, own := x.origin.body(x)
	f := x.down.frame(x, kind, length)
	x.down.head(x, f)
	x.body.Reset(own, length)
	err := x.sendFirst(f)
	if err == nil && !x.body.Done() {
		err = x.stream(f)
	}
	if err != nil {
		return x.bodyFailed(err, f)
	}
	fault := x.endUpload()
	fit := fault == nil && x.uploaded() && x.resp.KeepAlive && kind != http1.CloseBody && x.ub.len() == 0 && !x.excess
	if x.down.endCancel() {
		x.origin.release(x, fit)
		x.origin = nil
	} else {
		x.discard(true)
	}
	return x.down.finish(x, f, fault)
}

// What the client's side of the connection did while a response was sent.
var (
	errClient     = errors.New("l7: writing to the client failed")
	errClientSlow = errors.New("l7: the client does not take the response")
)

// sendFirst sends the head with what came behind it.
func (x *exchange) sendFirst(f framing) error {
	for x.ub.len() > 0 && !x.body.Done() {
		data, n, err := x.body.Next(x.ub.bytes())
		x.ub.r += n
		if err != nil {
			_ = x.down.flush(x, f, false) // the rest will be missing visibly
			return err
		}
		x.answerBytes += int64(len(data))
		if len(x.out) == 0 && x.isRaw(f) {
			return x.down.pass(x, data, x.body.Done())
		}
		x.out = appendBody(x.out, data, f.chunked)
	}
	return x.down.flush(x, f, x.body.Done())
}

// isRaw reports whether a read's worth of the body is one piece of it, and goes on as it is.
func (x *exchange) isRaw(f framing) bool { return x.body.Framing() != http1.ChunkedBody && !f.chunked }

// spliceFrom is the size of a body from which it is moved through a pipe rather
// than copied (measured: docs/performance.md).
const spliceFrom = 256 << 10

// stream sends the rest of a body as it comes.
func (x *exchange) stream(f framing) error {
	idle := x.peer.config.Timeouts.BodyIdle
	if isEventStream(&x.resp) {
		idle = 0 // may be silent for as long as it likes
	}
	if x.body.Remaining() >= spliceFrom {
		if to, from := x.down.plain(), x.origin.plain(); to != nil && from != nil {
			if pipe := netx.BorrowPipe(); pipe != nil {
				defer pipe.Release()
				return x.move(to, from, pipe, idle)
			}
		}
	}
	for !x.body.Done() {
		runtime.Gosched() // see move
		if x.grpc.on {
			idle = x.grpc.left()
		}
		err := x.origin.ready(x, idle)
		if err == nil {
			err = x.streamSome(f, idle)
		}
		if err == io.EOF {
			if err = x.body.EOF(); err == nil {
				x.out = x.out[:0]
				return x.down.flush(x, f, true)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// streamSome sends what one read gives.
func (x *exchange) streamSome(f framing, idle time.Duration) error {
	if x.down.narrow() {
		n, err := x.origin.readBody(x, x.ub.b, idle)
		if err != nil {
			return err
		}
		return x.passOn(f, x.ub.b[:n])
	}
	block := streams.Get().(*[streamBuffer]byte)
	defer streams.Put(block)
	n, err := x.origin.readBody(x, block[:], idle)
	if err != nil {
		return err
	}
	return x.passOn(f, block[:n])
}

// move sends the rest of a body of known length without looking at it.
func (x *exchange) move(to, from *netx.Sock, pipe *netx.Pipe, idle time.Duration) error {
	for !x.body.Done() {
		// Where both sides are fast nothing here waits, and the scheduler would
		// take the processor away only every 10 ms: small requests come between.
		runtime.Gosched()
		from.SetReadDeadline(idle)
		n, err := pipe.Fill(from, x.body.Remaining())
		if err == io.EOF {
			return x.body.EOF()
		}
		if err != nil {
			return err
		}
		x.body.Skip(int64(n))
		x.answerBytes += int64(n)
		if err := pipe.Drain(to); err != nil {
			return clientError(err)
		}
	}
	return nil
}

// passOn sends one read's worth of a body.
func (x *exchange) passOn(f framing, p []byte) error {
	raw := x.isRaw(f)
	x.out = x.out[:0]
	for len(p) > 0 && !x.body.Done() {
		data, n, err := x.body.Next(p)
		if err != nil {
			return err
		}
		p = p[n:]
		x.answerBytes += int64(len(data))
		if raw {
			x.excess = x.excess || len(p) > 0
			return x.down.pass(x, data, x.body.Done())
		}
		x.out = appendBody(x.out, data, f.chunked)
	}
	if len(p) > 0 {
		x.excess = true
	}
	if len(x.out) == 0 && !x.body.Done() {
		return nil
	}
	return x.down.flush(x, f, x.body.Done())
}

// bodyFailed ends an exchange whose response body broke off. The client must
// see that, so its connection cannot go on.
func (x *exchange) bodyFailed(err error, f framing) verdict {
	clients := x.endUpload()
	present := x.down.endCancel()
	x.discard(!present)
	if err == errClientSlow {
		// What the kernel holds for it would stay there for as long as it likes.
		x.code = gwerr.RequestTimeout
		return abort
	}
	if !present || err == errClient {
		return x.clientGone()
	}
	var protocol *http1.Error
	if errors.As(clients, &protocol) {
		x.code = protocol.Code // the request went wrong, which ended the response
		return x.down.broken(x, f)
	}
	if o, ok := failureOutcome(err); ok {
		x.endpoint.Health.Record(o) // beside the success its head was
	}
	switch {
	case errors.As(err, &protocol):
		x.code = gwerr.UpstreamProtocol
	case errors.Is(err, netx.ErrTimeout), x.grpc.over():
		x.code = gwerr.UpstreamTimeout
	default:
		x.code = gwerr.UpstreamReset
	}
	return x.down.broken(x, f)
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
