package exchange

import (
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/policy/retry"
)

// outcome is what a response head says of its endpoint. A gRPC server that is not there
// for a call says so with a status of 200.
func (x *Exchange) outcome() health.Outcome {
	if x.GRPC && x.endedWith() == retry.GRPCUnavailable {
		return health.ServerError
	}
	return statusOutcome(x.mem.head.Status)
}

// endedWith is the grpc-status of a response that has nothing else, -1 if it has.
func (x *Exchange) endedWith() int {
	if own := x.ownFraming(); own != http1.NoBody {
		return -1
	}
	return heads.Status(&x.mem.head)
}

// statusOutcome is what a status says of an endpoint. Not Implemented and HTTP Version
// Not Supported are about the request; what statuses from 600 on are about nobody knows.
func statusOutcome(status int) health.Outcome {
	if status >= 500 && status < 600 && status != 501 && status != 505 {
		return health.ServerError
	}
	return health.Success
}

// missed is what the metrics count of an attempt that had a connection, and ended without the head
// of a response. clients and present are as in clientFailed.
func (x *Exchange) missed(f, clients *fault.Error, present bool) metrics.UpstreamResult {
	switch {
	case clients != nil, !present, f.Side == fault.Client:
		return metrics.UpstreamClient
	case f.Side == fault.Gateway, f.Kind == fault.Interrupted:
		return metrics.UpstreamGateway
	case f.Kind == fault.Unsecured:
		return metrics.UpstreamTLS
	case f.Kind == fault.Timeout, x.upload != nil && x.upload.stalled, x.seen.Call.Over():
		return metrics.UpstreamTimeout
	case f.Kind == fault.Malformed, f.Kind == fault.Unsupported,
		f.Code == gwerr.UpstreamProtocol:
		return metrics.UpstreamProtocol
	}
	return metrics.UpstreamReset
}
