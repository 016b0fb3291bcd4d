package mirror

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/differ"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// mostComparing is how many pairs are compared at a time for exchanges, which do not do that
// themselves.
const mostComparing = 8

// A pair is the answers to a request and to its copy. Each side fills its own, then hands it in.
type pair struct {
	pool    *Pool
	target  *Target
	at      string // the endpoint that has the copy
	primary differ.Answer
	mirror  differ.Answer
	// mirrorID is the ID that the endpoint has given the copy.
	mirrorID string
	taken    atomic.Int64 // memory
	dropped  atomic.Bool  // there was none for a body

	mu      sync.Mutex
	in      int     // how many sides have handed theirs in; guarded by mu
	request Request // guarded by mu
}

// A Request tells of a request to those who look at differences.
type Request struct {
	ID, Client, Listener, Protocol, Method, Host, Path string
	// Cluster and Endpoint are where it has gone itself.
	Cluster, Endpoint string
	Time              time.Time
	Duration          time.Duration
}

// Compares reports whether the answers are compared.
func (c *Copy) Compares() bool { return c.pair != nil }

// Responded keeps the head of the response to the request itself. wants says that its body is
// wanted too, of which length bytes are announced; -1: nobody knows.
func (c *Copy) Responded(h *http1.ResponseHead, length int64) (wants bool) {
	p, r := c.pair, c.target.Rules
	if p == nil {
		return false
	}
	r.Head(&p.primary, h)
	if most := r.Most(); most > 0 && length > most {
		p.primary.Long = true
	}
	return r.Most() > 0 && !p.primary.Long
}

// Body keeps a piece of that response's body, as it came from its endpoint. It reports whether more
// is wanted.
func (c *Copy) Body(data []byte) (wants bool) {
	return c.pair != nil && c.pair.keep(&c.pair.primary, data)
}

// Ended hands in the answer to the request itself: whole says that it came to its end, with a
// trailer section. It does not wait. A copy that was not sent is dropped.
func (c *Copy) Ended(whole bool, trailer []byte, about func() Request) {
	c.Drop(metrics.DropIncomplete)
	p := c.pair
	if p == nil {
		return
	}
	if c.dropped {
		p.give() // there is nothing to compare
		return
	}
	p.primary.Whole = whole
	c.target.Rules.Trailer(&p.primary, trailer)
	request := about()
	p.mu.Lock()
	p.request = request
	p.mu.Unlock()
	if !p.handIn() {
		return
	}
	if p.pool.comparing.Add(1) > mostComparing || !p.pool.begin(nil) {
		p.pool.comparing.Add(-1)
		p.give()
		p.target.Metrics.Compared(metrics.ComparedDropped)
		return
	}
	go func() { // comparing is bounded by the size of the bodies
		defer p.pool.done(nil)
		defer p.pool.comparing.Add(-1)
		defer p.pool.survive(p.target.Route)
		p.compare()
	}()
}

// keep keeps a piece of a body, as far as there is memory.
func (p *pair) keep(a *differ.Answer, data []byte) bool {
	before := cap(a.Body)
	more := p.target.Rules.Add(a, data)
	if grown := int64(cap(a.Body) - before); grown > 0 {
		if !p.pool.take(grown) {
			a.Body, a.Long = nil, true
			p.dropped.Store(true)
			return false
		}
		p.taken.Add(grown)
	}
	return more
}

func (p *pair) mirrorHead(h *http1.ResponseHead) {
	p.target.Rules.Head(&p.mirror, h)
	if f := h.Find(http1.FieldXRequestID); f != nil {
		p.mirrorID = string(h.Value(f))
	}
}

func (p *pair) mirrorBody(data []byte) { p.keep(&p.mirror, data) }
func (p *pair) mirrorLong()            { p.mirror.Long = true }

func (p *pair) mirrorWhole(trailer []byte) {
	p.mirror.Whole = true
	p.target.Rules.Trailer(&p.mirror, trailer)
}

// mirrored hands in the answer to the copy, or that there is none.
func (p *pair) mirrored() {
	if p.handIn() {
		p.compare()
	}
}

// handIn reports whether both are there.
func (p *pair) handIn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.in++
	return p.in == 2
}

func (p *pair) give() { p.pool.give(p.taken.Swap(0)) }

// compare compares the two, and keeps how they differ.
func (p *pair) compare() {
	defer p.give()
	m := p.target.Metrics
	if p.dropped.Load() {
		m.Compared(metrics.ComparedDropped)
		return
	}
	report := p.target.Rules.Compare(&p.primary, &p.mirror)
	m.Compared(report.Result)
	for part, n := range report.Counts {
		m.Differs(metrics.MirrorPart(part), n)
	}
	if report.Result != metrics.ComparedDifferent {
		return
	}
	p.mu.Lock()
	d := Differing{Request: p.request, Route: p.target.Route}
	p.mu.Unlock()
	d.Status, d.Mirror = p.primary.Status, Mirrored{
		ID: p.mirrorID, Cluster: p.target.Cluster.Name, Endpoint: p.at, Status: p.mirror.Status,
	}
	if d.Mirror.ID == "" {
		d.Mirror.ID = d.ID
	}
	d.Differences = report.Differences
	for _, n := range report.Counts {
		d.Count += n
	}
	p.pool.kept.add(&d)
}
