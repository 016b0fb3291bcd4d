package netx

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// LocalScheme begins the address of a unix socket: unix:/run/app.sock, or unix:@name for one in
// the abstract namespace of Linux, which has no file.
const LocalScheme = "unix:"

// LocalPath returns the path of an address that is a unix socket's; false for others.
func LocalPath(address string) (path string, ok bool) {
	return strings.CutPrefix(address, LocalScheme)
}

// localAddr is the address of a unix socket, as LocalScheme says.
type localAddr string

func (a localAddr) Network() string { return "unix" }
func (a localAddr) String() string  { return string(a) }

// localConn is an accepted connection.
type localConn struct{ *net.UnixConn }

// SetLinger does nothing: a unix socket has no reset.
func (localConn) SetLinger(int) error { return nil }

// RemoteAddr is where it came from: clients have no names.
func (localConn) RemoteAddr() net.Addr { return localAddr(LocalScheme) }

// Accept waits for the next connection of a listener of TCP or of ListenLocal.
func Accept(l net.Listener) (Conn, error) {
	switch l := l.(type) {
	case *net.TCPListener:
		c, err := l.AcceptTCP()
		if err != nil {
			return nil, err // and no Conn that holds nothing
		}
		return c, nil
	case *LocalListener:
		c, err := l.UnixListener.AcceptUnix()
		if err != nil {
			return nil, err
		}
		return localConn{c}, nil
	}
	return nil, errors.New("netx: a listener of neither TCP nor a unix socket")
}

// Permissions say who may connect to a unix socket by its file.
type Permissions struct {
	Mode        os.FileMode // the permission bits
	User, Group string      // names or numbers; "" leaves them as they are
}

// A LocalListener listens on a unix socket. Close removes its file, unless another one has taken
// the place of that.
type LocalListener struct {
	*net.UnixListener
	path string      // "": not the listener's to remove
	file os.FileInfo // of the socket that was bound
	left atomic.Bool // another process goes on with the socket
	once sync.Once
	err  error // of Close
}

// Passed makes a listener of a unix socket that another process has bound, whose file is that one's
// to remove.
func Passed(l *net.UnixListener) *LocalListener {
	l.SetUnlinkOnClose(false)
	return &LocalListener{UnixListener: l}
}

// Adopt makes a listener of a unix socket that another process has bound at a path. The file is
// that one's to remove until Own.
func Adopt(l *net.UnixListener, path string) *LocalListener {
	out := Passed(l)
	out.path = path
	out.Leave()
	if !strings.HasPrefix(path, "@") {
		if file, err := os.Lstat(path); err == nil {
			out.file = file // gone, or another one: nobody removes it
		}
	}
	return out
}

// Leave lets Close leave the file of the socket alone: another process has the socket too, and
// goes on listening.
func (l *LocalListener) Leave() { l.left.Store(true) }

// Own takes Leave back: no other process is to go on with the socket.
func (l *LocalListener) Own() { l.left.Store(false) }

// Addr is the address with LocalScheme.
func (l *LocalListener) Addr() net.Addr {
	if l.path != "" {
		return localAddr(LocalScheme + l.path)
	}
	return localAddr(LocalScheme + l.UnixListener.Addr().String())
}

// Close stops listening, and removes the file.
func (l *LocalListener) Close() error {
	l.once.Do(func() {
		if l.file != nil && !l.left.Load() {
			if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.file) {
				_ = os.Remove(l.path) // it is taken over by the next one else
			}
		}
		l.err = l.UnixListener.Close()
	})
	return l.err
}

// Permit changes who may connect. It does nothing in the abstract namespace.
func (l *LocalListener) Permit(p Permissions) error {
	if l.file == nil {
		return nil
	}
	now, err := os.Lstat(l.path)
	if err != nil {
		return err
	}
	if !os.SameFile(now, l.file) {
		return &os.PathError{Op: "permit", Path: l.path,
			Err: errors.New("the file is gone, and another one is in its place")}
	}
	return permit(l.path, p)
}

// A TakenError says that a unix socket is in use, or its place is.
type TakenError struct {
	Path string
	By   string // who listens there, in words; "": that is not known
	Why  string // what is there, where nobody listens; "": somebody does
}

// Error says what is there.
func (e *TakenError) Error() string {
	switch {
	case e.Why != "":
		return "listen on " + LocalScheme + e.Path + ": " + e.Why
	case e.By != "":
		return "listen on " + LocalScheme + e.Path + ": " + e.By + " listens there already"
	}
	return "listen on " + LocalScheme + e.Path + ": another process listens there already"
}

// Unwrap is EADDRINUSE.
func (e *TakenError) Unwrap() error { return syscall.EADDRINUSE }

// How long a dialer rests when the listener of a unix socket has as many connections waiting as it
// may have. The system has nothing to wait for then.
const firstRest, longestRest = time.Millisecond, 32 * time.Millisecond

// pause waits for a moment. The error says that no time is left.
func pause(ctx context.Context, until time.Time, rest time.Duration) error {
	if !until.IsZero() && time.Until(until) < rest {
		return context.DeadlineExceeded
	}
	t := time.NewTimer(rest)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
