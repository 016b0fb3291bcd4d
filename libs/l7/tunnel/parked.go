package tunnel

import (
	"cmp"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// An Owner of a tunnel learns of its end.
type Owner interface {
	// TunnelOver is called once both directions have ended, in a goroutine that is the owner's
	// from then on. Outcome says what became of the tunnel.
	TunnelOver()
}

// ways are the two directions of a tunnel between sockets.
type ways struct {
	up, down way
	owner    Owner
	left     atomic.Int32 // that have not ended
}

// A way is one direction. While nothing comes its socket is parked, and it has no goroutine.
type way struct {
	t             *Tunnel
	dst, src      Sock
	n             *atomic.Int64
	reads, writes Ending
}

// Start carries bytes as Run does, between two sockets, and returns at once. A tunnel in which
// nothing moves has neither goroutines nor buffers. The caller gives up the sockets, and the owner
// too, until that is told of the end.
func (t *Tunnel) Start(client, endpoint *Sock, owner Owner) {
	t.ways = &ways{owner: owner}
	t.ways.up = way{t, *endpoint, *client, &t.up, ClientBroke, EndpointBroke}
	t.ways.down = way{t, *client, *endpoint, &t.down, EndpointBroke, ClientBroke}
	t.ways.left.Store(2)
	t.active.Store(t.now())
	for _, w := range []*way{&t.ways.up, &t.ways.down} {
		w.src.Sock.SetReadDeadline(cmp.Or(t.idle, netx.Never))
		go w.Unpark()
	}
}

// Outcome is what became of a tunnel that is over, as Run returns it.
func (t *Tunnel) Outcome() (up, down int64, why Ending) {
	return t.up.Load(), t.down.Load(), Ending(t.ended.Load())
}

// Unpark goes on with a direction. The read deadline is in force.
func (w *way) Unpark() {
	t, idle := w.t, cmp.Or(w.t.idle, netx.Never)
	var err, stuck error
	for {
		err = w.src.receive(w.src.Sock.AwaitOrIdle, idle, func(p []byte) error {
			w.n.Add(int64(len(p)))
			t.active.Store(t.now())
			stuck = w.dst.Send(p)
			return stuck
		})
		if err == netx.ErrIdle {
			if w.src.Sock.Park(w) {
				return // it may be going on in another goroutine by now
			}
			continue
		}
		wait, over := t.waits(err, stuck)
		if over {
			break
		}
		w.src.Sock.SetReadDeadline(wait)
	}
	t.close(&w.dst, &w.src, err, stuck, w.reads, w.writes)
	if all := t.ways; all.left.Add(-1) == 0 {
		all.owner.TunnelOver()
	}
}
