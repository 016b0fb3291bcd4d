//go:build !portable

package netx

import "golang.org/x/sys/unix"

type peerState uint8

const (
	peerPresent peerState = iota
	peerHalfClosed
	peerReset
)

// pollSet asks the kernel about many sockets in one call.
type pollSet struct {
	fds    []unix.PollFd
	states []peerState
}

// poll tells for each socket whether its peer is still there, without waiting
// and without reading. The result is valid until the next call.
func (p *pollSet) poll(socks []*Sock) []peerState {
	p.fds, p.states = p.fds[:0], p.states[:0]
	if len(socks) == 0 {
		return nil
	}
	for _, s := range socks {
		p.fds = append(p.fds, unix.PollFd{Fd: int32(s.fd), Events: unix.POLLRDHUP})
	}
	for {
		_, err := unix.Poll(p.fds, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil // out of kernel memory: look again at the next tick
		}
		break
	}
	for _, fd := range p.fds {
		switch {
		case fd.Revents&(unix.POLLERR|unix.POLLHUP) != 0:
			p.states = append(p.states, peerReset)
		case fd.Revents&unix.POLLRDHUP != 0:
			p.states = append(p.states, peerHalfClosed)
		default:
			p.states = append(p.states, peerPresent)
		}
	}
	return p.states
}
