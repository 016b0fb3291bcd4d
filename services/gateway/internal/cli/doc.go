// Package cli is the command tree of the binary gateway: one file per verb or theme, each of which
// parses its flags, asks a library, and prints what it says.
//
//	root.go        the tree, what all verbs share, exit codes
//	config*.go     config validate, show, diff, import
//	route.go       config show --route
//	run.go         run
//	example.go     example list, run
//	remote.go      what all verbs share that ask a running gateway
//	status.go, receipt.go, drain.go, why.go
//	errors.go, version.go
//	completion.go, man.go, reference.go    what is made from the tree itself
//
// Verbs print data on stdout, and what they have to say besides on stderr. Nothing here keeps state
// between two calls.
package cli
