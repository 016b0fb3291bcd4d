package plan

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// Sessions say where the TCP sessions of a listener go.
type Sessions struct {
	// names is nil where the server name does not matter.
	names   *routing.Table
	targets []int // by rule of names: index into Plan.Clusters
	other   int   // the cluster for what no name says; -1: none
}

// ByName reports whether the server name of a TLS client counts (SNI, RFC 6066
// section 3), so that its first message has to be read before the cluster is known.
func (s *Sessions) ByName() bool { return s.names != nil }

// Cluster finds the cluster for a server name, an index into Plan.Clusters; nil is a
// client that says none. It returns -1 where there is none. It allocates nothing.
func (s *Sessions) Cluster(name []byte) int {
	// A name has neither port nor brackets; those of a host in HTTP would be cut off.
	if s.names != nil && len(name) > 0 && bytes.IndexAny(name, ":[]") < 0 {
		if i, outcome := s.names.Lookup(nil, name, anyPath, nil); outcome == routing.Found {
			return s.targets[i]
		}
	}
	return s.other
}

// anyPath is the path that stands for all, as names have none.
var anyPath = []byte("/")

// Clusters calls f with each cluster that sessions may go to, some more than once.
func (s *Sessions) Clusters(f func(int)) {
	if s.other >= 0 {
		f(s.other)
	}
	for _, i := range s.targets {
		f(i)
	}
}

// newSessions reads a listener; index finds clusters by name.
func newSessions(l *config.Listener, index map[string]int) (*Sessions, error) {
	if l.TLS != nil {
		return nil, errors.New("a tcp listener passes TLS on and does not end it")
	}
	find := func(name string) (int, error) {
		if i, ok := index[name]; ok {
			return i, nil
		}
		return -1, fmt.Errorf("no cluster is named %q", name)
	}
	s := &Sessions{other: -1}
	var err error
	if l.Cluster != "" {
		if s.other, err = find(l.Cluster); err != nil {
			return nil, err
		}
	}
	if len(l.SNI) == 0 {
		if s.other < 0 {
			return nil, errors.New("it goes to no cluster")
		}
		return s, nil
	}
	rules := make([]routing.Rule, len(l.SNI))
	s.targets = make([]int, len(l.SNI))
	for i, r := range l.SNI {
		rules[i] = routing.Rule{Name: fmt.Sprintf("sni[%d]", i), Hosts: r.Hosts}
		if s.targets[i], err = find(r.Cluster); err != nil {
			return nil, err
		}
	}
	s.names, err = routing.New(rules)
	return s, err
}

// buildSessions makes the Sessions of each tcp listener, nil for the others.
func buildSessions(listeners []config.Listener, index map[string]int) ([]*Sessions, error) {
	out := make([]*Sessions, len(listeners))
	for i := range listeners {
		if listeners[i].Protocol != config.ProtocolTCP {
			continue
		}
		var err error
		if out[i], err = newSessions(&listeners[i], index); err != nil {
			return nil, fmt.Errorf("listener %q: %w", listeners[i].Name, err)
		}
	}
	return out, nil
}
