package gossip

import (
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
)

// Options are what a Ring is made from.
type Options struct {
	// Name tells nodes apart. Empty: the role and the address, such as edge@10.0.0.5:7946.
	Name string
	Info Info
	// Bind is the host and port to listen on, for TCP and UDP; port 0 is any free one.
	Bind string
	// Advertise is the host and port that others reach this node at. Empty: where it
	// listens, or a private address of this machine if that is all of them.
	Advertise string
	// Shown is what this node calls its own address where that is a secret, "" where it is none.
	// The name is no address then, also where none is given.
	Shown string
	// Veil hides the addresses of other nodes that are secrets here; nil: none is.
	Veil *config.Veil
	// Join are the hosts and ports of other nodes. A host may be a name with many addresses.
	Join []string
	// Keys encrypt what is sent, with the first of them, and decrypt what comes, with any.
	// None: nothing is encrypted. Each has 16, 24 or 32 bytes.
	Keys [][]byte
	// Local is where this node's own observations come from, and where those of others
	// go. Nil for a node that has none and only listens.
	Local *health.Registry
	// Heard, if not nil, is called for each report that is new, also for those of this
	// node, by one goroutine. It should not take long.
	Heard func(Report)
	// Answer is what this node remembers under an ID, nil for nothing, as others may ask for; nil:
	// it never remembers anything. One goroutine calls it.
	Answer func(id string) []byte
	// Shares is called for each message about shares of limits, see Ring.Send; nil: they are
	// dropped. It must not wait.
	Shares func(body []byte)
	Log    *logrus.Logger
	// Before is what is left of this node in the process before this one; nil: there was none.
	Before *Place
	// Pace is how often things are done; nil for what is right outside of tests.
	Pace *Pace

	transport   memberlist.NodeAwareTransport // tests; nil: the network
	lookUp      lookUp                        // tests; nil: the system's resolver
	incarnation uint64                        // tests; 0: by the clock
}

// Pace is how often a Ring does things, and how long it waits.
type Pace struct {
	Tick time.Duration // between looks at what this node has seen
	// a loss that lasts is said again, give or take a quarter; at first more often
	Repeat time.Duration
	Stale  time.Duration // a loss that is not said again counts no more
	// what a node said counts after it is lost; less and less for as long again
	Holds  time.Duration
	Forget time.Duration // what a lost node said is forgotten
	// Rejoin is the most time between two tries to reach nodes that are not in the ring; half of it
	// is the least.
	Rejoin time.Duration
	// Again is when the next try comes after one that met a node and did not make it a member yet.
	Again  time.Duration
	Stream time.Duration // the most that an exchange of full states takes
	Leave  time.Duration // the most that leaving takes

	Probe, ProbeTimeout time.Duration // asking a member whether it is there
	Gossip              time.Duration // between packets with news
	Exchange            time.Duration // between exchanges of full states with some member
	Dead                time.Duration // memberlist remembers a dead member
}

// DefaultPace returns the Pace that a fleet runs with.
func DefaultPace() Pace {
	return Pace{
		Tick: 200 * time.Millisecond, Repeat: 30 * time.Second, Stale: 90 * time.Second,
		Holds: 5 * time.Second, Forget: time.Minute,
		Rejoin: 4 * time.Second, Again: 500 * time.Millisecond, Stream: 3 * time.Second,
		Leave: 2 * time.Second,
		Probe: 500 * time.Millisecond, ProbeTimeout: 300 * time.Millisecond,
		Gossip: 100 * time.Millisecond, Exchange: 10 * time.Second, Dead: 30 * time.Second,
	}
}

// retransmit times the decimal logarithm of the number of nodes, rounded up, is how often
// a node passes on who came and went. memberlist's 4 means four times in a fleet of up to
// nine, after which one in fifty has not heard; with 8 it is one in three thousand.
const retransmit = 8

// configure returns memberlist's configuration.
func (p *Pace) configure() *memberlist.Config {
	c := memberlist.DefaultLANConfig()
	c.ProbeInterval, c.ProbeTimeout = p.Probe, p.ProbeTimeout
	c.GossipInterval, c.PushPullInterval, c.GossipToTheDeadTime = p.Gossip, p.Exchange, p.Dead
	c.TCPTimeout = p.Stream
	c.RetransmitMult = retransmit
	// A node that was killed may come back at once with another address.
	c.DeadNodeReclaimTime = time.Nanosecond
	c.EnableCompression = false // the messages are dense already
	c.QueueCheckInterval = time.Hour
	c.UDPBufferSize = packetSize
	return c
}
