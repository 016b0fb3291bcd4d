package netlab

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"testing"
)

// maxNodes bounds the namespaces of a lab.
const maxNodes = 64

// subnet is where the nodes of each lab are. Labs don't reach each other, so all may have the same.
var subnet = netip.MustParsePrefix("10.77.0.0/24")

// A Lab is some nodes and the network between them.
type Lab struct {
	router *router
	nodes  []*Node
}

// New makes a lab without nodes, or skips the test where there can be none. seed decides what
// chance does to packets. The end of the test takes it down, after whatever the test registers
// later.
func New(t testing.TB, seed uint64) *Lab {
	t.Helper()
	if why := impossible(); why != "" {
		t.Skip("no network namespaces: " + why)
	}
	l := &Lab{router: newRouter(seed)}
	t.Cleanup(l.close)
	return l
}

// impossible says why this machine can have no lab.
func impossible() string {
	switch _, err := os.Stat("/dev/net/tun"); {
	case runtime.GOOS != "linux":
		return "they are Linux's"
	case os.Geteuid() != 0:
		return "they take root"
	case err != nil:
		return err.Error()
	}
	return ""
}

// Node adds a node. Where that fails although there is all that it takes, the test fails under CI,
// and skips elsewhere.
func (l *Lab) Node(t testing.TB, name string) *Node {
	t.Helper()
	if len(l.nodes) == maxNodes {
		t.Fatalf("a lab has at most %d nodes", maxNodes)
	}
	a := subnet.Addr().As4()
	a[3] = byte(len(l.nodes) + 1)
	n := &Node{name: name, address: netip.AddrFrom4(a)}
	var err error
	if n.space, err = newNamespace(netip.PrefixFrom(n.address, subnet.Bits())); err != nil {
		give := t.Skip
		if os.Getenv("CI") != "" {
			give = t.Fatal
		}
		give(
			fmt.Sprintf("no network namespace, although this is root and there is a TUN device: %v",
				err))
	}
	l.nodes = append(l.nodes, n)
	l.router.connect(n.address, port{name, n.space.device})
	return n
}

// Set changes what happens to packets from now on; those under way stay under way. link must always
// give the same for the same nodes.
func (l *Lab) Set(link func(from, to string) Link) {
	l.router.mu.Lock()
	defer l.router.mu.Unlock()
	l.router.link = link
}

// Counts returns what became of packets so far.
func (l *Lab) Counts() Counts {
	l.router.mu.Lock()
	defer l.router.mu.Unlock()
	return l.router.counts
}

func (l *Lab) close() {
	for _, n := range l.nodes {
		n.space.close()
	}
	l.router.close()
}
