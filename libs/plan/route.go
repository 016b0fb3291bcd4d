package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// A Route says what happens to the requests it matches. It carries the route of the document, so that
// a key whose value is used as it was written needs no line here. Where a field has the name of a key
// (Split, Rewrite, Retry), it is what was made of that key, and the one to use.
type Route struct {
	config.Route
	// Targets are the clusters the route may choose; there is at least one.
	Targets []Target
	// Split is the order they are chosen in; nil where there is only one.
	Split *wrr.Schedule
	// RequestTimeout is how long a response head may take once the request has
	// been sent, all attempts together; 0 is no limit.
	RequestTimeout time.Duration
	// GRPCTimeout is the longest deadline of a gRPC call; 0 is no limit.
	GRPCTimeout time.Duration
	// TunnelIdle is how long a tunnel may be without a byte either way; 0 is no limit.
	TunnelIdle time.Duration
	Rewrite    Rewrite
	Retry      Retry
	// Clients are those who may use the route, by their certificate; nil is everybody.
	Clients *tlsconf.Clients
	// Request and Response are nil where no field is edited.
	Request, Response *Edits
}

// A Target is one cluster of a route.
type Target struct {
	Cluster int // index into Plan.Clusters
	// ResponseTimeout is how long a response head of one attempt may take: the
	// shorter of the route's and the cluster's limit. 0 is no limit.
	ResponseTimeout time.Duration
}

// Rewrite changes the path a request has upstream. The zero Rewrite leaves it.
type Rewrite struct {
	cut    int    // bytes at the front of the path that are replaced
	prefix string // by this
	on     bool
}

// On reports whether there is something to change.
func (w *Rewrite) On() bool { return w.on }

// Append appends the path that takes the place of a path the route matched.
func (w *Rewrite) Append(dst, path []byte) []byte {
	if len(path) == 0 || path[0] != '/' || len(path) < w.cut {
		return append(dst, path...) // "*" of OPTIONS has no prefix
	}
	rest := path[w.cut:]
	dst = append(dst, w.prefix...)
	if w.prefix == "" && (len(rest) == 0 || rest[0] != '/') {
		dst = append(dst, '/')
	}
	return append(dst, rest...)
}

// Reasons of a Retry.
const (
	firstStatus = 500
	lastStatus  = 599
)

// Retry says when a request is sent again.
type Retry struct {
	Attempts       int // all together, at least 1
	Connect, Reset bool
	// Budget is the share of a cluster's active requests that may be retries.
	Budget float64
	// Default says that the document asks for nothing: only another endpoint is
	// tried, and only after a connection that could not be made.
	Default bool

	statuses [2]uint64
	grpc     uint32 // by grpc-status
}

// GRPC reports whether a call that ended with this grpc-status, and nothing else, is
// tried again.
func (r *Retry) GRPC(status int) bool { return status >= 0 && status < 32 && r.grpc>>status&1 != 0 }

// The grpc-status of the calls that may be tried again: the server says that it did
// nothing (https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
const (
	GRPCResourceExhausted = 8
	GRPCUnavailable       = 14
)

// Status reports whether a response of this status is a reason to try again.
func (r *Retry) Status(status int) bool {
	n := uint(status - firstStatus)
	return n <= lastStatus-firstStatus && r.statuses[n/64]>>(n%64)&1 != 0
}

func newRetry(c *config.Retry) (Retry, error) {
	if c == nil {
		// A connection that could not be made has carried nothing: trying the next
		// endpoint is safe for any request, so it needs no asking for.
		return Retry{Default: true, Attempts: 2, Connect: true, Budget: float64(config.DefaultRetryBudget)}, nil
	}
	r := Retry{Attempts: max(c.Attempts, 1), Budget: float64(c.Budget)}
	for _, on := range c.On {
		switch {
		case on == config.RetryConnect:
			r.Connect = true
		case on == config.RetryReset:
			r.Reset = true
		case on == config.RetryUnavailable:
			r.grpc |= 1 << GRPCUnavailable
		case on == config.RetryExhausted:
			r.grpc |= 1 << GRPCResourceExhausted
		default:
			status, err := strconv.Atoi(on)
			if err != nil || status < firstStatus || status > lastStatus {
				return Retry{}, fmt.Errorf("%q is no reason to retry", on)
			}
			r.statuses[(status-firstStatus)/64] |= 1 << ((status - firstStatus) % 64)
		}
	}
	return r, nil
}

func newRewrite(r *config.Route) Rewrite {
	w := r.Rewrite
	if w == nil || !w.StripPrefix && w.ReplacePrefix == "" {
		return Rewrite{}
	}
	// As routing compares it: a slash at the end means nothing.
	matched := strings.TrimRight(r.PathPrefix, "/")
	rw := Rewrite{on: true, cut: len(matched), prefix: strings.TrimRight(w.ReplacePrefix, "/")}
	rw.on = rw.cut > 0 || rw.prefix != ""
	return rw
}

// build fills in the route; index finds clusters by name.
func (r *Route) build(c *config.Route, clusters []Cluster, index map[string]int) error {
	shares := c.Split
	if len(shares) == 0 {
		shares = []config.Share{{Cluster: c.Cluster, Weight: 1}}
	}
	*r = Route{
		Route: *c, RequestTimeout: c.Timeouts.Request, GRPCTimeout: c.Timeouts.GRPC,
		TunnelIdle: c.Timeouts.Idle, Rewrite: newRewrite(c), Targets: make([]Target, len(shares)),
	}
	weights := make([]int, len(shares))
	for i, s := range shares {
		n, ok := index[s.Cluster]
		if !ok {
			return fmt.Errorf("no cluster is named %q", s.Cluster)
		}
		weights[i] = s.Weight
		r.Targets[i] = Target{Cluster: n, ResponseTimeout: shorter(c.Timeouts.Request, clusters[n].Timeouts.Response)}
	}
	if len(shares) > 1 {
		r.Split = wrr.New(weights)
	}
	var err error
	if r.Retry, err = newRetry(c.Retry); err != nil {
		return err
	}
	if c.ClientCertificate != nil {
		if r.Clients, err = tlsconf.NewClients(c.ClientCertificate.Names); err != nil {
			return err
		}
	}
	if c.Headers != nil {
		r.Request, r.Response = newEdits(c.Headers.Request), newEdits(c.Headers.Response)
	}
	return nil
}

// shorter is the shorter of two limits, of which 0 is none.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
