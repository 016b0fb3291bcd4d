package replay

import (
	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// mostOutcomes is how many ways are tried that a request can have gone by what a log does not tell.
const mostOutcomes = 256

// pair is what becomes of a request in the two configurations.
type pair struct{ old, new outcome }

// decider finds the outcomes of one request after another.
type decider struct {
	old, new *side
	facts    *facts
	asked    asked
	head     http1.RequestHead
	room     []byte
	pairs    []pair
	tried    int
	open     []int            // the facts that outcomes depend on; -1 is the client
	limits   map[string]int64 // of bodies, by the old route
}

func newDecider(old, new *side, f *facts) *decider {
	d := &decider{old: old, new: new, facts: f}
	d.asked.assumed, d.asked.queries = make([]assumption, len(f.names)), f.queries
	d.limits = make(map[string]int64, len(old.routes))
	for i := range old.routes {
		d.limits[old.routes[i].Name] = old.routes[i].MaxBodyBytes
	}
	return d
}

// decide returns the outcomes that a request can have, each once. told says that the log has a
// route that OLD can lead to. It returns none when there are too many ways to try them all.
func (d *decider) decide(e *entry) (pairs []pair, told bool) {
	a := &d.asked
	a.host, a.agent, a.peer = []byte(e.Host), []byte(e.UserAgent), e.peer()
	a.query, a.hasQuery = nil, e.Query != nil && *e.Query != accesslog.Redacted
	if a.hasQuery {
		a.query = []byte(*e.Query)
	}
	d.pairs, d.tried, d.open = d.pairs[:0], 0, d.open[:0]
	if e.Code == gwerr.BodyTooLarge.String() {
		e.least = max(d.limits[e.Route], e.RequestBytes) + 1
	}
	var head *http1.RequestHead
	var ok bool
	if d.room, ok = e.head(&d.head, d.room); ok {
		head = &d.head
	}
	was, is := d.old.listener(e.Listener), d.new.listener(e.Listener)
	if was == nil {
		was = d.old.any // the log is of another configuration
	}
	d.explore(e, head, was, is)
	if d.tried > mostOutcomes {
		return nil, true
	}
	return d.sift(e)
}

// explore tries every way that what the log does not tell can be.
func (d *decider) explore(e *entry, head *http1.RequestHead, was, is *listener) {
	a := &d.asked
	a.missing, a.missingClient = -1, false
	p := pair{d.old.outcome(was, e, head, a), d.new.outcome(is, e, head, a)}
	if missing := a.missing; missing >= 0 {
		d.note(missing)
		for _, value := range []assumption{yes, no} {
			if d.tried > mostOutcomes {
				break
			}
			a.assumed[missing] = value
			d.explore(e, head, was, is)
		}
		a.assumed[missing] = nothing
		return
	}
	if a.missingClient && len(d.facts.clients) > 0 {
		d.note(-1)
		for _, client := range d.facts.clients {
			if d.tried > mostOutcomes {
				break
			}
			a.client, a.hasClient = client, true
			d.explore(e, head, was, is)
		}
		a.hasClient = false
		return
	}
	d.tried++
	d.add(p)
}

func (d *decider) note(fact int) {
	for _, f := range d.open {
		if f == fact {
			return
		}
	}
	d.open = append(d.open, fact)
}

func (d *decider) add(p pair) {
	for _, q := range d.pairs {
		if p == q {
			return
		}
	}
	d.pairs = append(d.pairs, p)
}

// sift leaves out the outcomes that the log speaks against, unless it speaks against all.
func (d *decider) sift(e *entry) (pairs []pair, told bool) {
	left := d.pairs[:0:0]
	for _, p := range d.pairs {
		if d.fits(e, p.old) {
			left = append(left, p)
		}
	}
	if len(left) == 0 {
		return d.pairs, false
	}
	return left, true
}

// fits says whether the log's line can be of a request with this outcome.
func (d *decider) fits(e *entry, o outcome) bool {
	if o.route < 0 {
		return e.Route == "" && (o.route == noMethod) == (e.Code == gwerr.MethodNotAllowed.String())
	}
	if d.old.routes[o.route].Name != e.Route {
		return false
	}
	// a request that passed was not refused by its address
	return o.refused != gwerr.Forbidden || e.Code == gwerr.Forbidden.String()
}
