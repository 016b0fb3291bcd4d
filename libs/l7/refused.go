package l7

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
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
	p := c.latest.Load()
	e := accesslog.Entry{
		Time: time.Now(), RequestID: heads.AppendID(nil), Client: p.AddressPort,
		Listener: p.Config.Name, Protocol: "HTTP/2", Code: gwerr.Overloaded.String(),
		RefusedStreams: c.refused,
	}
	if s := p.Secured; s != nil {
		e.TLSVersion = s.Version
		if s.Identity != nil {
			e.TLSClient = s.Identity.Subject
		}
	}
	w.Log(&e)
}
