package exchange

import (
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// A Failure is a request that did not go well, as it is remembered for an operator who
// asks why.
type Failure struct {
	ID, Trace, Client, Listener, Protocol string
	Method, Host, Path                    string
	Route, Cluster                        string // "" when none was found
	Time                                  time.Time
	Duration                              time.Duration
	Status                                int
	Code                                  gwerr.Code // None: the status is the upstream's
	Message                               string     // that the client got
	Rule                                  string     // of the configuration that refused it
	Cause                                 *cause.Cause
	Attempts                              []Attempt
	// Endpoints are those of the cluster, with the weights that they had when the request ended;
	// More is how many are not among them.
	Endpoints []cluster.Worth
	More      int
	// Policies are those of the route that the request has passed, by name, and Stopped is the one
	// that it has not.
	Policies []string
	Stopped  string
	// Nearest are the routes that come nearest to a request that none is for.
	Nearest []Candidate
	// Digest is that of the configuration by which it was served.
	Digest string
}

// An Attempt is one of a Failure's tries to get a response.
type Attempt struct {
	Endpoint string
	// Outcome is connect, reset or status, or for the last try the code of the
	// answer; "" when the response was passed on.
	Outcome string
	Cause   *cause.Cause  // why it failed; nil where nothing is to be said of its endpoint
	Status  int           // of the upstream's response; 0: there was none
	At      time.Duration // when it ended, since the start of the request
}

// A Candidate is a route that might have been for a request.
type Candidate struct{ Route, Why string }

// explain remembers a request that failed. It copies: the exchange is reused.
func (x *Exchange) explain(total time.Duration, why *cause.Cause) *Failure {
	f := &Failure{
		ID: string(x.id), Trace: string(x.traceID()), Client: x.Peer.AddressPort,
		Listener: x.View.Config.Name,
		Protocol: x.protocol(), Method: clip(x.Head.MethodName),
		Host: clip(x.Head.Authority), Path: clip(x.path()),
		Time: x.start, Duration: total, Status: x.status, Code: x.code, Message: x.message,
		Rule: x.rule, Cause: why, Digest: x.View.Plan.Digest,
	}
	if f.Message == "" && x.code != gwerr.None {
		f.Message = x.code.Info().Summary
	}
	if x.route != nil {
		f.Route, f.Cluster = x.route.Name, x.target.name()
		x.tellPolicies(f)
	} else if x.code == gwerr.NoRoute || x.code == gwerr.MethodNotAllowed {
		if f.Nearest = x.nearest(); len(f.Nearest) > 0 {
			n := &f.Nearest[0]
			f.Cause = why.With(why.Text + "; the nearest route is " + n.Route + ": " + n.Why)
		}
	}
	if x.target != nil && x.target.Cluster != nil && x.status >= 500 {
		f.Endpoints, f.More = x.target.Cluster.Worth(&x.Env.judging)
	}
	for i := range x.tries {
		t := &x.tries[i]
		f.Attempts = append(f.Attempts, Attempt{
			Endpoint: t.endpoint, Outcome: t.outcome, Cause: t.cause, Status: t.status,
			At: t.at,
		})
	}
	if x.endpoint != nil && x.attempts > len(x.tries) {
		last := Attempt{Endpoint: x.endpoint.Shown, Cause: x.attempt.cause, At: total}
		if x.code != gwerr.None {
			last.Outcome = x.code.String()
		} else {
			last.Status = x.status
		}
		f.Attempts = append(f.Attempts, last)
	}
	return f
}

// tellPolicies says which policies the request has passed.
func (x *Exchange) tellPolicies(f *Failure) {
	if !x.checked {
		return
	}
	names := x.route.Policies.Names()
	n := int(x.seen.StoppedBy)
	if n == 0 { // the rule of one that sees bodies begins with its name
		n = 1 + slices.IndexFunc(names, func(name string) bool {
			return strings.HasPrefix(x.rule, name)
		})
	}
	if n > 0 && n <= len(names) {
		f.Policies, f.Stopped = names[:n-1], names[n-1]
		return
	}
	f.Policies = names
}

// textKept is how much is kept of a text that a client chose.
const textKept = 512

// clip copies a text of a client's.
func clip(b []byte) string {
	if len(b) <= textKept {
		return string(b)
	}
	return strings.ToValidUTF8(string(b[:textKept]), "") + "…"
}

// size is how many bytes a record takes, about.
func (f *Failure) size() int {
	const fixed, each = 512, 96
	n := fixed + len(f.ID) + len(f.Client) + len(f.Method) + len(f.Host) + len(f.Path) +
		len(f.Message) + len(f.Rule) +
		each*(len(f.Attempts)+len(f.Endpoints)+len(f.Nearest)+len(f.Policies))
	if f.Cause != nil {
		n += each + len(f.Cause.Text)
	}
	for i := range f.Attempts {
		if c := f.Attempts[i].Cause; c != nil {
			n += each + len(c.Text)
		}
	}
	for _, r := range f.Nearest {
		n += len(r.Why)
	}
	for _, e := range f.Endpoints {
		n += len(e.Reason)
	}
	return n
}
