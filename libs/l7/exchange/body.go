package exchange

import (
	"io"
	"runtime"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// spliceFrom is the size of a body from which it is moved through a pipe rather than
// copied (measured: docs/performance.md).
const spliceFrom = 256 << 10

// passBody sends the rest of a body as it comes.
func (x *Exchange) passBody() error {
	idle := x.target.BodyIdle
	body := &x.mem.body
	if x.raw() && !x.collating && body.Remaining() >= spliceFrom && x.Protocol.Plain != nil &&
		x.traits.Plain != nil {
		if pipe := netx.BorrowPipe(); pipe != nil {
			defer pipe.Release()
			return x.move(pipe, idle)
		}
	}
	for !body.Done() {
		if !x.behind {
			// Where both sides are fast nothing here waits, and the scheduler would take the
			// processor away only every 10 ms: small requests come between.
			runtime.Gosched()
		}
		if x.GRPC {
			idle = x.callWait()
		}
		err := x.passMore(idle)
		if x.GRPC && x.upload != nil {
			if err == nil {
				x.upload.move()
			} else if err == fault.EndpointSlow && !x.seen.Call.Over() && x.upload.moves() {
				continue // the call is silent this way only
			}
		}
		if err == io.EOF {
			return x.endOfStream()
		}
		if err != nil {
			if x.behind && fault.Of(err).Side == fault.Endpoint {
				_ = x.flush(false) // the rest will be missing visibly
			}
			return err
		}
	}
	return nil
}

// burst is how much of a body that policies change goes on before others get the processor.
const burst = 512 << 10

// passMore sends what one read gives. Before it waits for that, it sends what policies hold back
// of a body that they change: the endpoint pauses, and what came is for the client now. Others get
// the processor before that is decided, and not at each read: what changes a body may have much
// memory, and fewer at a time make better use of the caches.
func (x *Exchange) passMore(idle time.Duration) error {
	if x.behind {
		if x.busy += buffers.Body; x.busy > burst {
			x.busy = 0
			runtime.Gosched()
		}
		err := x.passSome(endpoint.NoWait)
		if err == fault.EndpointSlow {
			x.busy = 0
			runtime.Gosched()
			err = x.passSome(endpoint.NoWait)
		}
		if err != fault.EndpointSlow {
			return err
		}
		if err := x.flush(false); err != nil {
			return err
		}
	}
	if _, err := x.side.ReadBody(nil, idle); err != nil {
		return err
	}
	return x.passSome(idle)
}

// endOfStream ends a body whose end is that of its stream.
func (x *Exchange) endOfStream() error {
	body := &x.mem.body
	if body.EOF() != nil {
		return fault.EndpointGone
	}
	body.Trailer = append(body.Trailer[:0], x.response.Trailer...)
	return x.flush(true)
}

// passSome sends what one read gives. A client that takes less than a Block now would
// only let it lie about while it waits.
func (x *Exchange) passSome(idle time.Duration) error {
	if x.Client.Room() < buffers.Body {
		n, err := x.side.ReadBody(x.mem.in.B, idle)
		if err != nil {
			return err
		}
		return x.passOn(x.mem.in.B[:n])
	}
	block := buffers.Borrow()
	defer block.Release()
	n, err := x.side.ReadBody(block[:], idle)
	if err != nil {
		return err
	}
	return x.passOn(block[:n])
}

// passOn sends one read's worth of a body.
func (x *Exchange) passOn(p []byte) error {
	raw, body := x.raw(), &x.mem.body
	for len(p) > 0 && !body.Done() {
		data, n, err := body.Next(p)
		if err != nil {
			return badBody(err)
		}
		p = p[n:]
		if raw {
			if x.collating {
				x.collate(data)
			}
			x.sent += int64(len(data))
			x.excess = x.excess || len(p) > 0
			return x.Client.Write(data, body.Done(), body.Trailer)
		}
		if err := x.add(data); err != nil {
			return err
		}
	}
	if len(p) > 0 {
		x.excess = true
	}
	if x.change == nil || body.Done() {
		return x.flush(body.Done())
	}
	x.behind = true
	if len(x.mem.out) == 0 {
		return nil // policies hold all of it back
	}
	return x.give(false)
}

// raw reports whether a read's worth of the body is one piece of it, and goes on as it
// is.
func (x *Exchange) raw() bool {
	return x.mem.body.Framing() != http1.ChunkedBody && !x.framing.Chunked && x.change == nil &&
		x.watch == nil
}

// move sends the rest of a body of known length without looking at it.
func (x *Exchange) move(pipe *netx.Pipe, idle time.Duration) error {
	to, from, body := x.Protocol.Plain, x.traits.Plain, &x.mem.body
	for !body.Done() {
		runtime.Gosched() // as in passBody
		from.SetReadDeadline(idle)
		n, err := pipe.Fill(from, body.Remaining())
		if err != nil {
			return filled(err)
		}
		body.Skip(int64(n))
		x.sent += int64(n)
		if err := pipe.Drain(to); err != nil {
			return drained(err)
		}
	}
	return nil
}

// filled is an error of reading from the endpoint's socket as a fault.
func filled(err error) error {
	switch err {
	case netx.ErrTimeout:
		return fault.EndpointSlow
	case netx.ErrInterrupted:
		return fault.EndpointStopped
	}
	return &fault.Error{Side: fault.Endpoint, Kind: fault.Closed, Err: err}
}

// drained is an error of writing to the client's socket as a fault.
func drained(err error) error {
	if err == netx.ErrTimeout {
		return fault.ClientSlow
	}
	return fault.ClientGone
}
