package exchange

import (
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
)

// tunnel sends a 101 response on, then carries bytes both ways until both sides have
// ended (RFC 9110 section 7.8). Bytes that came early on either side go first.
func (x *Exchange) tunnel() Next {
	x.responded()
	x.status = 101
	if u := x.upload; u != nil {
		<-u.done // the body is complete, or the switch would have been refused
	}
	if a := x.reshape(http1.NoBody, 0); a != nil {
		return x.replace(a)
	}
	x.settle()
	gone := !x.Client.Unwatch() // in a tunnel a half-close is no hang-up
	next := HangUp
	if gone {
		next = x.clientGone()
	} else {
		next = x.openTunnel()
	}
	if next != Carry {
		x.discard(gone)
	}
	return next
}

// openTunnel sends what came early, then carries bytes, or leaves that to the owner.
func (x *Exchange) openTunnel() Next {
	p := heads.Response{
		Head: &x.mem.head, Request: &x.Head, ID: x.id, Edits: x.shape.Edits, Facts: &x.seen,
		Framing: heads.Framing{Length: -1},
	}
	x.mem.out = p.Append(x.mem.out[:0])
	far := x.side.Tunnel()
	near, early, err := x.Client.Tunnel(x.mem.out, x.mem.in.Bytes(), far)
	if x.Protocol.Streamed {
		x.status = 200 // RFC 8441 section 5
	}
	x.sent += int64(x.mem.in.Len())
	if err != nil {
		return x.clientGone()
	}
	if len(early) > 0 {
		x.received += int64(len(early))
		if err := far.Send(early); err != nil {
			return HangUp
		}
	}
	x.slim()
	t := tunnel.New(x.route.Timeouts.Idle, x.Env.Now)
	a, isSock := near.(*tunnel.Sock)
	b, isToo := far.(*tunnel.Sock)
	if x.Carries && isSock && isToo {
		x.carried = &carried{t, a, b}
		return Carry
	}
	t.Run(near, far)
	x.over(t)
	return HangUp
}

// carried is a tunnel that is carried outside of the exchange.
type carried struct {
	tunnel    *tunnel.Tunnel
	near, far *tunnel.Sock
}

// Carry carries a tunnel after Carry was returned, and returns at once. The exchange may not be
// used until owner is told of the end; then Carried has to be called.
func (x *Exchange) Carry(owner tunnel.Owner) {
	c := x.carried
	c.tunnel.Start(c.near, c.far, owner)
}

// Carried ends the request whose tunnel is over.
func (x *Exchange) Carried() Next {
	x.over(x.carried.tunnel)
	x.discard(false)
	x.record()
	x.end()
	return HangUp
}

// over takes down what became of a tunnel.
func (x *Exchange) over(t *tunnel.Tunnel) {
	up, down, why := t.Outcome()
	x.received += up
	x.sent += down
	x.answer.cause = x.endedTunnel(why)
}

// slim gives up the memory of an Exchange that will need none for long, and is not lent
// again. The request's head stays for the log, in a copy that is no larger than it is.
func (x *Exchange) slim() {
	x.mem.in, x.mem.out = buffers.Buffer{}, nil
	status := x.mem.head.Status
	x.mem.head = http1.ResponseHead{} // it holds on to what it was parsed from
	x.mem.head.Status = status
	if !x.Protocol.Streamed {
		x.Head.Compact()
		x.In, x.Body = buffers.Buffer{}, nil
	}
}
