// Package edge is the L7 gateway as a whole: a configuration, the engine that
// runs it, its listeners, the admin API, the access log, and the reloads that put
// another configuration in the place of the first without dropping anything.
//
// Run composes them and returns when all have ended. The binary edge is Run with
// flags; so is `gateway run`.
//
//	settings.go   flags and environment, and the document they lead to
//	edge.go       the composition, from start to drain
//	listeners.go  the listeners that serve, which a reload may change
//	reload.go     detect, decode, validate, build, swap, retire; rollback
//	receipt.go    what a reload did, as it is shown
//	trial.go      watching a new plan, and taking it back
//	access.go     where records of requests go
//	status.go     what the admin API shows
package edge
