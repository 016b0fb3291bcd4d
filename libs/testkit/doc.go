// Package testkit holds the doubles that black-box tests of the gateway stand between: a runner for
// the edge binary, an upstream that is scripted byte by byte, and a client that sends exactly the
// bytes it is given. It is imported by tests only.
//
// The pieces meet like this: NewUpstream listens on a free port and runs a Go function for every
// connection it accepts; StartEdge runs the real binary with a configuration whose cluster points
// at that port; Dial opens a raw connection to the listener the edge reported. Both ends read with
// the strict parser of wire.go, which is written apart from libs/http1 on purpose: a judge that
// shared the parser of the accused would share its mistakes.
//
// Everything has a deadline. Nothing here sleeps to wait for a state: a test polls with Eventually,
// or blocks in a read that has a deadline. The one place where time passes on purpose is Dribble,
// because being slow is what it is for.
package testkit
