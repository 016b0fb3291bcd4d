package exchange

import (
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
)

// respond passes a final response on to the client.
func (x *Exchange) respond() Next {
	x.responded()
	x.status = x.mem.head.Status
	if u := x.upload; u != nil {
		u.responding()
	}
	kind, length := x.mem.head.Body(x.Head.Method)
	x.mem.body.Reset(x.ownFraming(), length)
	x.mem.body.Response = true
	x.mem.body.ControlCharacters = x.target.Cluster.Heads.ControlCharacters
	if a := x.reshape(kind, length); a != nil {
		return x.replace(a)
	}
	x.settle()
	if x.copies != nil {
		x.showMirrors(kind, length)
	}
	x.framing = x.frame(kind, length)
	err := x.passHead()
	if err == nil && !x.mem.body.Done() {
		err = x.passBody()
	}
	if err != nil {
		return x.brokeOff(fault.Of(err))
	}
	if x.watch != nil {
		x.watch.Close()
	}
	if x.wantsRest(kind) {
		x.upload.rest()
	}
	clients := x.endUpload()
	x.passed = true
	complete := clients == nil && x.uploaded() && x.mem.head.KeepAlive &&
		kind != http1.CloseBody && x.mem.in.Len() == 0 && !x.excess
	if present := x.Client.Unwatch(); present {
		x.side.End(endpoint.Ending{Complete: complete})
	} else {
		x.side.End(endpoint.Ending{Interrupted: true})
	}
	x.side = nil
	switch {
	case clients != nil || !x.consumed():
		return Linger
	case x.framing.Close:
		return Close
	}
	return Stay
}

// wantsRest reports whether the rest of the request's body goes on after a response that is
// complete. An endpoint that has answered and says nothing of closing its connection reads on
// (RFC 9112 section 9.3): what it was sent would be cut short otherwise, though the client is
// told that all is well. An error says that the rest is of no use, as the status of a gRPC call
// does, and a client that waits for 100 (Continue) will hardly send it.
func (x *Exchange) wantsRest(kind http1.Framing) bool {
	switch {
	case x.upload == nil, x.status >= 400, x.GRPC, x.Head.ExpectContinue && !x.interim:
		return false
	case !x.traits.Streamed && (!x.mem.head.KeepAlive || kind == http1.CloseBody || x.excess):
		return false
	}
	// Where the end of the connection is that of the response, the client waits for it.
	return x.Protocol.Streamed || x.framing.Chunked || x.framing.Length >= 0 ||
		kind == http1.NoBody
}

// ownFraming is how the end of the response's body is known. Over HTTP/2 it is the
// stream that says how much comes, and what trailers follow.
func (x *Exchange) ownFraming() http1.Framing {
	kind, _ := x.mem.head.Body(x.Head.Method)
	switch {
	case !x.traits.Streamed:
		return kind
	case kind == http1.NoBody || x.response.Ended:
		return http1.NoBody
	}
	return http1.CloseBody
}

// frame says how the body goes to the client, and whether its connection ends behind it.
func (x *Exchange) frame(kind http1.Framing, length int64) heads.Framing {
	resp := &x.mem.head
	if x.change != nil {
		kind = http1.CloseBody // how much it will be nobody knows
	}
	if x.Protocol.Streamed {
		f := heads.Framing{Length: heads.Length(resp, kind, length)}
		if x.unsized {
			f.Length = -1
		}
		return f
	}
	f := heads.Frame(resp, kind, length, x.Head.Minor, x.traits.Streamed)
	if x.unsized {
		f.Length = -1
	}
	if !x.Head.KeepAlive || x.Owner.Closing() {
		f.Close = true
	}
	if !x.consumed() && (x.status >= 400 || x.Head.ExpectContinue && !x.interim) {
		// The rest of the request's body will hardly come, and cannot be waited for.
		f.Close = true
	}
	return f
}

// passHead sends the head with what of the body came behind it.
func (x *Exchange) passHead() error {
	p := heads.Response{
		Head: &x.mem.head, Request: &x.Head, ID: x.id, Edits: x.shape.Edits, Facts: &x.seen,
		Framing: x.framing,
	}
	x.mem.out = p.Append(x.mem.out[:0])
	var err error
	if x.mem.out, err = x.Client.WriteHead(x.status, x.mem.out); err != nil {
		return err
	}
	if err := x.add(x.begun); err != nil {
		return err
	}
	in, body := &x.mem.in, &x.mem.body
	for in.Len() > 0 && !body.Done() {
		data, n, err := body.Next(in.Bytes())
		in.R += n
		if err != nil {
			_ = x.flush(false) // the rest will be missing visibly
			return badBody(err)
		}
		if len(x.mem.out) == 0 && x.raw() {
			if x.collating {
				x.collate(data)
			}
			x.sent += int64(len(data))
			return x.Client.Write(data, body.Done(), body.Trailer)
		}
		if err := x.add(data); err != nil {
			return err
		}
	}
	switch {
	case x.begunErr != nil:
		_ = x.flush(false) // the rest will be missing visibly
		return x.begunErr
	case x.change != nil && !body.Done():
		x.behind = true // passMore looks whether the endpoint pauses
		return nil
	}
	return x.flush(body.Done())
}

// give sends what is in mem.out. last ends the response.
func (x *Exchange) give(last bool) error {
	err := x.Client.Write(x.mem.out, last, x.mem.body.Trailer)
	x.mem.out = x.mem.out[:0]
	return err
}

// flush sends what is in mem.out, and what policies hold back of a body that they change. last
// ends the response.
func (x *Exchange) flush(last bool) error {
	if x.change != nil {
		if err := x.flushChange(last); err != nil {
			return err
		}
	}
	if last && x.framing.Chunked {
		x.mem.out = http1.AppendLastChunk(x.mem.out, x.mem.body.Trailer)
	}
	x.behind = false
	return x.give(last)
}

// brokeOff ends an exchange whose response body broke off. The client must see that, so
// its connection cannot go on.
func (x *Exchange) brokeOff(f *fault.Error) Next {
	clients := x.endUpload()
	present := x.Client.Unwatch()
	x.discard(!present)
	switch {
	case f == fault.ClientSlow:
		// What the kernel holds for it would stay there for as long as it likes.
		x.code, x.message = gwerr.RequestTimeout, "the client did not take the response in time"
		x.answer.cause = x.slowReader()
		return Reset
	case !present || f.Side == fault.Client:
		return x.clientGone()
	case clients != nil && clients.Kind == fault.Refused:
		// A policy has ended the request, and so its response.
		x.code, x.message = x.refused.Code, x.refused.Message
		return x.breakOff()
	case clients != nil && clients.Kind == fault.Malformed:
		x.code, x.message = clients.Code, clients.Reason // which ended the response
		x.answer.cause = malformedBody(clients)
		return x.breakOff()
	case f.Side == fault.Gateway:
		x.code, x.message = gwerr.Internal, "the response could not be passed on"
		x.Env.Log.WithError(f).WithField("request_id", string(x.id)).
			Error("a response could not be passed on")
		return x.breakOff()
	}
	x.attempt.cause = x.causeInBody(f)
	x.blame(f) // beside the success that its head was
	x.code, x.message = brokenBy(f, x.seen.Call.Over())
	return x.breakOff()
}

// brokenBy says what an endpoint did within the body of a response, whose head the client has. over
// says that the time of a call has run out.
func brokenBy(f *fault.Error, over bool) (gwerr.Code, string) {
	switch {
	case f.Kind == fault.Malformed, f.Code == gwerr.UpstreamProtocol:
		return gwerr.UpstreamProtocol, "the response broke off within its body: " + f.Reason
	case over:
		return gwerr.UpstreamTimeout, "the call took longer than its deadline, within the response"
	case f.Kind == fault.Timeout:
		return gwerr.UpstreamTimeout,
			"the response broke off within its body: the endpoint sent nothing for too long" +
				" (timeouts.body_idle of the cluster or route)"
	}
	return gwerr.UpstreamReset,
		"the response broke off within its body: the endpoint closed the connection"
}

// breakOff lets the client see that the response is not complete.
func (x *Exchange) breakOff() Next {
	if x.GRPC {
		x.mem.out = heads.AppendGRPCStatus(x.mem.out[:0], x.code, "the response broke off")
		x.Client.Break(x.mem.out)
		return HangUp
	}
	x.Client.Break(nil)
	if !x.framing.Chunked && x.framing.Length < 0 {
		return Reset // a close would be the end of the body
	}
	return HangUp
}

// statusClientGone is what is logged for a request whose client left before it could be
// answered; nginx made the number known.
const statusClientGone = accesslog.StatusClientGone

// clientGone ends a request whose client is not there any more, or whose stream was reset for what
// the client did with it: that is logged as what breaks the rules of HTTP/1.1 is.
func (x *Exchange) clientGone() Next {
	x.answer.cause = x.leftBy()
	if why := x.broke(); why != "" {
		x.code, x.message = gwerr.BadRequest, why
		x.answer.cause = cause.New(cause.BadRequest, why)
		if x.status == 0 {
			x.status = x.code.Status()
		}
	}
	if x.status == 0 {
		x.status = statusClientGone
	} else if x.code == gwerr.None && x.Owner.CutOff() {
		x.code, x.message = stopping.Code, "the gateway was shutting down, and broke it off"
	}
	return HangUp
}

// broke says what the client did with its stream that it was reset for.
func (x *Exchange) broke() string {
	if !x.Protocol.Streamed {
		return ""
	}
	return x.HTTP2.Broke()
}

// badBody makes a fault of what a parser says of a response's body.
func badBody(err error) error {
	reason := "it cannot be read"
	if broken := (*http1.Error)(nil); errors.As(err, &broken) {
		reason = broken.Reason
	}
	return fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, reason)
}
