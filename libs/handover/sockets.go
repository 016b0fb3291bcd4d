package handover

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
)

// Sockets are sockets that the process before this one has opened, each under a name that says what
// it is for. A nil Sockets has none. Its methods may be called from any goroutine.
type Sockets struct {
	mu    sync.Mutex
	files map[string]*os.File // guarded by mu
}

// A Named is a socket with its name.
type Named struct {
	Name string
	File *os.File
}

// NewSockets takes files over, in the order of their names. Where there are several of a name the
// first counts, and the others are closed.
func NewSockets(names []string, files []*os.File) (*Sockets, error) {
	if len(names) != len(files) {
		closeAll(files)
		return nil, fmt.Errorf("%d sockets have %d names", len(files), len(names))
	}
	s := &Sockets{files: make(map[string]*os.File, len(files))}
	for i, f := range files {
		if s.files[names[i]] != nil {
			_ = f.Close() // nobody could ask for it
			continue
		}
		s.files[names[i]] = f
	}
	return s, nil
}

// Take returns the file of a name, which is the caller's from then on; nil where there is none.
func (s *Sockets) Take(name string) *os.File {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[name]
	delete(s.files, name)
	return f
}

// TakeAll returns all sockets whose name begins with a word, without it, by name.
func (s *Sockets) TakeAll(word string) (all []Named) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, f := range s.files {
		if len(name) > len(word) && name[:len(word)] == word && name[len(word)] == ' ' {
			all = append(all, Named{name[len(word)+1:], f})
			delete(s.files, name)
		}
	}
	slices.SortFunc(all, func(a, b Named) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// Listener makes a listener of the socket with a name; nil without an error where there is none. It
// is a *net.TCPListener or a *net.UnixListener.
func (s *Sockets) Listener(name string) (net.Listener, error) {
	f := s.Take(name)
	if f == nil {
		return nil, nil
	}
	defer f.Close() // the listener has a copy
	return Listener(f)
}

// Listener makes a listener of a socket that another process has bound. The file stays open.
func Listener(f *os.File) (net.Listener, error) {
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("take over a socket: %w", err)
	}
	switch l := l.(type) {
	case *net.TCPListener, *net.UnixListener:
		return l, nil
	}
	_ = l.Close() // nothing was accepted
	return nil, errors.New("take over a socket: it is neither TCP nor a stream of a unix socket")
}

// FileOf is a copy of the socket below a listener or a packet connection. It is the caller's.
func FileOf(socket any) (*os.File, error) {
	f, ok := socket.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, fmt.Errorf("a %T has no file", socket)
	}
	return f.File()
}

// Close closes the sockets that nobody has taken, and returns their names.
func (s *Sockets) Close() (left []string) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, f := range s.files {
		_ = f.Close() // it stays open where it came from
		left = append(left, name)
	}
	clear(s.files)
	slices.Sort(left)
	return left
}
