package mirror

import (
	"io"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// mostRead is how much of an answer is read, so that its connection can serve the next request. An
// answer that has more is cut off.
const mostRead = 1 << 20

// mostTries is how many connections a copy goes out on, one after the other, that the endpoint has
// closed while they were idle. It has not seen it then.
const mostTries = 3

// maxInterim bounds the 1xx responses before a final one.
const maxInterim = 32

// A sender is the memory of what is sent, for one copy after another.
type sender struct {
	sides    endpoint.Sides
	dial     endpoint.Dial
	request  http1.RequestHead // says of the request what the head of an answer depends on
	out      endpoint.Request
	in       buffers.Buffer
	head     http1.ResponseHead
	response endpoint.Response
	body     http1.Body
	excess   bool // more came than the answer
}

var senders = sync.Pool{New: func() any {
	return &sender{in: buffers.Buffer{B: make([]byte, buffers.Answer)}}
}}

// forget gives up what belongs to a copy.
func (s *sender) forget() {
	s.dial, s.out = endpoint.Dial{}, endpoint.Request{}
	if len(s.in.B) > buffers.Answer {
		s.in.B = make([]byte, buffers.Answer)
	}
}

// send sends a copy and reads the answer. broken is what ended it before that was there.
func (s *sender) send(c *Copy) (result metrics.MirrorResult, broken *fault.Error) {
	for try := 1; ; try++ {
		side, err := s.connect(c, try > 1)
		if err != nil {
			f := fault.Of(err)
			return c.failed(f), f
		}
		traits := side.Traits()
		timer := time.AfterFunc(c.target.Config.Timeout, func() { c.interrupt(false) })
		complete := false
		if c.watch(traits.Hook) {
			complete, err = s.exchange(c, side, traits)
		} else {
			err = fault.EndpointStopUnseen
		}
		timer.Stop()
		if c.unwatch() {
			complete = false
		}
		side.End(endpoint.Ending{Complete: complete})
		if err == nil {
			return c.answered(s.head.Status), nil
		}
		f := fault.Of(err)
		if try < mostTries && c.again(f, traits.Reused && s.in.Len() == 0) {
			continue
		}
		return c.failed(f), f
	}
}

// connect lends a connection. fresh says that it must not have been used before.
func (s *sender) connect(c *Copy, fresh bool) (endpoint.Side, error) {
	cl := c.target.Cluster
	s.dial = endpoint.Dial{
		Want: upstream.Want{
			Fresh: fresh, Header: c.header, Wait: upstream.NoWait, Gone: c.wasStopped,
		},
		Endpoint: c.endpoint.Endpoint, Streamed: cl.Protocol != config.ClusterHTTP1,
		Write: c.target.Config.Timeout,
	}
	return s.sides.Connect(&s.dial)
}

// errSwitch says that an endpoint switches protocols, which no copy asks for.
var errSwitch = fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, "it switches protocols")

// errInterim says that an endpoint sends nothing but interim responses.
var errInterim = fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol,
	"there are too many 1xx responses")

// exchange sends the copy over a connection, and reads the answer. complete says that the
// connection can serve another request.
func (s *sender) exchange(
	c *Copy, side endpoint.Side, traits endpoint.Traits,
) (complete bool, err error) {
	cl := c.target.Cluster
	start := time.Now()
	until := start.Add(c.target.Config.Timeout)
	wait := c.target.Config.Timeout
	if r := cl.Timeouts.Response; r > 0 {
		wait = min(wait, r)
	}
	// Over HTTP/2 a trailer section comes behind the body, and not within it.
	whole := !traits.Streamed || len(c.trailer) == 0
	s.in.Clear()
	s.request.Method = c.method
	s.response = endpoint.Response{
		Head: &s.head, Limits: cl.Heads, Buffer: &s.in, Request: &s.request,
		Trailer: s.response.Trailer[:0],
	}
	s.out = endpoint.Request{
		Head: &s.request, Text: c.text, HeadLen: c.headLen, Whole: whole,
		Secured: cl.TLS != nil, Wait: wait, Answer: &s.in,
	}
	if !whole {
		s.out.Text = c.text[:c.headLen]
	}
	if _, err = side.Send(&s.out); err != nil {
		return false, err
	}
	if !whole {
		s.in.Clear()
		if err = side.SendBody(c.text[c.headLen:], true, c.trailer); err != nil {
			return false, err
		}
		side.Await(wait)
	}
	if err = s.readHead(side); err != nil {
		return false, err
	}
	c.target.Metrics.Responded(time.Since(start))
	if c.pair != nil {
		c.pair.mirrorHead(&s.head)
	}
	complete, err = s.readBody(c, side, traits, until)
	if err == nil && c.pair != nil {
		trailer := s.body.Trailer
		if traits.Streamed {
			trailer = s.response.Trailer
		}
		c.pair.mirrorWhole(trailer)
	}
	return complete && !s.head.ConnectionAuth(), err
}

// readHead reads the head of the final response.
func (s *sender) readHead(side endpoint.Side) error {
	for range maxInterim + 1 {
		if err := side.ReadHead(&s.response); err != nil {
			return err
		}
		if s.head.Status == 101 {
			return errSwitch
		}
		if !s.head.Informational() {
			return nil
		}
	}
	return errInterim
}

// readBody reads the body of the answer, up to mostRead, and keeps what is compared.
func (s *sender) readBody(
	c *Copy, side endpoint.Side, traits endpoint.Traits, until time.Time,
) (complete bool, err error) {
	kind, length := s.head.Body(c.method)
	framing := kind
	if traits.Streamed {
		if framing = http1.CloseBody; kind == http1.NoBody || s.response.Ended {
			framing = http1.NoBody
		}
	}
	s.body.Reset(framing, length)
	s.body.Response = true
	s.body.ControlCharacters = c.target.Cluster.Heads.ControlCharacters
	s.excess = false
	n, err := s.take(c, s.in.Bytes())
	if err != nil {
		return false, err
	}
	s.in.Clear() // what is left is excess
	for total := n; !s.body.Done(); {
		left := time.Until(until)
		if left <= 0 {
			return false, fault.EndpointSlow
		}
		if total > mostRead {
			if c.pair != nil {
				c.pair.mirrorLong()
			}
			return false, nil
		}
		n, err := side.ReadBody(s.in.B, left)
		if err == io.EOF {
			if s.body.EOF() != nil {
				return false, fault.EndpointGone
			}
			return traits.Streamed, nil
		}
		if err != nil {
			return false, err
		}
		total += n
		if _, err := s.take(c, s.in.B[:n]); err != nil {
			return false, err
		}
	}
	return s.head.KeepAlive && kind != http1.CloseBody && !s.excess, nil
}

// take takes the content out of what was read.
func (s *sender) take(c *Copy, p []byte) (used int, err error) {
	for used < len(p) && !s.body.Done() {
		data, n, err := s.body.Next(p[used:])
		used += n
		if err != nil {
			return used, fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, "its body is malformed")
		}
		if c.pair != nil && len(data) > 0 {
			c.pair.mirrorBody(data)
		}
	}
	s.excess = s.excess || used < len(p)
	return used, nil
}
