package gossip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// network in memory, for use in a synctest bubble: packets take a few milliseconds, come
// in any order, and get lost; a cut lets nothing through.
type memory struct {
	mu    sync.Mutex
	rng   *rand.Rand          // guarded by mu
	nodes map[string]*station // guarded by mu; by address
	loss  float64             // guarded by mu
	cut   func(a, b int) bool // guarded by mu; nil: everybody reaches everybody

	running []*node // the test's
}

func newMemory(seed uint64) *memory {
	return &memory{rng: rand.New(rand.NewPCG(seed, 1)), nodes: make(map[string]*station)}
}

// station is the transport of one node.
type station struct {
	net     *memory
	index   int
	address string
	packets chan *memberlist.Packet
	streams chan net.Conn
	closed  atomic.Bool

	sent, sentBytes, streamed atomic.Int64
}

func stationAddress(i int) string { return fmt.Sprintf("10.0.%d.%d:7946", i/250, i%250+1) }

func (m *memory) station(i int) *station {
	s := &station{
		net: m, index: i, address: stationAddress(i),
		packets: make(chan *memberlist.Packet, 4096), streams: make(chan net.Conn, 64),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.nodes[s.address] = s
	return s
}

func (m *memory) set(loss float64, cut func(a, b int) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loss, m.cut = loss, cut
}

// route returns where a packet goes and when; nil if it gets lost.
func (m *memory) route(from *station, address string) (to *station, delay time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	to = m.nodes[address]
	if to == nil || to.closed.Load() || from.closed.Load() || m.rng.Float64() < m.loss ||
		m.cut != nil && m.cut(from.index, to.index) {
		return nil, 0
	}
	return to, time.Duration(m.rng.Int64N(int64(5 * time.Millisecond)))
}

type place string

func (p place) Network() string { return "memory" }
func (p place) String() string  { return string(p) }

func (s *station) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	a := netip.MustParseAddrPort(s.address)
	return a.Addr().AsSlice(), int(a.Port()), nil
}

func (s *station) WriteTo(b []byte, address string) (time.Time, error) {
	return s.WriteToAddress(b, memberlist.Address{Addr: address})
}

func (s *station) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	s.sent.Add(1)
	s.sentBytes.Add(int64(len(b)))
	if to, delay := s.net.route(s, a.Addr); to != nil {
		p := &memberlist.Packet{Buf: append([]byte(nil), b...), From: place(s.address)}
		time.AfterFunc(delay, func() {
			p.Timestamp = time.Now()
			select {
			case to.packets <- p:
			default:
			}
		})
	}
	return time.Now(), nil
}

func (s *station) PacketCh() <-chan *memberlist.Packet { return s.packets }
func (s *station) StreamCh() <-chan net.Conn           { return s.streams }

func (s *station) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	return s.DialAddressTimeout(memberlist.Address{Addr: address}, timeout)
}

// DialAddressTimeout opens a connection as TCP does: what gets lost is sent again after
// one second, then after two.
func (s *station) DialAddressTimeout(
	a memberlist.Address, timeout time.Duration,
) (net.Conn, error) {
	deadline := time.Now().Add(timeout)
	for wait := time.Second; ; wait *= 2 {
		there, _ := s.net.route(s, a.Addr)
		if there != nil {
			if back, _ := s.net.route(there, s.address); back != nil {
				near, far := net.Pipe()
				select {
				case there.streams <- far:
					return &counting{Conn: near, n: &s.streamed}, nil
				default:
					return nil, errors.New("refused")
				}
			}
		}
		<-time.After(min(wait, time.Until(deadline)))
		if !time.Now().Before(deadline) {
			return nil, errors.New("timeout")
		}
	}
}

func (s *station) Shutdown() error {
	s.closed.Store(true)
	return nil
}

// counting counts what is written.
type counting struct {
	net.Conn
	n *atomic.Int64
}

func (c *counting) Write(b []byte) (int, error) {
	c.n.Add(int64(len(b)))
	return c.Conn.Write(b)
}

// node is one node of a simulated fleet.
type node struct {
	*Ring
	station *station
	health  *health.Registry
	cluster *health.Cluster
	cancel  context.CancelFunc
	done    chan error
	stopped bool
}

// endpoints is how many endpoints the cluster of a simulated fleet has.
const endpoints = 4

func endpoint(i int) string { return fmt.Sprintf("192.0.2.%d:80", i+1) }

// start starts a node, which judges its endpoints as the engines do.
func (m *memory) start(t testing.TB, i int, change func(*Options)) *node {
	t.Helper()
	n := &node{station: m.station(i), health: health.NewRegistry(), done: make(chan error, 1)}
	var configured []health.Configured
	for e := range endpoints {
		configured = append(configured, health.Configured{Address: endpoint(e), Weight: 1})
	}
	n.cluster = n.health.Cluster("users", health.Settings{}, configured)
	log := logrus.New()
	log.SetOutput(t.Output())
	log.SetLevel(logrus.WarnLevel)
	o := Options{
		Name: fmt.Sprintf("edge-%d", i), Info: Info{Role: "edge", Version: "1.2.3", Digest: "abc"},
		Local: n.health, Log: log, transport: n.station,
	}
	if i > 0 {
		o.Join = []string{stationAddress(0)}
	}
	if change != nil {
		change(&o)
	}
	ring, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	n.Ring = ring
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	m.running = append(m.running, n)
	go func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				n.cluster.Judge(now)
			}
		}
	}()
	go func() { n.done <- ring.Run(ctx) }()
	return n
}

// stop ends nodes, and waits for them.
func stop(t testing.TB, nodes ...*node) {
	t.Helper()
	for _, n := range nodes {
		n.cancel()
	}
	for _, n := range nodes {
		if n.stopped {
			continue
		}
		n.stopped = true
		if err := <-n.done; err != nil {
			t.Error(err)
		}
	}
}

// kill ends a node without a word.
func (n *node) kill() {
	n.station.closed.Store(true)
	n.station.net.mu.Lock()
	delete(n.station.net.nodes, n.station.address)
	n.station.net.mu.Unlock()
}

func (m *memory) fleet(t testing.TB, size int) []*node {
	t.Helper()
	nodes := make([]*node, size)
	for i := range nodes {
		nodes[i] = m.start(t, i, nil)
	}
	return nodes
}

// pass lets time pass.
func pass(d time.Duration) { <-time.After(d) }

// within waits until a condition holds, and returns how long it took.
func within(t testing.TB, d time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for !holds() {
		if time.Since(begin) >= d {
			t.Fatalf("not within %v: %s", d, what)
		}
		pass(20 * time.Millisecond)
	}
	return time.Since(begin)
}

// oneRing says whether all nodes see all nodes.
func oneRing(nodes []*node) func() bool {
	return func() bool {
		for _, n := range nodes {
			if n.members.count() != len(nodes) {
				return false
			}
		}
		return true
	}
}

// weight is what an endpoint has at a node, in percent.
func (n *node) weight(e int) int { return n.cluster.Weights()[e] }

// fails lets requests of a node to an endpoint fail, and those to the others succeed.
func (n *node) fails(e int) {
	for i := range endpoints {
		outcome := health.Success
		if i == e {
			outcome = health.ConnectFailure
		}
		for range 20 {
			n.cluster.Endpoint(i).Record(outcome)
		}
	}
}

// simulate runs f in a bubble, and ends all nodes that it leaves running. memberlist's
// last goroutines wait for answers that do not come, so time goes on for a while.
func simulate(t *testing.T, seed uint64, f func(t *testing.T, m *memory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(seed)
		defer func() {
			m.set(0, nil)
			stop(t, m.running...)
			pass(10 * time.Second)
		}()
		f(t, m)
	})
}
