package exchange

import (
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/recall"
)

// reply sends the gateway's own answer. The connection goes on only if the request has
// been read to its end.
func (x *Exchange) reply(no *policy.Answer) Next {
	if no == gone {
		if x.status != 0 || !x.Owner.CutOff() {
			return x.clientGone()
		}
		x.answer.cause = x.leftBy()
		x.Client.LastWord()
		no = stopping
		if x.Owner.Removed() {
			no = removed
		}
	}
	if len(x.id) == 0 {
		x.id = recall.AppendID(x.id)
	}
	if no.Code != gwerr.None && !x.bare {
		no = x.dress(no)
	}
	// An HTTP/1.0 client would have to be told that the connection stays; for an error it
	// may as well come again.
	keep := x.Head.KeepAlive && x.Head.Minor == 1 && x.wholly() && !x.Owner.Closing() && !no.Close
	a := heads.Answer{
		Code: no.Code, Message: no.Message, Status: no.Status, ContentType: no.ContentType,
		Body: no.Body, Lines: no.Lines, ID: x.id, Close: !keep,
	}
	response := x.isResponse(no)
	if response {
		if other := x.present(&a); other != nil {
			x.replaced = true
			return x.reply(other)
		}
	}
	x.status, x.code, x.message, x.rule = a.StatusCode(), no.Code, no.Message, no.Rule
	if err := x.send(&a, response); err != nil {
		if fault.Of(err) == fault.ClientSlow {
			return Reset
		}
		return HangUp
	}
	switch {
	case keep:
		return Stay
	case no.Code == gwerr.RequestTimeout:
		return Part // it was waited for long enough
	}
	return Linger
}

// wholly reports whether the request has been read to its end, as far as the gateway's own answer
// needs that. One that comes in the place of a response may come after a body that was sent on.
func (x *Exchange) wholly() bool {
	return x.Whole || x.replaced && x.upload != nil && x.consumed()
}

// send writes an answer to the client; response says that policies have seen it as one.
func (x *Exchange) send(a *heads.Answer, response bool) error {
	if response {
		return x.sendPresented(a)
	}
	return x.sendAnswer(a)
}

// joined is the largest body that goes to the client in one piece with its head.
const joined = 16 << 10

// sendAnswer writes an answer to the client. A gRPC call gets one of trailers only.
func (x *Exchange) sendAnswer(a *heads.Answer) (err error) {
	status, body := a.StatusCode(), a.Body
	if x.GRPC && (a.Code != gwerr.None || x.target.Cluster == nil) {
		status, body = 200, nil
		x.mem.out = a.AppendGRPC(x.mem.out[:0])
	} else {
		if a.Enveloped() {
			body = a.AppendBody(make([]byte, 0, 512))
		}
		x.mem.out = a.AppendHead(x.mem.out[:0], len(body))
		if x.Head.Method == http1.MethodHead || status == 204 || status == 304 {
			body = nil
		}
	}
	if x.mem.out, err = x.Client.WriteHead(status, x.mem.out); err != nil {
		return err
	}
	return x.sendBody(body)
}

// sendBody sends the whole body of an answer behind the head that is in mem.out.
func (x *Exchange) sendBody(body []byte) (err error) {
	if len(body) <= joined {
		x.mem.out = append(x.mem.out, body...)
		err = x.Client.Write(x.mem.out, true, nil)
	} else if err = x.Client.Write(x.mem.out, false, nil); err == nil {
		err = x.Client.Write(body, true, nil)
	}
	if err == nil {
		x.sent = int64(len(body))
	}
	return err
}

// Panicked deals with a panic while a request was served: its client is told, unless it
// has begun to get an answer already, and the request is counted. The Exchange must not
// be used again, for nobody knows what else holds on to it.
func (x *Exchange) Panicked() {
	defer func() { _ = recover() }() // what could be done has been tried
	defer x.stopRetrying()
	defer x.yield()
	defer x.unload()
	defer x.endMirrors()
	defer x.endPolicies()
	if x.Client == nil {
		return // no request had begun
	}
	if x.target == nil {
		x.route = nil
	}
	if x.upload != nil {
		_ = x.upload.join() // the client's side is somebody else's when this returns
	}
	if x.side != nil {
		x.discard(!x.Client.Unwatch())
	}
	if x.status == 0 {
		x.Head.KeepAlive, x.bare = false, true
		x.reply(policy.Refuse(gwerr.Internal,
			"the gateway failed; its log tells of it under the correlation_id"))
	}
	x.record()
}

// ID is the ID of the request that is being served.
func (x *Exchange) ID() string { return string(x.id) }
