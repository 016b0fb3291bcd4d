package gossip

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/gossip/wire"
)

// maxPacket is how long a packet may be that comes in. memberlist sends up to packetSize.
const (
	maxPacket  = 2048
	packetSize = 1400
)

// maxNodes is how many nodes memberlist is told of at most.
const maxNodes = 2048

// guard stands between the network and memberlist. It encrypts and decrypts, and memberlist
// sees nothing but what the guard has checked and written anew: a message that memberlist
// cannot handle would end the process, since memberlist handles messages in goroutines of its
// own. See docs/gossip.md for what is refused, and docs/security-notes.md for why.
type guard struct {
	memberlist.NodeAwareTransport // the network

	keys    *wire.Keys // nil: nothing is encrypted
	rules   wire.Rules
	rates   rates
	lines   lines
	members *members
	counts  *counts
	log     *logrus.Logger
	timeout time.Duration // the most that a message on a connection may take
	tell    rarely

	packets chan *memberlist.Packet
	streams chan net.Conn
	done    chan struct{}
	once    sync.Once
	group   sync.WaitGroup
}

// newGuard begins to listen to what comes from a network.
func newGuard(
	network memberlist.NodeAwareTransport, keys *wire.Keys, m *members, c *counts,
	log *logrus.Logger, timeout time.Duration,
) *guard {
	g := &guard{
		NodeAwareTransport: network, keys: keys, members: m, counts: c, log: log,
		timeout: timeout, packets: make(chan *memberlist.Packet), streams: make(chan net.Conn),
		done: make(chan struct{}), rates: newRates(),
	}
	g.lines.open = make(map[*line]struct{})
	g.lines.slots = make(chan struct{}, maxServed)
	g.rules = wire.Rules{
		Believes: g.believes, Report: maxDelta, State: maxState, Nodes: maxNodes,
	}
	g.group.Go(g.readPackets)
	g.group.Go(g.readStreams)
	return g
}

// PacketCh returns what memberlist reads packets from.
func (g *guard) PacketCh() <-chan *memberlist.Packet { return g.packets }

// StreamCh returns what memberlist takes connections from.
func (g *guard) StreamCh() <-chan net.Conn { return g.streams }

// Shutdown ends the network, all connections, and what reads from them.
func (g *guard) Shutdown() error {
	var err error
	g.once.Do(func() {
		close(g.done)
		err = g.NodeAwareTransport.Shutdown()
		g.lines.end()
		g.group.Wait()
	})
	return err
}

// WriteTo sends a packet.
func (g *guard) WriteTo(b []byte, address string) (time.Time, error) {
	return g.WriteToAddress(b, memberlist.Address{Addr: address})
}

// WriteToAddress sends a packet.
func (g *guard) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	if g.keys != nil {
		b = g.keys.Seal(make([]byte, 0, len(b)+wire.Overhead), b, nil)
	}
	return g.NodeAwareTransport.WriteToAddress(b, a)
}

func (g *guard) readPackets() {
	for {
		select {
		case <-g.done:
			return
		case p := <-g.NodeAwareTransport.PacketCh():
			if b := g.packet(p); b != nil {
				passed := &memberlist.Packet{Buf: b, From: p.From, Timestamp: p.Timestamp}
				select {
				case g.packets <- passed:
				case <-g.done:
				}
			}
		}
	}
}

// packet returns what of a packet is passed on; nil is nothing.
func (g *guard) packet(p *memberlist.Packet) (passed []byte) {
	defer g.rescue(p.From)
	b := p.Buf
	if len(b) > maxPacket {
		g.refuse(inMalformed, p.From, errors.New("a packet longer than a node of ours sends"))
		return nil
	}
	if g.keys != nil {
		var err error
		if b, err = g.keys.Open(b, nil); err != nil {
			g.refuse(inMalformed, p.From, err)
			return nil
		}
	}
	if !g.rates.packet(p.From, time.Now()) {
		g.counts.in[inLimit].Add(1)
		return nil
	}
	passed, refused, err := g.rules.Packet(b)
	if refused > 0 {
		g.refuse(inMalformed, p.From, err)
	}
	return passed
}

func (g *guard) readStreams() {
	for {
		select {
		case <-g.done:
			return
		case c := <-g.NodeAwareTransport.StreamCh():
			l := g.begin(c, false)
			g.group.Go(func() { g.answer(l) })
		}
	}
}

// begin takes a connection in.
func (g *guard) begin(c net.Conn, ours bool) *line {
	_ = c.SetDeadline(time.Now().Add(g.timeout)) // a connection that has ended is found soon
	l := g.lines.begin(c, ours)
	l.keys = g.keys
	return l
}

// answer reads what a connection has to say, and hands it to memberlist.
func (g *guard) answer(l *line) {
	passed, err := g.read(l, wire.Asked)
	if err == nil && !g.rates.stream(l.RemoteAddr(), len(passed), time.Now()) {
		err = errBusy
	}
	if err == nil {
		err = g.lines.serve(l, g.timeout, g.done)
	}
	if err != nil {
		g.refuse(inLimit, l.RemoteAddr(), err)
		_ = l.Close()
		return
	}
	l.rest = passed
	select {
	case g.streams <- l:
	case <-g.done:
		_ = l.Close()
	}
}

// read reads the message that comes on a connection.
func (g *guard) read(l *line, side wire.Side) (passed []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			g.broken(l.RemoteAddr(), v)
			err = errBroken
		}
	}()
	held := func(bytes int) error { return g.lines.hold(l, bytes) }
	passed, refused, err := g.rules.Stream(bufio.NewReader(l.Conn), g.keys, side, held)
	if err != nil {
		return nil, err
	}
	g.lines.read(l)
	if refused > 0 {
		g.refuse(inMalformed, l.RemoteAddr(),
			fmt.Errorf("it tells of %d nodes what cannot be so", refused))
	}
	return passed, nil
}

// DialTimeout opens a connection.
func (g *guard) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	return g.DialAddressTimeout(memberlist.Address{Addr: address}, timeout)
}

// DialAddressTimeout opens a connection. What is answered is checked like what is asked.
func (g *guard) DialAddressTimeout(
	a memberlist.Address, timeout time.Duration,
) (net.Conn, error) {
	c, err := g.NodeAwareTransport.DialAddressTimeout(a, timeout)
	if err != nil {
		return nil, err
	}
	l := g.begin(c, true)
	l.ask = func() ([]byte, error) {
		passed, err := g.read(l, wire.Asks)
		if err != nil {
			g.refuse(inLimit, l.RemoteAddr(), err)
		}
		return passed, err
	}
	return l, nil
}

// believes says whether memberlist is told what a message says of a node.
func (g *guard) believes(c wire.Claim) bool {
	if c.Incarnation > latest(time.Now()) {
		return false
	}
	if !c.Alive || g.members.knows(c.Node) {
		return true
	}
	return g.members.count() < maxNodes && g.rates.newName(time.Now())
}

// latest is the highest incarnation of memberlist's that is believed. They start at 1 with each
// process, and go up by 1. A node that is accused in one goes one above it, so the highest one
// of all would silence it for good. What is believed goes up with the clock, by 1 in a second:
// so is one above the highest, soon.
func latest(now time.Time) uint32 {
	const half, first, last = 1 << 31, 1767225600 /* 2026 */, 1<<32 - 1<<16
	return uint32(min(half+max(now.Unix()-first, 0), last))
}

// errBroken is what a message is refused with that this package has failed on.
var errBroken = errors.New("this program has failed on it")

// rescue keeps the process alive where a message finds a fault of this package. It is called
// deferred.
func (g *guard) rescue(from net.Addr) {
	if v := recover(); v != nil {
		g.broken(from, v)
	}
}

func (g *guard) broken(from net.Addr, v any) {
	g.counts.in[inMalformed].Add(1)
	g.log.WithField("part", "gossip").WithField("from", from).WithField("fault", v).
		Error("a message found a fault of this program; please report it")
}

// refuse counts what is not passed on, and tells of it now and then. An error that says
// nothing of what was sent is counted under the result given.
func (g *guard) refuse(result int, from net.Addr, err error) {
	switch {
	case errors.Is(err, wire.ErrStranger):
		g.counts.strangers.Add(1)
		if g.tell.allow(time.Now()) {
			g.log.WithField("part", "gossip").WithField("from", from).Warn(
				"gossip that none of this node's keys decrypts: another key, or a stranger")
		}
		return
	case err == io.EOF: // it was opened and closed
		return
	case errors.Is(err, wire.ErrForm):
		result = inMalformed
	}
	g.counts.in[result].Add(1)
	g.log.WithField("part", "gossip").WithField("from", from).WithError(err).
		Debug("a message is refused")
}
