package gossip

import (
	"errors"
	"net"
	"os"
)

// A Place is what one process of a node leaves to the next one, so that the other nodes see neither
// the end of the one nor the start of the other. They write to the same address, whose sockets keep
// for the one what came after the other has stopped reading.
type Place struct {
	// TCP and UDP are the sockets of the node. They stay the caller's.
	TCP, UDP *os.File
	// Name is the node's name in the ring.
	Name string
	// Life is what the node's reports were numbered by. Those of the next process count from one
	// higher.
	Life uint64
	// Members are the addresses of others that were in the ring. They are looked for at the start.
	Members []string
}

// Place is what this process leaves to the next one. The files are the caller's to close.
func (r *Ring) Place() (*Place, error) {
	n := r.network
	if n == nil {
		return nil, errors.New("gossip: the node has no sockets")
	}
	tcp, err := n.tcp.File()
	if err != nil {
		return nil, err
	}
	udp, err := n.udp.File()
	if err != nil {
		return nil, errors.Join(err, tcp.Close())
	}
	p := &Place{TCP: tcp, UDP: udp, Name: r.name, Life: r.life.Load()}
	for _, m := range r.members.all() {
		if m.Name != r.name {
			p.Members = append(p.Members, m.Address)
		}
	}
	return p, nil
}

// Vacate lets Run end without a goodbye: another process has the place.
func (r *Ring) Vacate() { r.vacated.Store(true) }

// inherit takes the sockets of the process before this one.
func (p *Place) inherit() (*network, error) {
	l, err := net.FileListener(p.TCP)
	if err != nil {
		return nil, err
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.Join(errPlace, l.Close())
	}
	c, err := net.FilePacketConn(p.UDP)
	if err != nil {
		return nil, errors.Join(err, tcp.Close())
	}
	udp, ok := c.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(errPlace, c.Close(), tcp.Close())
	}
	return newNetwork(tcp, udp), nil
}

var errPlace = errors.New("the sockets that were handed over are not TCP and UDP")
