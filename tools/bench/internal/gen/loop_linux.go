package gen

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

const (
	edgeTriggered = 1 << 31 // EPOLLET; the constant of package syscall is negative
	// epoll_pwait2, the same number everywhere; package syscall is older than it
	sysEpollWait2 = 441
	headRoom      = 8 << 10 // an answer's head and the start of its body
)

// conn is one connection. A request is due, then sent, then its answer arrives in parts.
type conn struct {
	fd    int
	since time.Duration // when the request under way was due
	have  int           // bytes of the head in buf
	buf   []byte
	ans   answer
}

// loop is the whole state of a run. One thread owns it.
type loop struct {
	conf    Config
	request [][]byte
	turn    int // of request
	start   time.Time
	epoll   int
	byFD    []*conn
	free    []*conn // fixed rate: nothing to do
	sent    int64   // fixed rate: requests that were due and have a connection
	hist    histogram
	windows []histogram // by when requests were due
	res     Result
	alive   int
}

// Run makes the load and returns when its time is over.
func Run(c Config) (Result, error) {
	runtime.LockOSThread()
	addr, err := c.check()
	if err != nil {
		return Result{}, err
	}
	l := &loop{conf: c}
	if l.request, err = c.requests(); err != nil {
		return Result{}, fmt.Errorf("the requests: %w", err)
	}
	if c.Window > 0 {
		l.windows = make([]histogram, int(c.Duration/c.Window)+1)
	}
	if l.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return Result{}, fmt.Errorf("epoll: %w", err)
	}
	defer func() { _ = syscall.Close(l.epoll) }()
	defer func() {
		for _, c := range l.byFD {
			if c != nil {
				_ = syscall.Close(c.fd)
			}
		}
	}()
	for range c.Connections {
		if err := l.dial(addr); err != nil {
			return Result{}, fmt.Errorf("connecting to %s: %w", addr, err)
		}
	}
	if err := l.run(); err != nil {
		return Result{}, err
	}
	for i := range l.windows {
		l.res.Windows = append(l.res.Windows, l.windows[i].sparse())
	}
	l.res.Start = l.start
	l.res.P50, l.res.P99, l.res.P999 = l.hist.quantile(0.5), l.hist.quantile(0.99),
		l.hist.quantile(0.999)
	return l.res, nil
}

func (l *loop) dial(addr netip.AddrPort) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := l.prepare(fd, addr); err != nil {
		_ = syscall.Close(fd) // the first error is the one to tell
		return err
	}
	for len(l.byFD) <= fd {
		l.byFD = append(l.byFD, nil)
	}
	c := &conn{fd: fd, buf: make([]byte, headRoom)}
	c.ans.size = l.conf.Size
	l.byFD[fd] = c
	l.free = append(l.free, c)
	l.alive++
	return nil
}

func (l *loop) prepare(fd int, addr netip.AddrPort) error {
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{
		Port: int(addr.Port()), Addr: addr.Addr().As4(),
	}); err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return err
	}
	return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{
		Events: syscall.EPOLLIN | edgeTriggered, Fd: int32(fd),
	})
}

func (l *loop) run() error {
	events := make([]syscall.EpollEvent, 256)
	l.start = time.Now()
	l.fill(0)
	for {
		now := time.Since(l.start)
		if now >= l.conf.Duration || l.alive == 0 {
			l.res.Elapsed = now
			return nil
		}
		n, errno := wait(l.epoll, events, l.pause(now))
		if errno != 0 && errno != syscall.EINTR {
			return fmt.Errorf("epoll: %w", errno)
		}
		now = time.Since(l.start)
		for _, e := range events[:n] {
			c := l.byFD[e.Fd]
			if c == nil {
				continue
			}
			if err := l.readable(c, now); err != nil {
				l.drop(c, err)
			}
		}
		l.fill(now)
	}
}

// fill sends what is due.
func (l *loop) fill(now time.Duration) {
	for len(l.free) > 0 {
		since := now
		if l.conf.Rate > 0 {
			if since = l.due(); since > now {
				return
			}
		}
		c := l.free[len(l.free)-1]
		l.free = l.free[:len(l.free)-1]
		l.sent++
		if err := l.send(c, since); err != nil {
			l.drop(c, err)
		}
	}
}

// due is when the next request is, at a fixed rate.
func (l *loop) due() time.Duration {
	return time.Duration(l.sent * int64(time.Second) / int64(l.conf.Rate))
}

// pause is how long there is nothing to do but wait for answers.
func (l *loop) pause(now time.Duration) time.Duration {
	end := l.conf.Duration - now
	if l.conf.Rate == 0 || len(l.free) == 0 {
		return end
	}
	return max(0, min(end, l.due()-now))
}

func (l *loop) send(c *conn, since time.Duration) error {
	c.since, c.have, c.ans.body = since, 0, false
	request := l.request[l.turn]
	if l.turn++; l.turn == len(l.request) {
		l.turn = 0
	}
	n, errno := send(c.fd, request)
	if errno != 0 {
		return errno
	}
	if n != len(request) {
		return io.ErrShortWrite // a request is far smaller than a socket's buffer
	}
	return nil
}

// readable takes what has arrived. A read that did not fill what was offered has emptied the
// socket, and the poller reports whatever comes later, so no read is spent on finding nothing.
func (l *loop) readable(c *conn, now time.Duration) error {
	for {
		var n, offered int
		var errno syscall.Errno
		if c.ans.body {
			offered = c.ans.left
			n, errno = discard(c.fd, offered)
		} else {
			offered = len(c.buf) - c.have
			n, errno = recv(c.fd, c.buf[c.have:])
		}
		switch {
		case errno == syscall.EAGAIN:
			return nil
		case errno != 0:
			return errno
		case n == 0:
			return io.ErrUnexpectedEOF
		}
		if c.ans.body {
			c.ans.left -= n
		} else {
			c.have += n
			done, err := c.ans.head(c.buf[:c.have])
			switch {
			case err != nil:
				return err
			case !done && c.have == len(c.buf):
				return errors.New("an answer's head is too long")
			case !done:
				return nil
			}
		}
		if c.ans.left == 0 {
			l.hist.add(now - c.since)
			if l.windows != nil {
				l.windows[min(int(c.since/l.conf.Window), len(l.windows)-1)].add(now - c.since)
			}
			l.res.Requests++
			if l.conf.Rate == 0 {
				return l.send(c, now)
			}
			c.ans.body, c.have = false, 0
			l.free = append(l.free, c)
			return nil
		}
		if n < offered {
			return nil
		}
	}
}

func (l *loop) drop(c *conn, why error) {
	if l.res.Failed++; l.res.Reason == "" {
		l.res.Reason = why.Error()
	}
	l.alive--
	l.byFD[c.fd] = nil
	_ = syscall.Close(c.fd) // it has failed already
}

// The sockets do not block, so the scheduler need not hear of the calls; RawSyscall is a third
// cheaper.

func send(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

func recv(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
	return int(n), errno
}

// discard reads up to n bytes without copying them: what MSG_TRUNC means on TCP.
func discard(fd, n int) (int, syscall.Errno) {
	got, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), 0, uintptr(n),
		syscall.MSG_TRUNC, 0, 0)
	return int(got), errno
}

// wait is epoll_pwait2: a pause is in nanoseconds, and at a fixed rate far under a millisecond.
func wait(epoll int, events []syscall.EpollEvent, pause time.Duration) (int, syscall.Errno) {
	ts := syscall.NsecToTimespec(pause.Nanoseconds())
	n, _, errno := syscall.RawSyscall6(sysEpollWait2, uintptr(epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(unsafe.Pointer(&ts)), 0,
		0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
