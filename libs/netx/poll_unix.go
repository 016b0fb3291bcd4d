//go:build unix && !linux

package netx

import "syscall"

type peerState uint8

const (
	peerPresent peerState = iota
	peerHalfClosed
	peerReset
)

// pollSet asks the kernel about many sockets.
type pollSet struct {
	states []peerState
}

// poll tells for each socket whether its peer is still there, without waiting
// and without taking bytes from it. An end of stream behind unread bytes stays
// unseen until they are read, unlike on Linux.
func (p *pollSet) poll(socks []*Sock) []peerState {
	p.states = p.states[:0]
	for _, s := range socks {
		var b [1]byte
		n, _, err := syscall.Recvfrom(s.fd, b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err == syscall.EAGAIN || err == syscall.EINTR || err == nil && n > 0:
			p.states = append(p.states, peerPresent)
		case err == nil:
			p.states = append(p.states, peerHalfClosed)
		default:
			p.states = append(p.states, peerReset)
		}
	}
	return p.states
}
