package exchange

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// dress shows an error of the gateway's own to the policies of the route, if they know of the
// request, and then to the pages of the listener, unless it has got a page already.
func (x *Exchange) dress(a *policy.Answer) *policy.Answer {
	if x.checked {
		a = x.route.Policies.Answer(&x.seen, a)
	}
	if x.View.Pages == nil || a.ContentType != "" {
		return a
	}
	x.seen.Head, x.seen.ID, x.seen.Memory = &x.Head, x.id, &x.mem.room
	if page := x.View.Pages.OnAnswer(&x.seen, a); page != nil {
		return page
	}
	return a
}

// What is read of a response that another takes the place of, so that its connection can serve the
// next request. To make a new connection costs less than more of it.
const (
	mostRest = 64 << 10
	restTime = 50 * time.Millisecond // for all of it, since the client waits meanwhile
)

// readRest reads the rest of a response's body, of which the client gets nothing, and reports
// whether the connection may be kept. It gives up where there is much to come, or where it does not
// come at once. A stream of HTTP/2 is ended by itself, and its connection stays.
func (x *Exchange) readRest() bool {
	kind, length := x.mem.head.Body(x.Head.Method)
	if x.traits.Streamed || !x.mem.head.KeepAlive || kind == http1.CloseBody ||
		length > mostRest {
		return false
	}
	body, in := &x.mem.body, &x.mem.in
	if x.held { // what has come of it has been read
		return body.Done() && in.Len() == 0 && !x.excess
	}
	body.Reset(kind, length)
	body.Response = true
	body.ControlCharacters = x.target.Cluster.Heads.ControlCharacters
	until := time.Now().Add(restTime)
	for total := 0; ; {
		for in.Len() > 0 && !body.Done() {
			_, n, err := body.Next(in.Bytes())
			if err != nil {
				return false
			}
			in.R += n
			total += n
		}
		if body.Done() {
			return in.Len() == 0
		}
		left := time.Until(until)
		if total > mostRest || left <= 0 {
			return false
		}
		in.Clear()
		n, err := x.side.ReadBody(in.B, left)
		if err != nil || n == 0 {
			return false
		}
		in.W = n
	}
}
