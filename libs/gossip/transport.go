package gossip

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/go-sockaddr"
	"github.com/hashicorp/memberlist"
)

// network is one address, for TCP and UDP. It reads packets into one buffer, and keeps of each
// no more than it has in it: memberlist's own network keeps 64 KiB.
type network struct {
	at      netip.AddrPort
	tcp     *net.TCPListener
	udp     *net.UDPConn
	log     *log.Logger
	packets chan *memberlist.Packet
	streams chan net.Conn

	ctx   context.Context
	stop  context.CancelFunc
	group sync.WaitGroup
}

// listen takes an address for TCP and UDP.
func listen(at netip.AddrPort, l *log.Logger) (*network, error) {
	const tries = 10 // the port that is free for TCP may not be for UDP
	var n *network
	var err error
	for range tries {
		if n, err = open(at); err == nil || at.Port() != 0 {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	n.begin(l)
	return n, nil
}

// begin begins to read.
func (n *network) begin(l *log.Logger) {
	n.log = l
	n.ctx, n.stop = context.WithCancel(context.Background())
	n.packets, n.streams = make(chan *memberlist.Packet), make(chan net.Conn)
	n.group.Go(n.receive)
	n.group.Go(n.accept)
}

func open(at netip.AddrPort) (*network, error) {
	tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	a, _ := netip.ParseAddrPort(tcp.Addr().String())
	at = netip.AddrPortFrom(at.Addr(), a.Port())
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, errors.Join(err, tcp.Close())
	}
	return newNetwork(tcp, udp), nil
}

// newNetwork makes a network of its sockets.
func newNetwork(tcp *net.TCPListener, udp *net.UDPConn) *network {
	at, _ := netip.ParseAddrPort(tcp.Addr().String())
	// Packets come in bursts, and what finds no room is lost.
	for size := 2 << 20; size > 0 && udp.SetReadBuffer(size) != nil; size /= 2 {
	}
	return &network{at: at, tcp: tcp, udp: udp}
}

// FinalAdvertiseAddr is where others reach this node: where it is told, else where it listens,
// or at a private address of this machine if that is all of them.
func (n *network) FinalAdvertiseAddr(ip string, port int) (net.IP, int, error) {
	if ip == "" && n.at.Addr().IsUnspecified() && n.at.Addr().Is4() {
		private, err := sockaddr.GetPrivateIP()
		if err != nil {
			return nil, 0, err
		}
		if ip = private; ip == "" {
			return nil, 0, errNoAddress
		}
		port = int(n.at.Port())
	}
	if ip == "" {
		return n.at.Addr().AsSlice(), int(n.at.Port()), nil
	}
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return nil, 0, fmt.Errorf("%q is no address", ip)
	}
	return a.Unmap().AsSlice(), port, nil
}

// PacketCh returns what packets come from.
func (n *network) PacketCh() <-chan *memberlist.Packet { return n.packets }

// StreamCh returns what connections come from.
func (n *network) StreamCh() <-chan net.Conn { return n.streams }

func (n *network) receive() {
	b := make([]byte, maxPacket+1) // one more byte shows that a packet is too long
	for n.ctx.Err() == nil {
		size, from, err := n.udp.ReadFromUDP(b)
		if err != nil {
			n.pause(err)
			continue
		}
		p := &memberlist.Packet{
			Buf: append([]byte(nil), b[:size]...), From: from, Timestamp: time.Now(),
		}
		select {
		case n.packets <- p:
		case <-n.ctx.Done():
		}
	}
}

func (n *network) accept() {
	for n.ctx.Err() == nil {
		c, err := n.tcp.AcceptTCP()
		if err != nil {
			n.pause(err)
			continue
		}
		select {
		case n.streams <- c:
		case <-n.ctx.Done():
			_ = c.Close()
		}
	}
}

// pause waits after an error, so that one that stays is not met all the time.
func (n *network) pause(err error) {
	if n.ctx.Err() != nil {
		return
	}
	n.log.Printf("the network: %v", err)
	select {
	case <-time.After(20 * time.Millisecond):
	case <-n.ctx.Done():
	}
}

// Shutdown gives the address back, and ends connections that are being opened.
func (n *network) Shutdown() error {
	n.stop()
	err := errors.Join(n.tcp.Close(), n.udp.Close())
	n.group.Wait()
	return err
}

// WriteTo sends a packet.
func (n *network) WriteTo(b []byte, address string) (time.Time, error) {
	to, err := netip.ParseAddrPort(address) // a name is looked up by nobody here
	if err != nil {
		return time.Time{}, err
	}
	_, err = n.udp.WriteToUDPAddrPort(b, to)
	return time.Now(), err
}

// WriteToAddress sends a packet.
func (n *network) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	return n.WriteTo(b, a.Addr)
}

// DialTimeout opens a connection. The end of the network ends it.
func (n *network) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: timeout}
	return d.DialContext(n.ctx, "tcp", to.String())
}

// DialAddressTimeout opens a connection.
func (n *network) DialAddressTimeout(
	a memberlist.Address, timeout time.Duration,
) (net.Conn, error) {
	return n.DialTimeout(a.Addr, timeout)
}
