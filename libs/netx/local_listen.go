package netx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lookTime bounds how long a socket that is in the way is asked whether somebody listens.
const lookTime = time.Second

// ListenLocal binds a unix socket. The file of a process that is gone is taken over: nobody
// answers there. While somebody does, the error is a TakenError, as it is for a file that is no
// socket. The file has the permissions from the beginning on; the folder has to be there.
func ListenLocal(ctx context.Context, path string, p Permissions) (*LocalListener, error) {
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { restrict(fd, p.Mode.Perm()) })
	}}
	if strings.HasPrefix(path, "@") {
		l, err := lc.Listen(ctx, "unix", path)
		if Is(err, syscall.EADDRINUSE) {
			return nil, &TakenError{Path: path, By: listener(ctx, path)}
		}
		if err != nil {
			return nil, err
		}
		return &LocalListener{UnixListener: l.(*net.UnixListener), path: path}, nil
	}
	// Two that start at once would each take the other's new file for an old one.
	defer lockFolder(filepath.Dir(path))()
	if err := takeOver(ctx, path); err != nil {
		return nil, err
	}
	bound, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, translated(err)
	}
	l := bound.(*net.UnixListener)
	l.SetUnlinkOnClose(false) // Close does it, where the file is still ours
	out := &LocalListener{UnixListener: l, path: path}
	if out.file, err = os.Lstat(path); err == nil {
		err = permit(path, p)
	}
	if err != nil {
		_ = out.Close() // nobody has connected
		return nil, fmt.Errorf("listen on %s%s: %w", LocalScheme, path, err)
	}
	return out, nil
}

// takeOver removes the file of a socket on which nobody listens.
func takeOver(ctx context.Context, path string) error {
	there, err := os.Lstat(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	if there.Mode().Type() != os.ModeSocket {
		return &TakenError{Path: path, Why: "there is " + kind(there) + " in its place, which is " +
			"no socket; remove it, or choose another path"}
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		by := peerOf(c)
		_ = c.Close() // it was only asked
		return &TakenError{Path: path, By: by}
	case Is(err, syscall.ECONNREFUSED):
	case errors.Is(err, os.ErrNotExist):
		return nil // it has just gone
	case errors.Is(err, syscall.EPROTOTYPE):
		return &TakenError{Path: path, Why: "another kind of socket is there, of datagrams or " +
			"packets; remove it, or choose another path"}
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return fmt.Errorf("there is a socket at %s%s that may not be connected to, so that nobody "+
			"can tell whether it is in use: %w", LocalScheme, path, syscall.EACCES)
	default:
		return &TakenError{Path: path} // it has too much to do, so it is there
	}
	if now, err := os.Lstat(path); err != nil || !os.SameFile(now, there) {
		return nil // another one is there, which bind says
	}
	return os.Remove(path)
}

func kind(f os.FileInfo) string {
	switch {
	case f.IsDir():
		return "a folder"
	case f.Mode().Type() == os.ModeSymlink:
		return "a symbolic link"
	case f.Mode().IsRegular():
		return "a file"
	}
	return "something else"
}

// listener says in words who listens on a unix socket, "" where that is not known.
func listener(ctx context.Context, path string) string {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return ""
	}
	defer func() { _ = c.Close() }() // it was only asked
	return peerOf(c)
}
