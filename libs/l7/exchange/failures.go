package exchange

import (
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// How much is remembered of each kind of failures. What clients do wrong has a ring of its own, so
// that a flood of it does not wash away what endpoints do.
const (
	remembered = 4096    // requests
	mostBytes  = 4 << 20 // for them
)

// Failures are the last requests that failed. Any goroutine may use them. The zero
// value is ready.
type Failures struct {
	mu       sync.Mutex
	upstream ring // guarded by mu
	client   ring // guarded by mu
}

// A ring has the last failures: as many as there is room for, by number and by bytes. To add one
// costs the same however many come.
type ring struct {
	entries []*Failure
	first   int // the oldest
	count   int
	bytes   int
}

func (f *Failures) add(e *Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &f.client
	asTold := e.Code == gwerr.None && e.Route != "" && e.Cluster == ""
	if e.Status >= 500 && !asTold || e.upstreams() {
		r = &f.upstream
	}
	r.put(e)
}

// upstreams reports whether an endpoint failed, though the client has got another status.
func (e *Failure) upstreams() bool {
	return e.Code != gwerr.None && e.Code.Info().Fault == gwerr.Upstream
}

func (r *ring) put(e *Failure) {
	if r.entries == nil {
		r.entries = make([]*Failure, remembered)
	}
	for r.count == len(r.entries) || r.count > 0 && r.bytes+e.size > mostBytes {
		r.bytes -= r.entries[r.first].size
		r.entries[r.first] = nil
		r.first = (r.first + 1) % len(r.entries)
		r.count--
	}
	r.entries[(r.first+r.count)%len(r.entries)] = e
	r.count++
	r.bytes += e.size
}

// at is the i-th, of which 0 is the newest.
func (r *ring) at(i int) *Failure {
	return r.entries[(r.first+r.count-1-i)%len(r.entries)]
}

// Find returns the failed request with the given ID, if it is among the last.
func (f *Failures) Find(id string) (Failure, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range []*ring{&f.upstream, &f.client} {
		// An ID from a trusted proxy may come twice; the newest is meant.
		for i := range r.count {
			if e := r.at(i); e.ID == id {
				return *e, true
			}
		}
	}
	return Failure{}, false
}

// Last returns the newest failures, the newest first.
func (f *Failures) Last(most int) (all []Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, j := 0, 0; len(all) < most && (i < f.upstream.count || j < f.client.count); {
		switch {
		case j >= f.client.count,
			i < f.upstream.count && f.upstream.at(i).ended().After(f.client.at(j).ended()):
			all = append(all, *f.upstream.at(i))
			i++
		default:
			all = append(all, *f.client.at(j))
			j++
		}
	}
	return all
}

// ended is when the request had ended.
func (e *Failure) ended() time.Time { return e.Time.Add(e.Duration) }
