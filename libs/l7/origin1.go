package l7

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// origin1 is an endpoint's side over HTTP/1.1: a connection lent for one exchange.
type origin1 struct {
	*upstream.Conn
	once bool // it is for this client alone: a PROXY header says so
}

func (o *origin1) hook() *netx.Hook { return o.Hook() }
func (o *origin1) interrupt()       { o.Interrupt() }
func (o *origin1) resume()          { o.Resume() }
func (o *origin1) reused() bool     { return o.Reused }
func (o *origin1) unseen() bool     { return false } // what was sent may have arrived
func (o *origin1) framed() bool     { return true }

// sendWhole reads the first bytes of the response too.
func (o *origin1) sendWhole(x *exchange) (sent int, err error) {
	o.SetReadDeadline(x.responseTimeout())
	sent, got, err := o.Exchange(x.out, x.ub.b)
	if err != nil {
		return sent, err
	}
	x.ub.r, x.ub.w = 0, got
	if sent == len(x.out) {
		return sent, nil
	}
	n, err := o.Write(x.out[sent:])
	if err == nil {
		o.SetReadDeadline(x.responseTimeout())
		x.ub.w, err = o.Read(x.ub.b)
	}
	return sent + n, err
}

func (o *origin1) sendHead(x *exchange) (sent int, err error) {
	if o.Reused && !o.Idle() {
		return 0, netx.ErrStale
	}
	o.SetReadDeadline(0) // begins when the request has been sent
	return o.Write(x.out)
}

func (o *origin1) sendBody(p []byte, _ bool, _ []byte) error {
	_, err := o.Write(p)
	return err
}

func (o *origin1) await(_ *exchange, limit time.Duration) { o.SetReadDeadline(limit) }

// readHead parses what is in x.ub, and what follows it.
func (o *origin1) readHead(x *exchange) error {
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
		n, err = o.Read(x.ub.space())
		if err != nil {
			return err
		}
		x.ub.w += n
	}
}

func (o *origin1) body(x *exchange) (kind http1.Framing, length int64, own http1.Framing) {
	kind, length = x.resp.Body(x.req.Method)
	return kind, length, kind
}

func (o *origin1) ready(*exchange, time.Duration) error { return nil }

func (o *origin1) readBody(_ *exchange, p []byte, idle time.Duration) (int, error) {
	o.SetReadDeadline(idle)
	return o.Read(p)
}

func (o *origin1) plain() *netx.Sock {
	if o.Secured() != nil {
		return nil
	}
	return o.Sock
}

func (o *origin1) release(_ *exchange, fit bool) {
	if !fit || o.once {
		o.Discard()
		return
	}
	o.SetReadDeadline(0)
	o.Release()
}

func (o *origin1) discard(bool) { o.Discard() }

func (o *origin1) tunnel() tunnelEnd {
	o.SetReadDeadline(0)
	return &sockEnd{sock: o.Sock}
}
