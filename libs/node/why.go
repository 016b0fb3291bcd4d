package node

import (
	"encoding/json"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7"
)

// why is what /why/{id} tells.
func (e *edge) why(id string) (out admin.Explanation, found bool) {
	f, ok := e.engine.why(id)
	if !ok {
		return e.differing(id)
	}
	out = explanation(f)
	out.Mirrors = e.mirrorsOf(id)
	return out, true
}

// tellFleet is what the node answers to another one that asks for a request; nil: it knows nothing.
func (e *edge) tellFleet(id string) []byte {
	out, ok := e.why(id)
	if !ok {
		return nil
	}
	if e.gossip != nil {
		out.Node = e.gossip.Name()
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return b
}

// failures are the last requests that failed, newest first.
func (e *edge) failures(most int) (all []admin.Explanation) {
	if e.engine.http == nil {
		return nil
	}
	for _, f := range e.engine.http.Failures(most) {
		all = append(all, explanation(f))
	}
	return all
}

// explanation is what is told of a request that failed.
func explanation(f *l7.Failure) admin.Explanation {
	out := admin.Explanation{
		ID: f.ID, TraceID: f.Trace, Time: f.Time, Client: f.Client,
		Listener: f.Listener, Protocol: f.Protocol,
		Method: f.Method, Host: f.Host, Path: f.Path, Route: f.Route, Status: f.Status,
		Message: f.Message, DurationMS: f.Duration.Seconds() * 1000, RouteWhy: routeWhy(f),
		Rule: f.Rule, Policies: f.Policies, StoppedBy: f.Stopped, MoreEndpoints: f.More,
		Digest: f.Digest,
	}
	if f.Rule != "" {
		out.Message += " (" + f.Rule + ")"
	}
	if f.Code != gwerr.None {
		info := f.Code.Info()
		out.Code, out.Hint = f.Code.String(), info.Action
	} else if f.Status >= 500 && f.Cluster == "" {
		out.Message = "the route answers with this status: its configuration says so"
		out.Hint = "look at respond of the route"
	} else if f.Status >= 500 {
		out.Message = "the endpoint itself answered with this status; the gateway passed it on"
		out.Hint = "look at the endpoint's own log for this request ID"
	}
	if c := f.Cause; c != nil {
		out.Cause, out.CauseKind = c.Text, c.Kind.String()
		out.Key, out.Limit, out.Met = c.Key, c.Limit, c.Met
		// What to do follows from what happened, where that is more than the code says.
		if advice := c.Kind.Advice(); advice != "" && (f.Code != gwerr.None || out.Hint == "") {
			out.Hint = advice
		}
		if out.Message == "" {
			out.Message = c.Text
		}
	}
	for _, e := range f.Endpoints {
		out.Endpoints = append(out.Endpoints, admin.EndpointWeight{
			Address: e.Endpoint, Weight: e.Configured, Effective: e.Effective, Reason: e.Reason,
		})
	}
	for _, n := range f.Nearest {
		out.Nearest = append(out.Nearest, admin.NearRoute{Route: n.Route, Why: n.Why})
	}
	for _, a := range f.Attempts {
		at := admin.Attempt{
			Endpoint: a.Endpoint, Outcome: a.Outcome, Failure: a.Cause.String(),
			DurationMS: a.At.Seconds() * 1000,
		}
		if a.Cause != nil {
			at.FailureKind = a.Cause.Kind.String()
		}
		switch {
		case a.Status != 0:
			at.Outcome = fmt.Sprintf("status %d", a.Status)
		case a.Outcome == "":
			at.Outcome = "unfinished" // the client went away
		}
		out.Attempts = append(out.Attempts, at)
	}
	return out
}

func routeWhy(f *l7.Failure) string {
	switch {
	case f.Route != "" && f.Cluster == "":
		return fmt.Sprintf(
			"host, path, method and conditions match route %q most specifically; it answers "+
				"without an endpoint", f.Route)
	case f.Route != "":
		return fmt.Sprintf(
			"host, path, method and conditions match route %q most specifically; it leads to "+
				"cluster %q",
			f.Route, f.Cluster)
	case f.Code == gwerr.NoRoute || f.Code == gwerr.MethodNotAllowed:
		return f.Message
	}
	return "the request was answered before a route was looked for"
}
