package exchange

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// A pauser is a client's side whose request body may pause for longer than others.
type pauser interface{ MayPause(idle time.Duration) }

// admitCall lets what calls itself a gRPC call be one, where its cluster has such calls: one
// with HTTP/2. Anywhere else it is a request like others. Its content type is no more than
// what the client says, and no limit of a route is lifted by that. A route that answers itself
// answers a call in its own way.
func (x *Exchange) admitCall() {
	if x.target.Cluster == nil {
		return
	}
	if !x.streamed() {
		x.GRPC, x.seen.Call = false, nil
		return
	}
	if p, ok := x.Client.(pauser); ok {
		p.MayPause(x.route.Timeouts.Idle)
	}
}

// callWait is how long a call may be silent: for what is left until its deadline, and no
// longer than the route lets a stream be; 0 is for ever.
func (x *Exchange) callWait() time.Duration {
	left, idle := x.seen.Call.Left(), x.route.Timeouts.Idle
	if left == 0 || idle > 0 && idle < left {
		return idle
	}
	return left
}

// move notes that a call has moved, either way.
func (u *upload) move() { u.moved.Store(u.x.Env.Now()) }

// moves reports whether a call has moved, either way, within the time that it may be silent.
func (u *upload) moves() bool {
	idle := u.x.route.Timeouts.Idle
	return idle == 0 || u.x.Env.Now()-u.moved.Load() < int64(idle)
}

// readPiece reads a piece of the request's body, within its listener's rate where that is all
// that moves.
func (u *upload) readPiece() (client.End, error) {
	x := u.x
	if paced := u.alone.Load() && !x.GRPC; paced != u.paced {
		u.paced, u.pace = paced, pace{}
	}
	if !u.paced {
		return x.Client.ReadBody(u)
	}
	return x.pacedRead(&u.pace, u)
}

// readBody reads a piece of the request's body. That of a call may be silent for as long as
// its responses move.
func (u *upload) readBody() error {
	x := u.x
	for {
		end, err := u.readPiece()
		switch {
		case err == nil:
			x.kept.whole, x.kept.trailer, u.end = end.Done, end.Trailer, end.Done
			if end.Done {
				x.sendCopies()
			}
			if x.GRPC {
				u.move()
			}
			return nil
		case x.GRPC && err == fault.ClientSlow && u.moves():
			continue
		}
		return err
	}
}
