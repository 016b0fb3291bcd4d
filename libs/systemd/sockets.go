package systemd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// firstDescriptor is that of the first socket (SD_LISTEN_FDS_START).
const firstDescriptor = 3

// mostSockets bounds what LISTEN_FDS is believed to say.
const mostSockets = 1024

// Sockets are those that systemd has passed. They stay open as long as the process: a listener that
// a reload took away may come back. A nil Sockets has none. The methods may be called from any
// goroutine.
type Sockets struct {
	names []string
	files []*os.File
}

// takeSockets takes the sockets that the environment tells of, and lets no child inherit them. nil:
// they are for another process, or there are none.
func takeSockets(env func(string) string, pid int) *Sockets {
	n, err := strconv.Atoi(env("LISTEN_FDS"))
	if env("LISTEN_PID") != strconv.Itoa(pid) || err != nil || n <= 0 || n > mostSockets {
		return nil
	}
	names := strings.Split(env("LISTEN_FDNAMES"), ":")
	s := &Sockets{}
	for i := range n {
		fd := firstDescriptor + i
		closeOnExec(fd)
		name := "unknown" // as sd_listen_fds_with_names(3) calls it
		if i < len(names) && names[i] != "" {
			name = names[i]
		}
		s.names = append(s.names, name)
		s.files = append(s.files, os.NewFile(uintptr(fd), name))
	}
	return s
}

// Listener makes a listener of the socket with a name; it is a *net.TCPListener or a
// *net.UnixListener. Closing it leaves the socket to systemd.
func (s *Sockets) Listener(name string) (net.Listener, error) {
	if s == nil {
		return nil, fmt.Errorf("systemd has passed no sockets to this process (LISTEN_FDS); start "+
			"it by a socket unit that has FileDescriptorName=%s", name)
	}
	i := slices.Index(s.names, name)
	if i < 0 {
		return nil, fmt.Errorf("systemd has passed no socket with the name %q; the names are %s "+
			"(FileDescriptorName= in the socket unit)", name, s.list())
	}
	if slices.Contains(s.names[i+1:], name) {
		return nil, fmt.Errorf("systemd has passed several sockets with the name %q; give each "+
			"a socket unit with a FileDescriptorName= of its own (the names are %s)", name,
			s.list())
	}
	if !accepts(s.files[i]) {
		return nil, fmt.Errorf("what systemd has passed as %q is no socket that listens: it takes "+
			"ListenStream= and Accept=no in the socket unit", name)
	}
	l, err := net.FileListener(s.files[i])
	if err != nil {
		return nil, fmt.Errorf("take the socket %q of systemd: %w", name, err)
	}
	switch l := l.(type) {
	case *net.TCPListener, *net.UnixListener:
		return l, nil
	}
	_ = l.Close() // nothing was accepted
	return nil, fmt.Errorf("the socket %q of systemd is neither TCP nor a stream of a unix socket",
		name)
}

// list is the names, each once.
func (s *Sockets) list() string {
	names := slices.Clone(s.names)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// Configure sets on a listener what a net.ListenConfig would have set before it was bound.
func Configure(lc *net.ListenConfig, l net.Listener) error {
	tcp, ok := l.(*net.TCPListener)
	if !ok || lc.Control == nil {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return errors.Join(err, syscall.EINVAL)
	}
	return lc.Control("tcp", tcp.Addr().String(), raw)
}
