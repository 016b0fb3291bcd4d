package health

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	// minVantage is the least number of vantage points that the say of one is a share of. So in a
	// fleet of two neither takes more than a third of a weight from the other.
	minVantage = 3

	// unheard is a loss that is too small to act on.
	unheard = 0.01

	// watched is how long after the last Judge an endpoint is still one that this node says
	// anything about.
	watched = 5 * time.Second

	// recovery is how long a weight takes from the lowest useful floor to all of it.
	recovery = 8 * doubling
)

// Sight is what one node makes of one endpoint, by what it has seen itself.
type Sight struct {
	Cluster string
	Address string  // "": the node watches the cluster, and says no more
	Loss    float64 // the share of its configured weight that the endpoint has lost there, 0 to 1

	// The rest explains the loss to people.

	Share    float64 // of failures
	Requests uint64  // in the window
	Failed   uint64  // of them
	Main     Outcome // the most frequent failure, Success if there is none
	Down     bool    // by active checks
}

// Witness is all that another node says, as of when it was heard.
type Witness struct {
	Name string
	// Heard is when this node learned that it still holds, by the clock that Judge gets; no other
	// clock matters. It counts in full for Holds, and less and less for as long again.
	Heard   time.Time
	Holds   time.Duration
	Suspect bool // it may be cut off itself: its losses count nothing
	Sights  []Sight
}

// saying is the loss of one endpoint at one witness.
type saying struct {
	by   *Witness
	loss float64
}

// trust is how much of a witness counts, 1 to 0.
func (w *Witness) trust(now time.Time) float64 {
	age := now.Sub(w.Heard)
	switch {
	case age <= w.Holds: // also before it was heard: a clock that was set back
		return 1
	case age >= 2*w.Holds:
		return 0
	}
	return 2 - float64(age)/float64(w.Holds)
}

// Hear takes what another node says, in the place of all that it said before. Nobody may change
// w.Sights after that.
func (r *Registry) Hear(w Witness) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(w.Name)
	r.witnesses[w.Name] = &w
	for _, s := range w.Sights {
		if g := r.groups[s.Cluster]; g != nil {
			g.hear(&w, s)
		}
	}
}

// Forget drops what a node has said.
func (r *Registry) Forget(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(name)
}

// forget needs r.mu.
func (r *Registry) forget(name string) {
	w := r.witnesses[name]
	if w == nil {
		return
	}
	delete(r.witnesses, name)
	for _, s := range w.Sights {
		if g := r.groups[s.Cluster]; g != nil {
			g.unhear(w, s)
		}
	}
}

// hear adds a sight. Registry.mu is held.
func (g *group) hear(w *Witness, s Sight) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.Address == "" {
		if !slices.Contains(g.watchers, w) {
			g.watchers = append(g.watchers, w)
		}
		return
	}
	e := g.endpoints[s.Address]
	if e == nil || !(s.Loss > 0) || slices.ContainsFunc(e.said, func(o saying) bool {
		return o.by == w
	}) {
		return
	}
	e.said = append(e.said, saying{w, min(s.Loss, 1)})
}

// unhear takes a sight back. Registry.mu is held.
func (g *group) unhear(w *Witness, s Sight) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.Address == "" {
		g.watchers = slices.DeleteFunc(g.watchers, func(o *Witness) bool { return o == w })
	} else if e := g.endpoints[s.Address]; e != nil {
		e.said = slices.DeleteFunc(e.said, func(o saying) bool { return o.by == w })
	}
}

// vantage is how many nodes look at the cluster, this one included. j.mu is held.
func (j *judging) vantage(now time.Time) int { return max(j.others(now)+1, minVantage) }

// others is how many other nodes look at the cluster. j.mu is held.
func (j *judging) others(now time.Time) (n int) {
	for _, w := range j.watchers {
		if w.trust(now) > 0 {
			n++
		}
	}
	return n
}

// consider works out what the witnesses leave of the weight: each can take its share of the vantage
// points and no more.
func (e *Endpoint) consider(now time.Time, vantage int, s *Settings, rises bool) {
	if len(e.said) == 0 && e.left == 1 {
		return
	}
	sum := 0.0
	for _, o := range e.said {
		if !o.by.Suspect {
			sum += o.loss * o.by.trust(now)
		}
	}
	left := 1.0
	// More nodes report on the endpoint than are known to watch the cluster: some have not told
	// yet that they watch it.
	if loss := sum / float64(max(vantage, len(e.said)+1)); loss >= unheard {
		left = max(1-loss, s.Floor)
	}
	if left < e.left {
		e.left = left
	} else if rises {
		e.left = min(2*e.left, left)
	}
}

// deserved is the share of its weight that the endpoint deserves by what this node and the others
// have seen.
func (e *Endpoint) deserved() float64 { return min(e.weight, e.left) }

// Sights returns what this node has seen itself of the endpoints that are being judged, and whether
// it should be believed: suspect is true when every endpoint that it has heard from lately failed,
// or did until a moment ago, for then it is more likely cut off than they are all dead. What others
// have said is in none of it. Endpoints without a loss are not listed, but each cluster is. now
// should come from the clock that Judge gets.
func (r *Registry) Sights(now time.Time) (sights []Sight, suspect bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, bad := 0, 0
	var window time.Duration
	for name, g := range r.groups {
		g.mu.Lock()
		watches := false
		for address, e := range g.endpoints {
			if e.looked.IsZero() || now.Sub(e.looked) > watched {
				continue
			}
			watches = true
			window = max(window, e.window)
			if e.lately != unknown {
				known++
			}
			if e.lately == failing {
				bad++
			}
			if e.weight < 1 {
				sights = append(sights, e.sight(name, address))
			}
		}
		g.mu.Unlock()
		if watches {
			sights = append(sights, Sight{Cluster: name})
		}
	}
	if known > 1 && bad == known {
		r.cutOff = now
	}
	// The windows remember the time of being cut off, and weights the windows.
	suspect = !r.cutOff.IsZero() && now.Sub(r.cutOff) <= window+recovery
	slices.SortFunc(sights, compareSights)
	return sights, suspect
}

// sight needs judging.mu.
func (e *Endpoint) sight(cluster, address string) Sight {
	s := Sight{
		Cluster: cluster, Address: address, Loss: 1 - e.weight, Share: e.share,
		Requests: e.counts.Total(), Failed: e.counts.Failed(), Down: e.down,
	}
	for o, most := Outcome(0), uint64(0); int(o) < outcomes; o++ {
		if o.Failed() && e.counts[o] > most {
			s.Main, most = o, e.counts[o]
		}
	}
	return s
}

func compareSights(a, b Sight) int {
	return cmp.Or(strings.Compare(a.Cluster, b.Cluster), strings.Compare(a.Address, b.Address))
}
