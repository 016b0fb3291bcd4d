package auth

import (
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// An Authenticator finds out who sends requests, in one way, such as by the tokens of one issuer.
// Many goroutines use it at the same time.
type Authenticator interface {
	// Authenticate looks at the credentials of a request. It waits until Request.Deadline at most,
	// and allocates nothing for credentials that it has seen before.
	Authenticate(r *policy.Request) Outcome
	// Challenge is the value of WWW-Authenticate (RFC 9110 section 11.6.1) that tells a client
	// whose request failed what is wanted; "" for none. scopes are those that the route wants.
	Challenge(f Failure, scopes []string) string
	// Takes are edits that are made to each request, whichever authenticator has accepted it:
	// fields that only this one may set are left out of what clients send. nil: there are none.
	Takes() *http1.Edits
}

// A Verdict is what an authenticator says of a request.
type Verdict uint8

// The verdicts.
const (
	// Absent: the request has no credentials for this authenticator.
	Absent Verdict = iota
	// Accepted: it has, and they count.
	Accepted
	// Refused: it has, and they do not count.
	Refused
	// Unavailable: nobody can say at the moment.
	Unavailable
)

// An Outcome is a verdict with what goes with it.
type Outcome struct {
	Verdict Verdict
	// Identity is who the client is, where it is Accepted.
	Identity *policy.Identity
	// Edits are made to a request that is Accepted: credentials that end here are taken out.
	Edits *http1.Edits
	// Reply are edits of the response to a request that is Accepted.
	Reply *http1.Edits
	// Rule says why a request is not Accepted, in a few words for the operator: the access log
	// and gateway why have it. It has no part of any credential. Clients do not see it.
	Rule string
	// Answer is what the client gets if it is Refused, nil for the usual one. A policy.Room may
	// hold it.
	Answer *policy.Answer
}

// A Failure is why a request that came to an Authenticator is answered with a challenge.
type Failure uint8

// The failures.
const (
	// NoCredentials: the request had none.
	NoCredentials Failure = iota
	// BadCredentials: they do not count.
	BadCredentials
	// LittleScope: they do, and the client may not do this with them.
	LittleScope
)
