package exchange

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/tunnel"
)

// Keys that bound what a client may take or send.
const (
	keyHeader     = "timeouts.header of the listener"
	keyClientBody = "timeouts.body_idle of the listener"
	keyRate       = "limits.min_body_rate of the listener"
)

// why is what the request failed for, as operators are told; nil where it did not.
func (x *Exchange) why() *cause.Cause {
	c := x.reason()
	if c == nil {
		return nil
	}
	if text := x.View.Plan.Veil.Text(c.Text); text != c.Text {
		c = c.With(text)
	}
	return c
}

// reason is why before secrets are hidden in it. What was found where it happened counts, then what
// a policy has said, then what the last attempt came to, then the code.
func (x *Exchange) reason() *cause.Cause {
	switch {
	case x.answer.cause != nil:
		return x.answer.cause
	case x.rule != "":
		return cause.New(kindOf(x.code, x.rule), x.rule)
	case x.attempt.cause != nil && (x.code != gwerr.None || x.status >= 500):
		return x.attempted()
	case x.code != gwerr.None:
		text := x.message
		if text == "" {
			text = strings.TrimSuffix(x.code.Info().Summary, ".")
		}
		return cause.New(kindOf(x.code, ""), text)
	case x.endpoint != nil && x.status != 0 && x.noTunnel():
		return x.refusedTunnel()
	case x.status >= 500 && x.asTold():
		return cause.Newf(cause.Configured, "the route answers with status %d", x.status)
	case x.status >= 500 && x.endpoint != nil:
		return x.answered()
	}
	return nil
}

// attempted is what all attempts came to.
func (x *Exchange) attempted() *cause.Cause {
	c := x.attempt.cause
	return c.With(x.afterTries("endpoint " + x.endpoint.Shown + ": " + c.Text))
}

// answered is an endpoint's own error.
func (x *Exchange) answered() *cause.Cause {
	return cause.New(cause.Status, x.afterTries(fmt.Sprintf(
		"endpoint %s answered with status %d", x.endpoint.Shown, x.status)))
}

// afterTries puts the attempts before the last one in front of what that came to.
func (x *Exchange) afterTries(last string) string {
	if len(x.tries) == 0 {
		return last
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d attempts failed: ", len(x.tries)+1)
	for i := range x.tries {
		t := &x.tries[i]
		fmt.Fprintf(&b, "endpoint %s: %s; ", t.endpoint, t.text())
	}
	return b.String() + last
}

// text is what an attempt came to that was followed by another.
func (t *try) text() string {
	switch {
	case t.cause != nil:
		return t.cause.Text
	case t.status != 0:
		return fmt.Sprintf("status %d", t.status)
	}
	return t.outcome
}

// kindOf is the kind of a refusal by its code, and by the rule where a code has several.
func kindOf(code gwerr.Code, rule string) cause.Kind {
	switch code {
	case gwerr.Forbidden:
		switch {
		case strings.HasPrefix(rule, "clients."):
			return cause.Address
		case strings.HasPrefix(rule, "client_certificate"),
			strings.HasPrefix(rule, "auth.client_certificate"):
			return cause.Certificate
		}
		return cause.Permission
	case gwerr.Unauthenticated:
		if strings.HasPrefix(rule, "auth.client_certificate") {
			return cause.Certificate
		}
		return cause.Credentials
	case gwerr.Overloaded:
		if strings.HasPrefix(rule, "limit") {
			return cause.Concurrency
		}
		return cause.Connections
	}
	if k, ok := kinds[code]; ok {
		return k
	}
	return cause.Internal
}

// kinds are the kinds of refusals whose code says all. It does not change.
var kinds = map[gwerr.Code]cause.Kind{
	gwerr.BadRequest: cause.BadRequest, gwerr.NoRoute: cause.NoRoute,
	gwerr.MethodNotAllowed: cause.NoMethod, gwerr.RequestTimeout: cause.ClientSlow,
	gwerr.BodyTooLarge: cause.RequestTooLarge, gwerr.URITooLong: cause.RequestTooLarge,
	gwerr.HeadersTooLarge: cause.RequestTooLarge, gwerr.ContractRequest: cause.Contract,
	gwerr.ContractResponse: cause.Contract, gwerr.Misdirected: cause.Misdirected,
	gwerr.RateLimited: cause.RateLimit, gwerr.NotImplemented: cause.BadRequest,
	gwerr.HTTPVersion: cause.BadRequest, gwerr.LoopDetected: cause.Loop,
	gwerr.AuthUnavailable: cause.AuthDown, gwerr.Draining: cause.Drained,
	gwerr.UpstreamConnect: cause.Unreachable, gwerr.UpstreamTLS: cause.TLS,
	gwerr.UpstreamReset: cause.Closed, gwerr.UpstreamProtocol: cause.Malformed,
	gwerr.UpstreamTimeout: cause.Timeout, gwerr.NoHealthyEndpoint: cause.NoEndpoint,
}

// refusedHead is what was wrong with what a client has sent in the place of a head that can be
// served.
func (x *Exchange) refusedHead(wrong *http1.Error) *cause.Cause {
	l := &x.Peer.Config.Limits
	came := cause.Bytes(int64(x.In.Len()))
	switch wrong.Code {
	case gwerr.RequestTimeout:
		c := cause.Late(cause.ClientSlow, "the head of the request was not complete", keyHeader,
			x.Peer.Config.Timeouts.Header)
		return c.With(c.Text + ", and " + came + " had come")
	case gwerr.URITooLong:
		return cause.Over(cause.RequestTooLarge, wrong.Reason,
			"limits.max_request_line_bytes of the listener",
			cause.Bytes(int64(l.MaxRequestLineBytes)), "more than "+came)
	case gwerr.HeadersTooLarge:
		if strings.Contains(wrong.Reason, "fields") {
			return cause.Over(cause.RequestTooLarge, wrong.Reason,
				"limits.max_headers of the listener", fmt.Sprint(l.MaxHeaders), "")
		}
		return cause.Over(cause.RequestTooLarge, wrong.Reason,
			"limits.max_header_bytes of the listener", cause.Bytes(int64(l.MaxHeaderBytes)), "")
	}
	return cause.New(kindOf(wrong.Code, ""), wrong.Reason)
}

// slowBody is a client whose body comes too slowly.
func (x *Exchange) slowBody(f *fault.Error) *cause.Cause {
	if f == fault.ClientBelowRate {
		rate := x.Peer.Config.Limits.MinBodyRate
		return cause.Over(cause.ClientSlow, "the request's body came too slowly", keyRate,
			fmt.Sprintf("%d bytes a second", rate), cause.Bytes(x.received)+" so far")
	}
	c := cause.Late(cause.ClientSlow, "no byte of the request's body came", keyClientBody,
		x.Peer.Config.Timeouts.BodyIdle)
	return c.With(c.Text + ", after " + cause.Bytes(x.received))
}

// malformedBody is a client whose body breaks the protocol or a limit.
func malformedBody(f *fault.Error) *cause.Cause {
	return cause.New(kindOf(f.Code, ""), "the request's body: "+f.Reason)
}

// slowReader is a client that does not take its response.
func (x *Exchange) slowReader() *cause.Cause {
	c := cause.Late(cause.ClientSlow, "the client took nothing of the response", keyClientBody,
		x.Peer.Config.Timeouts.BodyIdle)
	return c.With(c.Text + ", after " + cause.Bytes(x.sent) + " of the body")
}

// leftBy is a client that is gone, or whose connection was cut.
func (x *Exchange) leftBy() *cause.Cause {
	where := "before there was a response"
	switch {
	case x.status != 0:
		where = "within the response, after " + cause.Bytes(x.sent) + " of the body"
	case x.endpoint == nil:
		where = "before an endpoint was asked"
	case !x.Whole && x.upload != nil && !x.consumed():
		where = "within its body, after " + cause.Bytes(x.received)
	}
	after := cause.Short(x.since())
	if x.Owner.CutOff() {
		c := x.cutOff()
		return c.With(fmt.Sprintf("%s: the request was cut after %s, %s", c.Text, after, where))
	}
	return cause.Newf(cause.ClientClosed, "the client closed the connection, or reset the stream, "+
		"after %s, %s", after, where)
}

// cutOff is why the connection was cut by the gateway itself.
func (x *Exchange) cutOff() *cause.Cause {
	limit := cause.Short(x.View.Plan.DrainTimeout)
	c := &cause.Cause{Kind: cause.Drained, Key: "drain.timeout", Limit: limit}
	what := "the gateway was stopping"
	if x.Owner.Removed() {
		c.Kind, what = cause.Reloaded, "a reload took the listener away"
	}
	c.Text = fmt.Sprintf("%s, and drain.timeout (%s) was over", what, limit)
	return c
}

// full is why there is no connection to lend.
func (x *Exchange) full(f *fault.Error) *cause.Cause {
	c := x.target.Cluster
	if f.Err != nil {
		return c.Exhausted(f.Err)
	}
	switch f {
	case fault.LineFull:
		return c.LineFull("requests")
	case fault.LineLong:
		in := c.InUse()
		return in.With(fmt.Sprintf("%s; none became free within %s (%s)", in.Text,
			cause.Short(x.route.Timeouts.Request), keyRequest))
	case fault.ShareTaken:
		return c.ShareTaken()
	}
	return c.InUse()
}

// nobody is why no endpoint gets the request: the reason of each, where that costs little. All
// requests of a cluster come here while its endpoints are down.
func (x *Exchange) nobody() *cause.Cause {
	c, began := x.target.Cluster, time.Now()
	if !x.Env.excusing.Begin(began) {
		return cause.Newf(cause.NoEndpoint, "none of the %d endpoints of cluster %s may get "+
			"requests", c.Size(), c.Name)
	}
	defer x.Env.excusing.End(began)
	return c.Nobody("requests")
}

// endedTunnel is why a tunnel ended that its two sides have not ended by themselves; nil where they
// have.
func (x *Exchange) endedTunnel(why tunnel.Ending) *cause.Cause {
	var c *cause.Cause
	if x.Owner.CutOff() {
		why = tunnel.Interrupted
	}
	switch why {
	case tunnel.Silent:
		c = cause.Late(cause.Silence, "the tunnel was closed for silence: no byte came either way",
			keyIdle, x.route.Timeouts.Idle)
	case tunnel.EndpointBroke:
		c = cause.New(cause.Reset, "endpoint "+x.endpoint.Shown+" broke the tunnel off: it reset "+
			"the connection, or took nothing in time")
	case tunnel.ClientBroke:
		c = cause.New(cause.ClientClosed, "the client broke the tunnel off: it reset the "+
			"connection, or took nothing in time")
	case tunnel.Interrupted:
		c = x.cutOff()
		c = c.With("the tunnel was cut: " + c.Text)
	default:
		return nil
	}
	return c.With(fmt.Sprintf("%s, after %d bytes from the client and %d from the endpoint", c.Text,
		x.received, x.sent))
}

// noTunnel reports whether the client asked for a WebSocket and did not get one.
func (x *Exchange) noTunnel() bool {
	opened := x.status == 101 || x.Protocol.Streamed && x.status == 200
	return !opened && bytes.EqualFold(x.Head.Upgrade, []byte("websocket"))
}

// refusedTunnel is an endpoint that does not switch to the protocol that was asked for.
func (x *Exchange) refusedTunnel() *cause.Cause {
	return cause.Newf(cause.Handshake, "endpoint %s answered the %s handshake with status %d in "+
		"place of 101", x.endpoint.Shown, cause.Plain(string(x.Head.Upgrade)), x.status)
}
