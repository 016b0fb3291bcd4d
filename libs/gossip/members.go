package gossip

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// maxLost is how many addresses of lost nodes are remembered. The ones lost first give way.
const maxLost = 1024

// A Member is a node of the ring.
type Member struct {
	Name    string
	Address string // host and port
	Info    Info
	Since   time.Time // when it joined, as seen from here
	// Contact is when this node last heard from it directly, and RoundTrip how long an
	// answer took; zero before the first time.
	Contact   time.Time
	RoundTrip time.Duration

	life uint64 // see meta
}

// members are who is in the ring, and who was. memberlist changes them while it holds
// its own locks, so nothing here waits, or calls memberlist.
type members struct {
	mu    sync.Mutex
	alive map[string]*Member   // guarded by mu; by name, this node included
	gone  map[string]parting   // guarded by mu; by name
	left  map[string]bool      // guarded by mu; names that said they leave, until they are back
	lost  map[string]time.Time // guarded by mu; addresses of nodes that went without a word
	back  map[string]bool      // guarded by mu; addresses of nodes that were gone and are back
	news  chan struct{}        // has something when there are such
}

// parting is when a node was last in the ring, and where, and in which life.
type parting struct {
	when    time.Time
	address string
	life    uint64
}

func newMembers() *members {
	return &members{
		alive: make(map[string]*Member), gone: make(map[string]parting),
		left: make(map[string]bool), lost: make(map[string]time.Time),
		back: make(map[string]bool), news: make(chan struct{}, 1),
	}
}

// joined says that a node is in the ring, or has changed what it says of itself.
func (m *members) joined(name, address string, says meta, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.alive[name]
	if old == nil {
		old = &Member{Name: name, Since: now, Contact: now}
		delete(m.left, name)
	}
	fresh := *old
	fresh.Address, fresh.Info, fresh.life = address, says.Info, says.life
	m.alive[name] = &fresh
	if _, gone := m.gone[name]; gone {
		m.back[address] = true
		select {
		case m.news <- struct{}{}:
		default:
		}
	}
	delete(m.gone, name)
	delete(m.lost, address)
}

// returned returns the addresses of nodes that were gone and are back since the last call.
func (m *members) returned() (addresses []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for address := range m.back {
		addresses = append(addresses, address)
	}
	clear(m.back)
	return addresses
}

// parted says that a node is not in the ring any more.
func (m *members) parted(name string, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.alive[name]
	if old == nil {
		return
	}
	delete(m.alive, name)
	m.gone[name] = parting{now, old.Address, old.life}
	if m.left[name] {
		return
	}
	m.lost[old.Address] = now
	if len(m.lost) > maxLost {
		first := old.Address
		for a, t := range m.lost {
			if t.Before(m.lost[first]) {
				first = a
			}
		}
		delete(m.lost, first)
	}
}

// leaves says that a node has said that it leaves: nobody has to look for it.
func (m *members) leaves(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left[name] = true
	delete(m.lost, m.gone[name].address) // memberlist was quicker
}

// answered says that a node has answered.
func (m *members) answered(name string, took time.Duration, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.alive[name]; old != nil {
		fresh := *old
		fresh.Contact, fresh.RoundTrip = now, took
		m.alive[name] = &fresh
	}
}

// last is when a node was last in the ring: now if it is; false if it never was, or so
// long ago that it is forgotten.
func (m *members) last(name string, now time.Time) (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.alive[name] != nil {
		return now, true
	}
	p, ok := m.gone[name]
	return p.when, ok
}

// speaks says whether a node is, or last was, in the life in which it has said something.
func (m *members) speaks(name string, incarnation uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	life := m.gone[name].life
	if member := m.alive[name]; member != nil {
		life = member.life
	}
	return life == 0 || life == incarnation
}

// life is the one that a member says it is in; 0 is not known, or no member.
func (m *members) life(name string) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if member := m.alive[name]; member != nil {
		return member.life
	}
	return 0
}

// forget drops the names of those that have been gone for longer than that. Their
// addresses are kept.
func (m *members) forget(before time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, p := range m.gone {
		if p.when.Before(before) {
			delete(m.gone, name)
			delete(m.left, name)
		}
	}
	for name := range m.left {
		if _, gone := m.gone[name]; !gone && m.alive[name] == nil {
			delete(m.left, name)
		}
	}
}

// knows says whether a node of that name is in the ring, or was not long ago.
func (m *members) knows(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, gone := m.gone[name]
	return gone || m.alive[name] != nil
}

func (m *members) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.alive)
}

// all returns the members, by name.
func (m *members) all() []Member {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]Member, 0, len(m.alive))
	for _, member := range m.alive {
		all = append(all, *member)
	}
	slices.SortFunc(all, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// has says whether the node at an address is in the ring.
func (m *members) has(address string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, member := range m.alive {
		if member.Address == address {
			return true
		}
	}
	return false
}

// missing returns the addresses of lost nodes at which nobody is now.
func (m *members) missing() (addresses []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := make(map[string]bool, len(m.alive))
	for _, member := range m.alive {
		at[member.Address] = true
	}
	for address := range m.lost {
		if !at[address] {
			addresses = append(addresses, address)
		}
	}
	slices.Sort(addresses)
	return addresses
}
