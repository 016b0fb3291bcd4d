package exchange

import (
	"io"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// How long the beginning of a body is waited for where the endpoint pauses in it. Many endpoints
// write the end of a short body by itself, a moment after the rest; a stream may pause for as long
// as it likes.
const (
	beginTime = 2 * time.Millisecond // for all of it
	beginStep = beginTime / 8        // between two looks
)

// begin reads the beginning of the response's body into begun, for policies that have to see it
// before the head goes out: most bytes of it, or as much as comes before the endpoint pauses. Where
// that is all, the length is known.
func (x *Exchange) begin(most int) {
	if most == 0 || x.held {
		return
	}
	in, body := &x.mem.in, &x.mem.body
	x.mem.begun = x.mem.begun[:0]
	n, err := x.beginWith(in.Bytes())
	in.R += n
	if err == nil && !body.Done() && len(x.mem.begun) < most {
		err = x.beginReading(most)
	}
	x.begun, x.begunErr = x.mem.begun, err
	if body.Done() {
		x.shape.Length = int64(len(x.begun))
	}
}

// beginReading reads on until begun has most bytes, the endpoint pauses, or the body ends.
func (x *Exchange) beginReading(most int) error {
	block := buffers.Borrow()
	defer block.Release()
	until := time.Now().Add(beginTime)
	for body := &x.mem.body; !body.Done() && len(x.mem.begun) < most; {
		n, err := x.side.ReadBody(block[:], endpoint.NoWait)
		switch {
		case err == fault.EndpointSlow:
			if !time.Now().Before(until) {
				return nil
			}
			time.Sleep(beginStep)
			continue
		case err == io.EOF && body.EOF() == nil:
			body.Trailer = append(body.Trailer[:0], x.response.Trailer...)
			return nil
		case err == io.EOF:
			return fault.EndpointGone
		case err != nil:
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

// beginWith takes the content out of p, as far as that is a part of the body.
func (x *Exchange) beginWith(p []byte) (used int, err error) {
	for body := &x.mem.body; used < len(p) && !body.Done(); {
		data, n, err := body.Next(p[used:])
		used += n
		if err != nil {
			return used, badBody(err)
		}
		x.mem.begun = append(x.mem.begun, data...)
	}
	return used, nil
}
