package node

import (
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l4"
)

// sessionExplanation is what is told of a session over TCP that failed.
func sessionExplanation(f *l4.Failure) admin.Explanation {
	c := f.Cause
	out := admin.Explanation{
		ID: f.ID, Time: f.Time, Client: f.Client, Listener: f.Listener,
		Protocol: strings.ToUpper(config.ProtocolTCP), Host: f.Name,
		Message: strings.TrimSuffix(f.Reason.Meaning(), "."), Hint: c.Kind.Advice(),
		Cause: c.Text, CauseKind: c.Kind.String(), Key: c.Key, Limit: c.Limit, Met: c.Met,
		DurationMS: f.Duration.Seconds() * 1000, RouteWhy: sessionRoute(f), Digest: f.Digest,
		Endpoints: weightsOf(f.Endpoints), MoreEndpoints: f.More,
		Session: &admin.Session{
			CloseReason: f.Reason.String(), BytesIn: f.BytesIn, BytesOut: f.BytesOut,
		},
	}
	if out.Hint == "" {
		out.Hint = "docs/relay.md says what each close_reason means"
	}
	for _, a := range f.Attempts {
		at := admin.Attempt{
			Endpoint: a.Endpoint, Outcome: "connected", DurationMS: a.At.Seconds() * 1000,
		}
		if a.Cause != nil {
			at.Outcome, at.FailureKind = "connect", a.Cause.Kind.String()
			at.Failure = a.Cause.Text
		}
		out.Attempts = append(out.Attempts, at)
	}
	return out
}

// sessionRoute says why the session went to its cluster, or to none.
func sessionRoute(f *l4.Failure) string {
	switch {
	case f.Cluster == "" && f.Name != "":
		return fmt.Sprintf("no cluster is for the server name %q (SNI) at listener %q", f.Name,
			f.Listener)
	case f.Cluster == "":
		return "the session ended before a cluster was looked for"
	case f.Name != "":
		return fmt.Sprintf("the server name %q (SNI) leads to cluster %q", f.Name, f.Cluster)
	}
	return fmt.Sprintf("listener %q leads to cluster %q", f.Listener, f.Cluster)
}
