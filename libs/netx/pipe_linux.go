//go:build !portable

package netx

import (
	"fmt"
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipeSize is what a pipe is asked to hold: measured best for bodies of 1 MiB
// (docs/performance.md). A process without privileges that has many pipes gets 64 KiB ones,
// which work too.
const pipeSize = 256 << 10

// A Pipe moves bytes from one socket to another without copying them through
// the process (splice(2)). One goroutine at a time may use it.
type Pipe struct {
	r, w int
	held int // bytes in it

	// Owned by the goroutine in Fill or Drain.
	fill, drain func(uintptr) bool
	want, n     int
	errno       syscall.Errno
	to          *Sock // where Drain writes
	waits       bool  // it waits for that
}

// pipes keeps a few pipes for the next large bodies; a pipe costs two
// descriptors, so no more are kept than streams are commonly under way.
var pipes = make(chan *Pipe, 64)

// BorrowPipe returns an empty pipe, or nil where there is none to be had: then
// bytes have to be copied.
func BorrowPipe() *Pipe {
	select {
	case p := <-pipes:
		return p
	default:
	}
	var fds [2]int
	if unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK) != nil {
		return nil
	}
	if d := Allowed(); d.reserved(fds[0]) || d.reserved(fds[1]) {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil
	}
	// A smaller pipe is only slower.
	_, _ = unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, pipeSize)
	p := &Pipe{r: fds[0], w: fds[1]}
	p.fill, p.drain = p.tryFill, p.tryDrain
	return p
}

// Release gives the pipe back. One that still holds bytes is closed, so
// that no other connection gets them.
func (p *Pipe) Release() {
	if p.held == 0 {
		select {
		case pipes <- p:
			return
		default:
		}
	}
	unix.Close(p.r)
	unix.Close(p.w)
}

// Fill waits for bytes from src and takes up to limit of them into the empty
// pipe. Its errors are those of Sock.Read.
func (p *Pipe) Fill(src *Sock, limit int64) (int, error) {
	if p.held != 0 {
		panic(fmt.Sprintf("netx: a pipe is filled that holds %d bytes", p.held))
	}
	p.want = int(min(limit, pipeSize))
	for {
		err := src.raw.Read(p.fill)
		if err == nil {
			break
		}
		if err = src.woken(err, &src.rd); err != nil {
			return 0, err
		}
	}
	switch {
	case p.errno != 0:
		return 0, p.errno
	case p.n == 0:
		return 0, io.EOF
	}
	p.held = p.n
	return p.n, nil
}

// TryFill takes what is there from src into the empty pipe, without waiting;
// syscall.EAGAIN says nothing is. Like TryRead it is for the step of an Await.
func (p *Pipe) TryFill(src *Sock) (int, error) {
	if p.held != 0 {
		panic(fmt.Sprintf("netx: a pipe is filled that holds %d bytes", p.held))
	}
	n, err := readResult(splice(src.fd, p.w, pipeSize))
	if err == nil {
		p.held = n
	}
	return n, err
}

// Held is how many bytes the pipe holds: after a Drain that failed, those that dst
// did not take.
func (p *Pipe) Held() int { return p.held }

func (p *Pipe) tryFill(fd uintptr) bool {
	// An empty pipe has room, so EAGAIN is about the socket.
	p.n, p.errno = splice(int(fd), p.w, p.want)
	return p.errno != syscall.EAGAIN
}

// Drain writes all the pipe holds to dst. Its errors are those of Sock.Write.
func (p *Pipe) Drain(dst *Sock) error {
	defer dst.wd.Store(0)
	for p.held > 0 {
		dst.wd.Store(dst.watch.at(dst.WriteTimeout)) // anew after each progress
		if err := p.drainSome(dst); err != nil {
			return err
		}
		if p.errno != 0 {
			return p.errno
		}
		p.held -= p.n
	}
	return nil
}

// drainSome waits until dst takes something of what the pipe holds.
func (p *Pipe) drainSome(dst *Sock) error {
	p.to, p.waits = dst, false
	defer func() { p.to = nil }()
	for {
		err := dst.raw.Write(p.drain)
		if err == nil {
			return nil
		}
		if err = dst.woken(err, &dst.wd); err != nil && (err != ErrTimeout || !dst.advanced()) {
			return err
		}
	}
}

func (p *Pipe) tryDrain(fd uintptr) bool {
	p.n, p.errno = splice(p.r, int(fd), p.held)
	if p.errno != syscall.EAGAIN {
		return true
	}
	if !p.waits {
		p.waits = true
		p.to.queued = unsent(int(fd))
	}
	return false
}

func splice(from, to, n int) (int, syscall.Errno) {
	for {
		moved, _, e := syscall.RawSyscall6(syscall.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0,
			uintptr(n), unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		if e != syscall.EINTR {
			return int(moved), e
		}
	}
}
