package node

import (
	"errors"
	"net"
	"os"
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// lasting is the socket of a post. It stays open while the post is another process's, so that the
// post can be taken back.
type lasting struct {
	name string
	file *os.File // nil: the system has none, and the socket can't be handed over

	mu      sync.Mutex
	current net.Listener // guarded by mu
	used    bool         // guarded by mu; current was given out
}

// newLasting keeps the socket of a listener that was bound.
func newLasting(name string, l net.Listener) *lasting {
	s := &lasting{name: name, current: l}
	s.file, _ = handover.FileOf(l) // none where sockets can't be handed over
	return s
}

// inherit takes a socket that was handed over; nil without an error where there is none. address is
// that of the configuration.
func inherit(from *handover.Sockets, name, address string) (*lasting, error) {
	f := from.Take(name)
	if f == nil {
		return nil, nil
	}
	l, err := handover.Listener(f)
	if err != nil {
		_ = f.Close() // nobody uses it
		return nil, err
	}
	s := &lasting{name: name, file: f, current: l}
	if local, ok := l.(*net.UnixListener); ok {
		path, _ := netx.LocalPath(address)
		s.current = netx.Adopt(local, path)
	}
	return s, nil
}

// listener is one for the next time the post is taken, which closes it.
func (s *lasting) listener() (net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used {
		if s.file == nil {
			return nil, errors.New("the socket is closed")
		}
		l, err := handover.Listener(s.file)
		if err != nil {
			return nil, err
		}
		if local, ok := l.(*net.UnixListener); ok {
			path, _ := netx.LocalPath(s.current.Addr().String())
			l = netx.Adopt(local, path)
		}
		s.current = l
	}
	s.used = true
	if local, ok := s.current.(*netx.LocalListener); ok {
		local.Own()
	}
	return s.current, nil
}

// leave leaves the file of a unix socket to the process that has it from now on.
func (s *lasting) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if local, ok := s.current.(*netx.LocalListener); ok {
		local.Leave()
	}
}

// Addr is where the socket listens.
func (s *lasting) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.Addr()
}

// socket is a copy for the next process.
func (s *lasting) socket() (handover.Named, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := handover.FileOf(s.current)
	return handover.Named{Name: s.name, File: f}, err
}

// close gives the socket back.
func (s *lasting) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.current.Close() // it may be closed, and was to be
	if s.file != nil {
		_ = s.file.Close() // nobody accepts by it
	}
}
