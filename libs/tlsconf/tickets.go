package tlsconf

import (
	"crypto/rand"
	"crypto/tls"
	"sync"
	"time"
)

const (
	// TicketLife is how long a key makes session tickets; it opens them for as long
	// again (RFC 9325 section 3.5 asks for regular change).
	TicketLife = 12 * time.Hour
	// ticketKeys is how many keys are in use: one makes tickets, all open them.
	ticketKeys = 2
)

// Tickets are the keys of session tickets, shared by all listeners of a process and
// by every plan: a reload ends no session. Its methods may be called from any
// goroutine.
type Tickets struct {
	now func() time.Time

	mu      sync.Mutex
	keys    [][32]byte               // guarded by mu; newest first
	made    time.Time                // guarded by mu; of the newest
	configs map[*tls.Config]struct{} // guarded by mu
}

// TicketKeys are the keys at one moment, the newest first, for the process that takes this one's
// place: they are as secret as the keys of certificates.
type TicketKeys struct {
	Keys [][32]byte
	Made time.Time // the newest
}

// Export returns the keys.
func (t *Tickets) Export() TicketKeys {
	t.mu.Lock()
	defer t.mu.Unlock()
	return TicketKeys{Keys: append([][32]byte(nil), t.keys...), Made: t.made}
}

// TicketsFrom goes on with the keys of the process before, so that the sessions of its clients do,
// too. Without any it makes the first one.
func TicketsFrom(k TicketKeys) *Tickets {
	t := &Tickets{
		now: time.Now, keys: k.Keys[:min(len(k.Keys), ticketKeys)], made: k.Made,
		configs: map[*tls.Config]struct{}{},
	}
	t.Rotate()
	return t
}

// Use gives a Server the keys, now and at each rotation, until Forget.
func (t *Tickets) Use(s *Server) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range s.configs() {
		t.configs[c] = struct{}{}
		c.SetSessionTicketKeys(t.keys)
	}
}

// Forget takes a Server out of the rotation; it keeps the keys it has.
func (t *Tickets) Forget(s *Server) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range s.configs() {
		delete(t.configs, c)
	}
}

// configs are the configurations that handshakes may be made with.
func (s *Server) configs() []*tls.Config {
	if s.old == nil {
		return []*tls.Config{s.config}
	}
	return []*tls.Config{s.config, s.old}
}

// Rotate makes a new key if the newest is old enough. It is to be called now and
// then, more often than every TicketLife.
func (t *Tickets) Rotate() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.keys) > 0 && now.Sub(t.made) < TicketLife {
		return
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails, says crypto/rand
	t.keys = append([][32]byte{key}, t.keys[:min(len(t.keys), ticketKeys-1)]...)
	t.made = now
	for c := range t.configs {
		c.SetSessionTicketKeys(t.keys)
	}
}
