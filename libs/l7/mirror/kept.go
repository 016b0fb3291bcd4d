package mirror

import (
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/l7/differ"
)

// Kept is how many pairs of answers that differ are remembered.
const Kept = 256

// A Differing is a pair of answers that differ.
type Differing struct {
	Request
	Route  string
	Status int
	Mirror Mirrored
	// Differences are the first ones, Count is how many there are.
	Differences []differ.Difference
	Count       int
}

// A Mirrored is where a copy has gone, and what came of it. The ID is what the endpoint calls it by
// (X-Request-Id): that of the request, unless it has another.
type Mirrored struct {
	ID, Cluster, Endpoint string
	Status                int
}

// kept are the last pairs that differ. The zero value is ready.
type kept struct {
	mu      sync.Mutex
	entries [Kept]*Differing // guarded by mu
	next    int              // guarded by mu
}

func (k *kept) add(d *Differing) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.entries[k.next%Kept] = d
	k.next++
}

// last returns the newest, first.
func (k *kept) last(most int, route string) (all []Differing) {
	k.each(func(d *Differing) {
		if len(all) < most && (route == "" || d.Route == route) {
			all = append(all, *d)
		}
	})
	return all
}

// find returns those of a request, by its ID or by that of its copy.
func (k *kept) find(id string) (all []Differing) {
	k.each(func(d *Differing) {
		if d.ID == id || d.Mirror.ID == id {
			all = append(all, *d)
		}
	})
	return all
}

// each calls f for each, the newest first.
func (k *kept) each(f func(*Differing)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range Kept {
		if d := k.entries[(k.next-1-i+2*Kept)%Kept]; d != nil {
			f(d)
		}
	}
}
