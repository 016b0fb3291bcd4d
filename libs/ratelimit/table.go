package ratelimit

import (
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// shards is how many parts a table has. Each has a lock of its own, and grows by itself, so that
// nobody waits for more than a small part to be moved.
const shards = 256

// DefaultKeys is how many keys a table keeps where nobody says more or less. With so many it takes
// 84 MB; it begins with less than a hundred kilobytes, and grows with the keys that come.
const DefaultKeys = 1_000_000

// spare is how many places there are for each key at most: with so many, eight keys hardly ever
// have to share the places of seven.
const spare = 4

// A Table remembers what keys have used. The keys that were not used for longest give way when
// there is no more room, which makes them new. Its methods may be called from any goroutine.
type Table struct {
	seed  maphash.Seed
	epoch time.Time
	most  atomic.Int64 // sets that a shard may have
	parts [shards]shard
}

// A shard is a part of the keys.
type shard struct {
	mu      sync.Mutex
	sets    []set  // guarded by mu; a power of two
	keys    int    // guarded by mu; that are in sets
	evicted uint64 // guarded by mu

	_ [64]byte // shards next to each other do not share a line of the cache
}

// NewTable returns a table that keeps about so many keys.
func NewTable(keys int) *Table {
	t := &Table{seed: maphash.MakeSeed(), epoch: time.Now()}
	t.Resize(keys)
	for i := range t.parts {
		t.parts[i].sets = make([]set, 1)
	}
	return t
}

// Resize changes how many keys are kept. A table that is larger already stays as it is.
func (t *Table) Resize(keys int) {
	sets := int64(1)
	for sets*ways*shards < int64(keys)*spare {
		sets *= 2
	}
	if sets > 1 && sets*ways*shards/2 >= int64(keys)*spare*3/4 {
		sets /= 2
	}
	t.most.Store(sets)
}

// Now is the time by the table's clock, which only goes forward.
func (t *Table) Now() time.Duration { return time.Since(t.epoch) }

// At is the table's clock at a time that time.Now gave, which saves reading a clock.
func (t *Table) At(now time.Time) time.Duration { return now.Sub(t.epoch) }

// A Key is the hash of what requests are counted by.
type Key uint64

// Key returns the key of a text under the limit of an identity, such as the name of its route.
func (t *Table) Key(identity uint64, text []byte) Key {
	// The seed is secret and the hash is keyed, so nobody can choose texts that meet. The rest
	// spreads what an identity changes over all bits.
	h := (maphash.Bytes(t.seed, text) ^ identity) * 0x9e3779b97f4a7c15
	return Key(h ^ h>>32)
}

// Identity is the number of an identity, for Key.
func (t *Table) Identity(s string) uint64 { return maphash.String(t.seed, s) }

// Take counts a request for a key, if there is one left of the pot's limit.
func (t *Table) Take(p *Pot, k Key, now time.Duration) Verdict {
	tag := uint64(k)
	s := &t.parts[tag>>56]
	if tag == 0 {
		tag = 1
	}
	ticks, used := int64(now)*tick, uint32(int64(now)*tick/age)
	s.mu.Lock()
	in := &s.sets[int(tag)&(len(s.sets)-1)]
	i, empty := in.find(tag), int64(math.MinInt64/4)
	if i >= 0 {
		empty = in.empty[i]
	} else if i = in.free(); i < 0 {
		in, i = s.room(tag, used, int(t.most.Load()))
	}
	if in.tags[i] == 0 {
		s.keys++
	}
	// The portion is read with the lock held: who changes it knows that all later ones see it.
	empty, v := p.portion(ticks).take(empty, ticks)
	in.tags[i], in.empty[i], in.used[i] = tag, empty, used
	s.mu.Unlock()
	return v
}

// room makes room for a key: the shard grows, or the key that was not used for longest gives way.
// The shard's lock has to be held.
func (s *shard) room(tag uint64, now uint32, most int) (*set, int) {
	for len(s.sets) < most {
		s.grow()
		in := &s.sets[int(tag)&(len(s.sets)-1)]
		if i := in.free(); i >= 0 {
			return in, i
		}
	}
	in := &s.sets[int(tag)&(len(s.sets)-1)]
	i := in.oldest(now)
	in.tags[i] = 0
	s.keys--
	s.evicted++
	return in, i
}

// grow doubles the room of a shard. A set's keys go into two, so each finds its place.
func (s *shard) grow() {
	n := len(s.sets)
	next := make([]set, 2*n)
	for j := range s.sets {
		from := &s.sets[j]
		for i, tag := range from.tags {
			if tag == 0 {
				continue
			}
			to := &next[int(tag)&(2*n-1)]
			free := to.free()
			to.tags[free], to.empty[free], to.used[free] = tag, from.empty[i], from.used[i]
		}
	}
	s.sets = next
}

// Keys is how many keys the table has, Evicted how many gave way to others.
func (t *Table) Keys() (keys int, evicted uint64) {
	for i := range t.parts {
		s := &t.parts[i]
		s.mu.Lock()
		keys += s.keys
		evicted += s.evicted
		s.mu.Unlock()
	}
	return keys, evicted
}
