package testkit

import (
	"context"
	"net"
	"os/exec"
)

// A Place is where a process under test runs, and how a test reaches it there.
type Place interface {
	// Start starts the process; the caller waits for its end.
	Start(cmd *exec.Cmd) error
	// DialContext opens a connection to an address that the process listens on.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// here is where the test runs.
type here struct{}

func (here) Start(cmd *exec.Cmd) error { return cmd.Start() }

func (here) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// RunEdgeAt is RunEdge in another place, such as a node of a netlab.
func RunEdgeAt(at Place, dir, config string) (*Process, error) {
	return runAt(at, &edgeBinary, dir, config)
}
