//go:build !linux || portable

package netx

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

type peerState uint8

const (
	peerPresent peerState = iota
	peerHalfClosed
	peerReset
)

// pollSet asks about many sockets.
type pollSet struct {
	states []peerState
}

// poll tells for each socket whether its peer is still there, without waiting and without taking
// bytes from it. An end behind more unread bytes than are read ahead stays unseen until they are
// taken. The result is valid until the next call.
func (p *pollSet) poll(socks []*Sock) []peerState {
	p.states = p.states[:0]
	for _, s := range socks {
		p.states = append(p.states, s.ahead.state())
	}
	return p.states
}

// dialIP is for Linux, where a second connect tells what became of the first.
func dialIP(context.Context, netip.AddrPort, time.Time) (conn Conn, err error, known bool) {
	return nil, nil, false
}

// dialLocal connects to a unix socket.
func dialLocal(ctx context.Context, path string, until time.Time) (Conn, error) {
	remote := localAddr(LocalScheme + path)
	if path == "" {
		return nil, &net.OpError{Op: "dial", Net: "unix", Addr: remote,
			Err: os.NewSyscallError("connect", syscall.ENAMETOOLONG)}
	}
	d := net.Dialer{Deadline: until}
	for rest := firstRest; ; rest = min(2*rest, longestRest) {
		c, err := d.DialContext(ctx, "unix", path)
		switch {
		case err == nil:
			return localConn{c.(*net.UnixConn)}, nil
		case Is(err, syscall.EINVAL):
			err = os.NewSyscallError("connect", syscall.ENAMETOOLONG) // as package net calls it
		case Is(err, syscall.EAGAIN):
			if err = pause(ctx, until, rest); err == nil {
				continue
			}
		default:
			return nil, translated(err)
		}
		return nil, &net.OpError{Op: "dial", Net: "unix", Addr: remote, Err: err}
	}
}

// peerOf is for Linux, which says which process listens.
func peerOf(net.Conn) string { return "" }

// A Pipe moves bytes without copying them where the system can; here it cannot.
type Pipe struct{}

// BorrowPipe returns nil: bytes have to be copied.
func BorrowPipe() *Pipe { return nil }

// Release gives the pipe back.
func (p *Pipe) Release() {}

// Fill is never called: there are no pipes.
func (p *Pipe) Fill(*Sock, int64) (int, error) { panic("netx: there are no pipes on this system") }

// TryFill is never called: there are no pipes.
func (p *Pipe) TryFill(*Sock) (int, error) { panic("netx: there are no pipes on this system") }

// Held is never called: there are no pipes.
func (p *Pipe) Held() int { panic("netx: there are no pipes on this system") }

// Drain is never called: there are no pipes.
func (p *Pipe) Drain(*Sock) error { panic("netx: there are no pipes on this system") }
