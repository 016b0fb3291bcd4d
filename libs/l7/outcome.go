package l7

import (
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// Every attempt that tells something about its endpoint is recorded once, here.
// What the client did, and what never was the endpoint's doing (a limit of the
// gateway's, a pooled connection that the peer had closed in good time), is not.

// noConnectionOutcome is what a connection that could not be had says.
func noConnectionOutcome(err error) health.Outcome {
	if insecure := (*upstream.TLSError)(nil); errors.As(err, &insecure) {
		return health.TLSFailure
	}
	return health.ConnectFailure
}

// failureOutcome is what an attempt that ended before a response head says; ok is
// false for one that the client ended.
func failureOutcome(err error) (o health.Outcome, ok bool) {
	switch {
	case errors.Is(err, netx.ErrInterrupted):
		return 0, false
	case errors.Is(err, netx.ErrTimeout):
		return health.Timeout, true
	}
	return health.Reset, true // or malformed, which is no better
}

// outcome is what a response head says of its endpoint. A gRPC server that is not there
// for a call says so with a status of 200.
func (x *exchange) outcome() health.Outcome {
	if x.grpc.on && x.endedWith() == plan.GRPCUnavailable {
		return health.ServerError
	}
	return statusOutcome(x.resp.Status)
}

// statusOutcome is what a response says. Not Implemented and HTTP Version Not
// Supported are about the request.
func statusOutcome(status int) health.Outcome {
	if status >= 500 && status != 501 && status != 505 {
		return health.ServerError
	}
	return health.Success
}
