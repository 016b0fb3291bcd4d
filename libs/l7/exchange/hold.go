package exchange

import (
	"io"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// hold reads the response's body, up to as many bytes as policies want of it before the client has
// anything of the response, and shows it to them.
func (x *Exchange) hold(most int) *policy.Answer {
	if most == 0 {
		return nil
	}
	err := x.holdReading(most)
	x.begun, x.held = x.mem.begun, true
	if err != nil {
		f := fault.Of(err)
		if f.Side == fault.Client {
			return gone
		}
		x.attempt.cause = x.causeInBody(f)
		x.blame(f)
		code, message := brokenBy(f, x.seen.Call.Over())
		if code == gwerr.UpstreamTimeout && !time.Now().Before(x.seen.Deadline) {
			x.attempt.cause = x.lateWhole()
			message = "the response took longer than the route lets it (timeouts.request)," +
				" and its body has to be whole before it goes on"
		}
		return policy.Refuse(code, message)
	}
	whole := x.mem.body.Done()
	a := x.route.Policies.WholeResponse(&x.seen, &x.shape, x.begun, whole)
	if whole {
		x.shape.Length = int64(len(x.begun))
	}
	return a
}

// holdReading reads into mem.begun until that has more than most bytes, or the body ends.
func (x *Exchange) holdReading(most int) error {
	in, body := &x.mem.in, &x.mem.body
	x.mem.begun = x.mem.begun[:0]
	n, err := x.beginWith(in.Bytes())
	in.R += n
	if err != nil {
		return err
	}
	block := buffers.Borrow()
	defer block.Release()
	for !body.Done() && len(x.mem.begun) <= most {
		left := time.Until(x.seen.Deadline)
		if left <= 0 {
			return fault.EndpointSlow
		}
		if idle := x.target.BodyIdle; idle > 0 {
			left = min(left, idle)
		}
		n, err := x.side.ReadBody(block[:], left)
		if err == io.EOF {
			if body.EOF() != nil {
				return fault.EndpointGone
			}
			body.Trailer = append(body.Trailer[:0], x.response.Trailer...)
			return nil
		}
		if err != nil {
			return err
		}
		used, err := x.beginWith(block[:n])
		if err != nil {
			return err
		}
		x.excess = x.excess || used < n
	}
	return nil
}
