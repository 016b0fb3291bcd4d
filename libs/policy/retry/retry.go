// Package retry says when a request is sent again (routes[].retry). It is no part of a
// route's chain: it decides between attempts, not on the way to the first.
package retry

import (
	"fmt"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// The statuses that may be a reason to try again.
const (
	firstStatus = 500
	lastStatus  = 599
)

// The grpc-status of the calls that may be tried again: the server says that it did
// nothing (https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
const (
	GRPCResourceExhausted = 8
	GRPCUnavailable       = 14
)

// Policy says when a request is sent again. It does not change.
type Policy struct {
	Attempts       int // all together, at least 1
	Connect, Reset bool
	// Budget is the share of a cluster's active requests that may be retries.
	Budget float64
	// Default says that the document asks for nothing: only another endpoint is tried, and
	// only after a connection that could not be made.
	Default bool

	statuses [2]uint64
	grpc     uint32 // by grpc-status
}

// New makes the policy of a route, whose retry key may be missing.
func New(c *config.Retry) (Policy, error) {
	if c == nil {
		// A connection that could not be made has carried nothing: trying the next endpoint
		// is safe for any request, so it needs no asking for.
		return Policy{
			Default: true, Attempts: 2, Connect: true, Budget: float64(config.DefaultRetryBudget),
		}, nil
	}
	r := Policy{Attempts: max(c.Attempts, 1), Budget: float64(c.Budget)}
	for _, on := range c.On {
		switch on {
		case config.RetryConnect:
			r.Connect = true
		case config.RetryReset:
			r.Reset = true
		case config.RetryUnavailable:
			r.grpc |= 1 << GRPCUnavailable
		case config.RetryExhausted:
			r.grpc |= 1 << GRPCResourceExhausted
		default:
			status, err := strconv.Atoi(on)
			if err != nil || status < firstStatus || status > lastStatus {
				return Policy{}, fmt.Errorf("%q is no reason to retry", on)
			}
			r.statuses[(status-firstStatus)/64] |= 1 << ((status - firstStatus) % 64)
		}
	}
	return r, nil
}

// Status reports whether a response of this status is a reason to try again.
func (r *Policy) Status(status int) bool {
	n := uint(status - firstStatus)
	return n <= lastStatus-firstStatus && r.statuses[n/64]>>(n%64)&1 != 0
}

// GRPC reports whether a call that ended with this grpc-status, and nothing else, is
// tried again.
func (r *Policy) GRPC(status int) bool {
	return status >= 0 && status < 32 && r.grpc>>status&1 != 0
}
