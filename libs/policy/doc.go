// Package policy says what a policy is: something that a route does to its requests
// beside passing them on.
//
// The plan compiles the policies of each route into a Chain, in one order that is the
// same for every route (docs/policies.md). A policy is a type in a package of its own
// below this one. It has a name, and it has as many of these interfaces as it needs:
//
//	OnRequest   looks at a request's head: passes it, changes its fields, or answers
//	OnBody      sees a request's body as a stream of pieces
//	WantsBody   wants the body in one piece, up to a bound
//	OnResponse  looks at a response's head: changes its fields, or replaces it
//	Transforms  changes a response's body as a stream
//	OnEnd       is told how a request ended
//
// # What a policy may not do
//
// It keeps no state from plan to plan, but what is found again by an identity such as
// the name of its route. It allocates nothing for a request that it only passes, and
// costs less than 50 ns for it. It does not wait without a deadline: Request.Deadline
// bounds what it may wait for. Its methods are called for many requests at a time. Those
// for one request are called one after the other, but for OnBody: the body of a request
// may still be coming while its response is passed on.
package policy
