package l7

import (
	"runtime/debug"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// panicked deals with a panic while the connection was served: it is logged, and
// the client is told, unless it has begun to get an answer already. The exchange
// is not used again, for nobody knows what else holds on to it.
func (c *conn) panicked(p any) {
	x := c.x
	c.x = nil
	entry := c.engine.Log.WithField("panic", p).WithField("stack", string(debug.Stack()))
	if x == nil || x.here == nil || c.state.Load() != busy {
		entry.Error("a connection failed; it was closed")
		return
	}
	entry.WithField("request_id", string(x.id)).Error("a request failed; its connection was closed")
	x.afterPanic()
}

// streamPanicked is panicked for a request over HTTP/2: its connection goes on.
func (c *conn) streamPanicked(x *exchange, p any) {
	c.engine.Log.WithField("panic", p).WithField("stack", string(debug.Stack())).WithField("request_id", string(x.id)).Error("a request failed; its stream was ended")
	if x.down == nil {
		return
	}
	x.afterPanic()
}

// afterPanic tells the client, if it has no answer yet, and counts the request.
func (x *exchange) afterPanic() {
	defer func() { _ = recover() }() // what could be done has been tried
	defer x.stopRetrying()
	if x.target == nil {
		x.route = nil
	}
	if x.upload != nil {
		_ = x.upload.join() // the client's side is somebody else's when this returns
	}
	if x.origin != nil {
		x.discard(!x.down.endCancel())
	}
	if x.status == 0 {
		x.req.KeepAlive = false
		x.answer(gwerr.Internal, "the gateway failed; its log tells of it under the correlation_id", "")
	}
	x.record()
}
