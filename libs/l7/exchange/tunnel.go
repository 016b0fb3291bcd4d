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
	defer func() { x.discard(gone) }()
	if gone {
		return x.clientGone()
	}
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
	up, down, why := tunnel.New(x.route.Timeouts.Idle, x.Env.Now).Run(near, far)
	x.received += up
	x.sent += down
	x.answer.cause = x.endedTunnel(why)
	return HangUp
}

// slim gives up the memory of an Exchange that will need none for long, and is not lent
// again. The request's head stays for the log.
func (x *Exchange) slim() { x.mem.in, x.mem.out = buffers.Buffer{}, nil }
