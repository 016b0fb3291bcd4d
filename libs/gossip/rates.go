package gossip

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// How much is taken from one sender, and from all. A node sends a packet to three others every
// 100 ms, and asks and answers some; it gets about as many, whatever the size of the fleet.
// They are counted after a message was decrypted: who has no key takes nothing from anybody.
var (
	packetsEach = rate{often: 200, burst: 400}
	packetsAll  = rate{often: 1000, burst: 2000}
	// Nodes on one machine, or behind one address, share what it may.
	streamsEach = rate{often: 16, burst: 128}
	streamsAll  = rate{often: 64, burst: 256}
	// What is said on connections is counted in bytes too.
	bytesEach = rate{often: 512 << 10, burst: 8 << 20}
	bytesAll  = rate{often: 2 << 20, burst: 32 << 20}
	// newNames are names of nodes that were not heard of before.
	newNames = rate{often: 4, burst: 1024}
)

// maxSenders is how many senders are told apart. With more, the count of all begins anew.
const maxSenders = 4096

// rate is how often something may happen in a second, and how often at once.
type rate struct{ often, burst float64 }

// bucket counts what may happen yet. The zero value is full.
type bucket struct {
	used float64
	when time.Time
}

// take says whether it may happen once more, or so many times.
func (b *bucket) take(r rate, n float64, now time.Time) bool {
	if passed := now.Sub(b.when).Seconds(); passed > 0 {
		b.used = max(b.used-passed*r.often, 0)
		b.when = now
	}
	if b.used+n > r.burst {
		return false
	}
	b.used += n
	return true
}

// rates count what comes from whom.
type rates struct {
	mu      sync.Mutex
	packets map[netip.AddrPort]*bucket // guarded by mu; by sender
	streams map[netip.Addr]*bucket     // guarded by mu; by host
	bytes   map[netip.Addr]*bucket     // guarded by mu; by host

	allPackets, allStreams, allBytes, names bucket // guarded by mu
}

func newRates() rates {
	return rates{
		packets: make(map[netip.AddrPort]*bucket), streams: make(map[netip.Addr]*bucket),
		bytes: make(map[netip.Addr]*bucket),
	}
}

// packet says whether a packet is taken from somebody.
func (r *rates) packet(from net.Addr, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return of(r.packets, addressOf(from)).take(packetsEach, 1, now) &&
		r.allPackets.take(packetsAll, 1, now)
}

// stream says whether so many bytes are taken from somebody, on a connection.
func (r *rates) stream(from net.Addr, bytes int, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	host, n := addressOf(from).Addr(), float64(bytes)
	return of(r.streams, host).take(streamsEach, 1, now) &&
		of(r.bytes, host).take(bytesEach, n, now) &&
		r.allStreams.take(streamsAll, 1, now) && r.allBytes.take(bytesAll, n, now)
}

// newName says whether the name of a node is taken that was not heard of before.
func (r *rates) newName(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names.take(newNames, 1, now)
}

// of returns the bucket of a sender.
func of[K comparable](all map[K]*bucket, key K) *bucket {
	b := all[key]
	if b == nil {
		if len(all) >= maxSenders {
			clear(all)
		}
		b = &bucket{}
		all[key] = b
	}
	return b
}

// addressOf is where something comes from; the zero value where that is not known.
func addressOf(from net.Addr) netip.AddrPort {
	switch a := from.(type) {
	case nil:
		return netip.AddrPort{}
	case *net.UDPAddr:
		return a.AddrPort()
	case *net.TCPAddr:
		return a.AddrPort()
	}
	a, _ := netip.ParseAddrPort(from.String())
	return a
}
