package gossip

import (
	"bytes"

	"github.com/hashicorp/memberlist"
)

// kindShares is a message about the shares of limits (libs/shares). The ring carries it, and does
// not know what is in it.
const kindShares byte = 5

// MaxSend is how many bytes a message of Send has at most.
const MaxSend = maxDelta - 2

// shares takes a message about shares; false: it is none. It never waits.
func (d delegate) shares(b []byte) bool {
	if len(b) < 2 || b[0] != version || b[1] != kindShares {
		return false
	}
	if d.options.Shares != nil {
		d.options.Shares(bytes.Clone(b[2:]))
	}
	return true
}

// Send sends a message about shares to a node, in one packet that may get lost. The node may have
// left meanwhile: it hears until it ends. One that is not known gets nothing.
func (r *Ring) Send(name string, body []byte) {
	address := r.members.address(name)
	if address == "" || !r.talk.began.Load() || len(body) > MaxSend {
		return
	}
	b := append([]byte{version, kindShares}, body...)
	// It is said again where it was lost.
	_ = r.list.SendToAddress(memberlist.Address{Addr: address, Name: name}, b)
}

// NodeAt is the name of the member at an address, a host and a port; "" for none.
func (r *Ring) NodeAt(address string) string {
	r.members.mu.Lock()
	defer r.members.mu.Unlock()
	for name, m := range r.members.alive {
		if m.Address == address {
			return name
		}
	}
	return ""
}

// address is where a node is, or was when it was last in the ring; "" where nobody knows.
func (m *members) address(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if member := m.alive[name]; member != nil {
		return member.Address
	}
	return m.gone[name].address
}
