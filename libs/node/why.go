package node

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7"
)

// why is what /why/{id} tells.
func (e *edge) why(id string) (out admin.Explanation, found bool) {
	if http := e.engine.http; http != nil {
		if f, ok := http.Why(id); ok {
			out = explanation(f)
			out.Mirrors = e.mirrorsOf(id)
			return out, true
		}
	}
	if tcp := e.engine.tcp; tcp != nil {
		if f, ok := tcp.Why(id); ok {
			return sessionExplanation(f), true
		}
	}
	return e.differing(id)
}

// tellFleet is what the node answers to another one that asks for a request; nil: it knows nothing.
func (e *edge) tellFleet(id string) []byte {
	out, ok := e.why(id)
	if !ok {
		return nil
	}
	if ring := e.ring(); ring != nil {
		out.Node = ring.Name()
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return b
}

// failures are the last requests and sessions that failed, newest first.
func (e *edge) failures(most int) (all []admin.Explanation) {
	if http := e.engine.http; http != nil {
		for _, f := range http.Failures(most) {
			all = append(all, explanation(f))
		}
	}
	if tcp := e.engine.tcp; tcp != nil {
		for _, f := range tcp.Failures(most) {
			all = append(all, sessionExplanation(f))
		}
	}
	slices.SortStableFunc(all, func(a, b admin.Explanation) int {
		return ended(b).Compare(ended(a))
	})
	return all[:min(len(all), most)]
}

// ended is when it had ended.
func ended(e admin.Explanation) time.Time {
	return e.Time.Add(time.Duration(e.DurationMS * float64(time.Millisecond)))
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
	out.Endpoints = weightsOf(f.Endpoints)
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

func weightsOf(endpoints []cluster.Worth) (all []admin.EndpointWeight) {
	for _, e := range endpoints {
		all = append(all, admin.EndpointWeight{
			Address: e.Endpoint, Weight: e.Configured, Effective: e.Effective, Reason: e.Reason,
		})
	}
	return all
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
