package l7

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/recall"
)

// streamRefused counts a stream that was refused unread, for the client had as many open as it may
// have. The first has a line in the access log, and the connection's end has one with their number:
// a line for each would let a client that opens thousands for nothing fill the log.
func (c *conn) streamRefused() {
	if c.refused++; c.refused == 1 {
		c.logRefused()
	}
}

// logRefused writes how many streams were refused so far. The client got no status, but a reset
// that says that nothing was done and that it may try again (RFC 9113 section 8.7).
func (c *conn) logRefused() {
	w := c.engine.env.Access.Load()
	if w == nil {
		return
	}
	e := c.unread(gwerr.Overloaded)
	e.RefusedStreams = c.refused
	w.Log(&e)
}

// logFault writes a line for a connection with HTTP/2 that was ended for what its client did, as
// bytes over HTTP/1.1 that are no request have one. Its requests that were under way have their
// own. began is when the connection did.
func (c *conn) logFault(fault *http2.ConnError, began time.Time) {
	w := c.engine.env.Access.Load()
	if w == nil {
		return
	}
	code := gwerr.BadRequest
	switch {
	case fault.Late:
		code = gwerr.RequestTimeout
	case fault.Large:
		code = gwerr.HeadersTooLarge
	}
	e := c.unread(code)
	e.Status, e.Cause = code.Status(), fault.Reason
	if fault.Late {
		e.Time, e.Duration = began, e.Time.Sub(began)
	}
	w.Log(&e)
}

// unread is a line for what came over HTTP/2 and is no request that was served.
func (c *conn) unread(code gwerr.Code) accesslog.Entry {
	p := c.latest.Load()
	e := accesslog.Entry{
		Time: time.Now(), RequestID: recall.AppendID(nil), Client: p.AddressPort,
		Listener: p.Config.Name, Protocol: "HTTP/2", Code: code.String(),
	}
	if s := p.Secured; s != nil {
		e.TLSVersion = s.Version
		if s.Identity != nil {
			e.TLSClient = s.Identity.Subject
		}
	}
	return e
}
