package exchange

import (
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// isResponse reports whether an answer is to policies what an endpoint's response is: that of a
// route without endpoints, such as a redirect, unless it is an error. One that a policy gave in the
// place of a response goes to the client as one, with the edits that others made of that one.
func (x *Exchange) isResponse(a *policy.Answer) bool {
	switch {
	case a.Code != gwerr.None || !x.checked || x.GRPC:
		return false
	case x.replaced:
		return true // its lines may be those of the response
	}
	return x.target.Cluster == nil && x.route.Policies.SeesResponses()
}

// present writes an answer's head down and shows it to the policies, unless they have given it
// themselves; one may give another in its place.
func (x *Exchange) present(a *heads.Answer) *policy.Answer {
	x.mem.out = a.AppendHead(x.mem.out[:0], len(a.Body))
	in, head := &x.mem.in, &x.mem.head
	in.Restore(x.mem.out)
	head.Reset(http1.Limits{})
	if _, err := head.Parse(in.Bytes()); err != nil {
		x.Env.Log.WithError(err).WithField("route", x.route.Name).
			Error("an answer of the route is no response")
		return badAnswer
	}
	if x.replaced {
		return nil
	}
	return x.reshape(head.Body(x.Head.Method))
}

var badAnswer = policy.Refuse(gwerr.Internal, "the route's answer cannot be sent")

// sendPresented sends an answer that was presented, as policies have made it.
func (x *Exchange) sendPresented(a *heads.Answer) (err error) {
	kind, length := x.mem.head.Body(x.Head.Method)
	x.framing = x.frame(kind, length)
	x.framing.Close = x.framing.Close || a.Close
	p := heads.Response{
		Head: &x.mem.head, Request: &x.Head, ID: x.id, Edits: x.shape.Edits,
		Facts: &x.seen, Framing: x.framing,
	}
	x.mem.out = p.Append(x.mem.out[:0])
	if x.mem.out, err = x.Client.WriteHead(x.status, x.mem.out); err != nil {
		return err
	}
	switch {
	case kind == http1.NoBody:
		return x.Client.Write(x.mem.out, true, nil)
	case x.change == nil:
		return x.sendBody(a.Body)
	}
	x.mem.body.Reset(http1.NoBody, 0) // has no trailer section either
	if err := x.add(a.Body); err != nil {
		return err
	}
	return x.flush(true)
}
