package basic

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// mostWrong is how many wrong passwords an address may try at once, and wrongEvery after how
	// long it may try another one.
	mostWrong  = 100
	wrongEvery = time.Second
	// mostAddresses bounds the memory. Over it, some address is forgotten.
	mostAddresses = 10_000
	// perAddress is how many passwords of one address may wait at the same time.
	perAddress = mostWaiting / 2
	// prefix6 is what one client has of IPv6, as providers give it out.
	prefix6 = 64
)

// budget bounds how many wrong passwords each client may try. Right ones cost nothing, and those
// that are remembered, right or wrong, do not come here.
type budget struct {
	now func() time.Time

	mu      sync.Mutex
	clients map[netip.Addr]*tries // guarded by mu
}

// tries are those of a client.
type tries struct {
	full    time.Time // when all of them are there again
	running int
}

func newBudget() *budget {
	return &budget{now: time.Now, clients: make(map[netip.Addr]*tries)}
}

// client is what addresses are counted by.
func client(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(prefix6); err == nil {
			return p.Addr()
		}
	}
	return a
}

// begin says whether a client may try a password; if not, wait is after how long it may. end has
// to be called after one that it may.
func (b *budget) begin(a netip.Addr) (ok bool, wait time.Duration) {
	a = client(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	t, now := b.clients[a], b.now()
	if t == nil {
		if len(b.clients) >= mostAddresses {
			b.forget(now)
		}
		t = new(tries)
		b.clients[a] = t
	}
	if spent := t.full.Sub(now); spent > (mostWrong-1)*wrongEvery {
		return false, spent - (mostWrong-1)*wrongEvery
	}
	if t.running >= perAddress {
		return false, time.Second
	}
	t.running++
	return true, 0
}

// end notes how a try ended.
func (b *budget) end(a netip.Addr, wrong bool) {
	a = client(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	t, now := b.clients[a], b.now()
	if t == nil {
		return // forgotten
	}
	t.running--
	if wrong {
		if t.full.Before(now) {
			t.full = now
		}
		t.full = t.full.Add(wrongEvery)
	} else if t.running == 0 && !t.full.After(now) {
		delete(b.clients, a)
	}
}

// forget makes room for a client: of the few it looks at it forgets those that have all their tries
// again, and else one. b.mu must be held.
func (b *budget) forget(now time.Time) {
	looked, forgotten := 0, 0
	var some netip.Addr
	for a, t := range b.clients {
		if t.running == 0 {
			if some = a; !t.full.After(now) {
				delete(b.clients, a)
				forgotten++
			}
		}
		if looked++; looked >= 32 {
			break
		}
	}
	if forgotten == 0 {
		delete(b.clients, some)
	}
}
