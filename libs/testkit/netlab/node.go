package netlab

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A Node is a machine of a lab, as far as its network goes. It is a testkit.Place.
type Node struct {
	name    string
	address netip.Addr
	space   *namespace
	skew    time.Duration
}

// Name is what links know the node by.
func (n *Node) Name() string { return n.name }

// At is a port of the node, as others reach it.
func (n *Node) At(port int) string {
	return net.JoinHostPort(n.address.String(), strconv.Itoa(port))
}

// Skew sets the clock of the processes that are started from now on that much ahead of the
// machine's, or behind it. Only what time it is changes, not how fast it passes. The test skips
// where that cannot be done.
func (n *Node) Skew(t testing.TB, d time.Duration) {
	t.Helper()
	if !skewable {
		t.Skip("no clock can be set wrong here: the code for that is amd64's")
	}
	n.skew = d
}

// Start starts a process on the node. It dies with the test at the latest.
func (n *Node) Start(cmd *exec.Cmd) (err error) {
	n.space.do(func() {
		if n.skew != 0 {
			err = startSkewed(cmd, n.skew)
			return
		}
		mortal(cmd)
		err = cmd.Start()
	})
	return err
}

// DialContext opens a connection from the node. The address has to be a literal one: names are
// looked up elsewhere.
func (n *Node) DialContext(ctx context.Context, network, address string) (c net.Conn, err error) {
	if _, err := netip.ParseAddrPort(address); err != nil {
		return nil, err
	}
	n.space.do(func() {
		var d net.Dialer
		c, err = d.DialContext(ctx, network, address)
	})
	return c, err
}

// Dial is testkit.Dial from the node.
func (n *Node) Dial(t testing.TB, address string) *testkit.Client {
	t.Helper()
	var c *testkit.Client
	var err error
	n.space.do(func() { c, err = testkit.DialTimeout(address, testkit.Deadline) })
	if err != nil {
		t.Fatalf("dial from %s: %v", n.name, err)
	}
	t.Cleanup(c.Close)
	return c
}

// Upstream is testkit.NewUpstream on a port of the node.
func (n *Node) Upstream(t testing.TB, port int, serve func(*testkit.Conn)) *testkit.Upstream {
	t.Helper()
	var u *testkit.Upstream
	var err error
	n.space.do(func() { u, err = testkit.ListenUpstream(n.At(port), serve) })
	if err != nil {
		t.Fatalf("upstream on %s: %v", n.name, err)
	}
	t.Cleanup(u.Close)
	return u
}

// Do calls f in the network of the node: the sockets that it opens itself are the node's, wherever
// they are used later; those that its goroutines open are not. It must not block for long.
func (n *Node) Do(f func()) { n.space.do(f) }
