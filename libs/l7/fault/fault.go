package fault

import (
	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// A Side is who caused a fault.
type Side uint8

// The sides of a request.
const (
	Client Side = iota + 1
	Endpoint
	Gateway
)

// String is the side's name.
func (s Side) String() string {
	switch s {
	case Client:
		return "client"
	case Endpoint:
		return "endpoint"
	case Gateway:
		return "gateway"
	}
	return "nobody"
}

// A Kind is what happened.
type Kind uint8

// The kinds of faults.
const (
	// Closed is a connection or stream that its peer ended or reset.
	Closed Kind = iota + 1
	// Timeout is a peer that did not do its part in time.
	Timeout
	// Malformed is a message that breaks the protocol or a limit.
	Malformed
	// Interrupted is a wait that the gateway ended, for what happened elsewhere:
	// the other side has failed, or a drain has run out of patience.
	Interrupted
	// Stale is an idle connection that its peer had closed before it was used.
	// Nothing was sent over it.
	Stale
	// Unreachable is a connection that could not be made.
	Unreachable
	// Unsecured is a connection that was made, but not secured by TLS, or whose TLS the endpoint
	// has ended in place of a response.
	Unsecured
	// Full says that a limit of the gateway's on connections is reached.
	Full
	// Unsupported is what the endpoint cannot do.
	Unsupported
	// Refused is a request that a policy of its route does not let through.
	Refused
)

// String is the kind's name.
func (k Kind) String() string {
	names := [...]string{
		"nothing", "closed", "timeout", "malformed", "interrupted", "stale", "unreachable",
		"unsecured", "full", "unsupported", "refused",
	}
	return names[min(int(k), len(names)-1)]
}

// An Error is a fault. It does not change.
type Error struct {
	Side Side
	Kind Kind
	// Code is what a client is told whose request fails for this; None leaves that to
	// the kind.
	Code gwerr.Code
	// Reason says what was wrong, in words that are fit to send to a client; "" where
	// there is nothing to add to the kind.
	Reason string
	// Cause is what operators are told; nil leaves that to the exchange, which knows limits and how
	// far it was.
	Cause *cause.Cause
	// Unseen says that the endpoint certainly did nothing with the request.
	Unseen bool
	// Err is the error it was made of, nil if there is none.
	Err error
}

// Error says whose fault it was and what happened.
func (e *Error) Error() string {
	text := e.Side.String() + ": " + e.Kind.String()
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap is the error it was made of.
func (e *Error) Unwrap() error { return e.Err }

// Faults that need no more words. They are made once, so that an attack does not
// cost an allocation for each.
var (
	ClientGone         = &Error{Side: Client, Kind: Closed}
	ClientSlow         = &Error{Side: Client, Kind: Timeout, Code: gwerr.RequestTimeout}
	ClientStopped      = &Error{Side: Client, Kind: Interrupted}
	EndpointGone       = &Error{Side: Endpoint, Kind: Closed}
	EndpointSlow       = &Error{Side: Endpoint, Kind: Timeout}
	EndpointStopped    = &Error{Side: Endpoint, Kind: Interrupted}
	EndpointStale      = &Error{Side: Endpoint, Kind: Stale, Unseen: true}
	EndpointUnseen     = &Error{Side: Endpoint, Kind: Closed, Unseen: true}
	EndpointSlowUnseen = &Error{Side: Endpoint, Kind: Timeout, Unseen: true}
	EndpointStopUnseen = &Error{Side: Endpoint, Kind: Interrupted, Unseen: true}

	ClientBelowRate = &Error{Side: Client, Kind: Timeout, Code: gwerr.RequestTimeout}

	// NoConnectionAllowed says that a cluster has as many connections as it may have, the others
	// what became of waiting for one.
	NoConnectionAllowed = &Error{Side: Gateway, Kind: Full, Code: gwerr.Overloaded}
	LineFull            = &Error{Side: Gateway, Kind: Full, Code: gwerr.Overloaded}
	LineLong            = &Error{Side: Gateway, Kind: Full, Code: gwerr.Overloaded}
	ShareTaken          = &Error{Side: Gateway, Kind: Full, Code: gwerr.Overloaded}
)

// Bad is a message of a side that breaks the protocol or a limit.
func Bad(side Side, code gwerr.Code, reason string) *Error {
	return &Error{Side: side, Kind: Malformed, Code: code, Reason: reason}
}

// Of is an error as a fault. One that nobody has judged is the gateway's.
func Of(err error) *Error {
	if f, ok := err.(*Error); ok {
		return f
	}
	return &Error{Side: Gateway, Kind: Malformed, Code: gwerr.Internal, Err: err}
}
