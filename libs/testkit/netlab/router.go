package netlab

import (
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"time"
)

const (
	// mtu is the size of the largest packet.
	mtu = 1500
	// maxUnderWay bounds the packets that wait for their time.
	maxUnderWay = 1 << 14
)

// A packet on its way.
type packet struct {
	due    time.Time
	order  uint64
	pair   pair
	device *os.File // where it goes
	bytes  []byte
}

type pair struct{ from, to string }

// queue is a heap of packets by their time.
type queue []packet

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(packet)) }

func (q queue) Less(i, j int) bool {
	if q[i].due.Equal(q[j].due) {
		return q[i].order < q[j].order
	}
	return q[i].due.Before(q[j].due)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	p := (*q)[last]
	*q = (*q)[:last]
	return p
}

// router carries packets between the devices of nodes.
type router struct {
	mu      sync.Mutex
	rng     *rand.Rand                 // guarded by mu
	link    func(from, to string) Link // guarded by mu
	ports   map[netip.Addr]port        // guarded by mu
	waiting queue                      // guarded by mu
	order   uint64                     // guarded by mu
	last    map[pair]uint64            // guarded by mu; the latest that was delivered
	counts  Counts                     // guarded by mu
	wake    chan struct{}              // has something when another packet is the first
	done    chan struct{}              // closed when nothing more is to be carried
	group   sync.WaitGroup
}

// port is where a node is connected.
type port struct {
	name   string
	device *os.File
}

func newRouter(seed uint64) *router {
	r := &router{
		rng: rand.New(rand.NewPCG(seed, seed)), link: Everywhere(Link{}),
		ports: make(map[netip.Addr]port),
		last:  make(map[pair]uint64), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	r.group.Go(r.carry)
	return r
}

// connect begins to carry what a device sends.
func (r *router) connect(address netip.Addr, p port) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ports[address] = p
	r.group.Go(func() { r.read(p) })
}

// read takes in what a device sends until it is closed.
func (r *router) read(p port) {
	b := make([]byte, mtu)
	for {
		n, err := p.device.Read(b)
		if err != nil {
			return
		}
		r.take(p.name, b[:n])
	}
}

// destination is where an IPv4 packet goes.
func destination(b []byte) (netip.Addr, bool) {
	const header, at = 20, 16
	if len(b) < header || b[0]>>4 != 4 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte(b[at : at+4])), true
}

// take decides what becomes of a packet. Its bytes are used again after that.
func (r *router) take(from string, b []byte) {
	address, ok := destination(b)
	r.mu.Lock()
	defer r.mu.Unlock()
	to, known := r.ports[address]
	if !ok || !known || len(r.waiting) >= maxUnderWay {
		r.counts.Refused++
		return
	}
	l := r.link(from, to.name)
	switch {
	case l.Cut:
		r.counts.Cut++
		return
	case l.Loss > 0 && r.rng.Float64() < l.Loss:
		r.counts.Lost++
		return
	}
	delay := l.Delay
	if l.Jitter > 0 {
		delay += time.Duration(r.rng.Int64N(int64(l.Jitter)))
	}
	r.order++
	p := packet{
		due: time.Now().Add(delay), order: r.order, pair: pair{from, to.name}, device: to.device,
		bytes: append([]byte(nil), b...),
	}
	heap.Push(&r.waiting, p)
	if r.waiting[0].order == p.order {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// carry delivers packets when their time has come.
func (r *router) carry() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-r.wake:
		case <-timer.C:
		}
		timer.Reset(r.deliver(time.Now()))
	}
}

// deliver delivers what is due, and returns when the next is.
func (r *router) deliver(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.waiting) > 0 {
		if wait := r.waiting[0].due.Sub(now); wait > 0 {
			return wait
		}
		p := heap.Pop(&r.waiting).(packet)
		if r.last[p.pair] > p.order {
			r.counts.Overtaken++
		}
		r.last[p.pair] = max(r.last[p.pair], p.order)
		r.counts.Delivered++
		_, _ = p.device.Write(p.bytes) // a queue that is full drops it, as queues do
	}
	return time.Hour
}

// close ends the router; the devices are closed already.
func (r *router) close() {
	close(r.done)
	r.group.Wait()
}
