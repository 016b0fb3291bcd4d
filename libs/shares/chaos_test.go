package shares

import (
	"fmt"
	"slices"
	"time"
)

// trouble brings faults for a time, and then ends all of them.
func (w *world) trouble(d time.Duration) {
	w.twice, w.slow = 0.05, []float64{0.03, 0.3}[w.rng.IntN(2)]
	end := w.now + d
	for w.now < end && w.broken == "" {
		w.fault()
		w.run(w.upTo(4 * time.Second))
	}
	w.twice, w.slow, w.loss = 0, 0, 0.1
	clear(w.cut)
	for _, p := range w.all {
		p.ended = p.ended || p.ghost
	}
	for _, h := range w.hosts {
		if h.process == nil {
			w.start(h)
		}
		w.configure(h, w.config)
	}
}

// fault does one thing that can happen to a fleet.
func (w *world) fault() {
	h := w.hosts[w.rng.IntN(len(w.hosts))]
	if w.rng.IntN(2) == 0 { // the leader is where it hurts
		for _, other := range w.hosts {
			if p := other.process; p != nil && p.node.Leads(p.clock(w.now)) {
				h = other
			}
		}
	}
	switch w.rng.IntN(14) {
	case 0:
		w.kill(h)
		w.after(w.upTo(6*time.Second), func() { w.revive(h) })
	case 1:
		w.kill(h)
		w.revive(h)
	case 2: // most of the voters at once
		for _, name := range w.configs[w.config] {
			for _, other := range w.hosts {
				if other.name == name && w.rng.IntN(3) > 0 {
					w.kill(other)
					w.revive(other)
				}
			}
		}
	case 3:
		w.divide()
	case 4: // one way only
		for _, other := range w.hosts {
			w.cut[[2]int{h.index, other.index}] = w.rng.IntN(2) == 0
		}
	case 5, 6:
		clear(w.cut)
	case 7, 8:
		if h.process != nil {
			h.process.paused = w.now + w.upTo(9*time.Second)
		}
	case 9:
		w.loss = []float64{0.02, 0.1, 0.3, 0.6}[w.rng.IntN(4)]
	case 10:
		w.replace(h)
	case 11:
		w.leave(h)
	case 12:
		w.rollOut()
	case 13: // all voters but one start again, and that one does not reach them
		for _, name := range w.configs[w.config] {
			for _, other := range w.hosts {
				if other.name == name && other != h {
					w.cut[[2]int{h.index, other.index}] = true
					w.cut[[2]int{other.index, h.index}] = true
					w.kill(other)
					w.revive(other)
				}
			}
		}
	}
	w.load()
}

func (w *world) revive(h *host) {
	if h.process == nil {
		w.start(h)
	}
}

// divide cuts the network in two.
func (w *world) divide() {
	clear(w.cut)
	side := w.rng.Uint64()
	for i := range w.hosts {
		for j := range w.hosts {
			if side>>i&1 != side>>j&1 {
				w.cut[[2]int{i, j}] = true
			}
		}
	}
}

// replace starts a process with the name of one that goes on by itself, and that nobody hears.
func (w *world) replace(h *host) {
	for _, set := range w.configs {
		if len(set) == 1 && set[0] == h.name {
			return // the only voter is to be one process at a time: it asks nobody
		}
	}
	if old := h.process; old != nil {
		old.ghost = true
		w.start(h)
		w.after(30*time.Second, func() { old.ended = true })
	}
}

// leave ends a process as it ends by itself: it says that it leaves, goes on for a while, and gives
// back what it has.
func (w *world) leave(h *host) {
	p := h.process
	if p == nil {
		return
	}
	p.node.Leave(p.clock(w.now))
	w.flush(p)
	w.after(w.upTo(3*time.Second), func() {
		if p.ended || h.process != p {
			return
		}
		p.node.Release(p.clock(w.now))
		w.flush(p)
		w.kill(h)
		w.after(w.upTo(5*time.Second), func() { w.revive(h) })
	})
}

// rollOut begins to give all nodes a set with one voter more or less, if the last one has come to
// enough of them: a majority of no earlier set is left.
func (w *world) rollOut() {
	for i := range w.config {
		if w.stale(i)*2 > len(w.configs[i]) {
			return
		}
	}
	last := w.configs[w.config]
	next := slices.Clone(last)
	if len(last) > 1 && w.rng.IntN(2) == 0 {
		i := w.rng.IntN(len(last))
		next = slices.Delete(next, i, i+1)
	} else if len(last) < MaxVoters {
		h := w.hosts[w.rng.IntN(len(w.hosts))]
		if slices.Contains(last, h.name) {
			return
		}
		next = append(next, h.name)
	} else {
		return
	}
	w.configs = append(w.configs, next)
	w.config++
	now := w.config
	for _, h := range w.hosts {
		w.after(w.upTo(10*time.Second), func() {
			// Now and then one stays behind, for as long as it lives.
			if h.config < now && w.rng.IntN(8) > 0 {
				w.configure(h, now)
			}
		})
	}
}

// stale is how many voters of a set have that set yet.
func (w *world) stale(config int) (n int) {
	for _, h := range w.hosts {
		if h.config == config && slices.Contains(w.configs[config], h.name) {
			n++
		}
	}
	return n
}

// load has other nodes want something else: one of them most of it, all alike, or nothing.
func (w *world) load() {
	for i := range w.limits {
		total := []float64{0.3, 0.9, 1.5, 4}[w.rng.IntN(4)]
		hot := w.rng.IntN(len(w.hosts))
		even := w.rng.IntN(3) == 0
		for j, h := range w.hosts {
			part := 0.1 / float64(len(w.hosts)-1)
			if j == hot {
				part = 0.9
			}
			if even {
				part = 1 / float64(len(w.hosts))
			}
			h.demand[i] = uint32(min(total*part, 1) * Whole)
		}
	}
}

// simulate runs a fleet through trouble, and says what was wrong: "" is nothing.
func simulate(seed uint64, r rules, voters int, trouble time.Duration) (string, *world) {
	w := newWorld(seed, r, 7+int(seed%2), voters, 2)
	for _, h := range w.hosts {
		w.after(w.upTo(time.Second), func() { w.start(h) })
	}
	w.load()
	w.run(r.lease + r.extraAfter + 4*time.Second)
	w.trouble(trouble)
	return w.broken, w
}

// settles says what is wrong with how much of the limits is used, once all is well again.
func (w *world) settles() string {
	const underWay = 12 * time.Second // processes that stand still, or leave and come back
	w.run(underWay + w.rules.lease*2 + w.rules.extraAfter + 4*time.Second)
	if s := w.uses(5*time.Second, 0.85); s != "" {
		return "while the leader is new: " + s
	}
	w.run(w.rules.baseAfter)
	if s := w.uses(5*time.Second, 0.95); s != "" {
		return s
	}
	w.load()
	w.run(4 * time.Second)
	if s := w.uses(5*time.Second, 0.95); s != "" {
		return "after the load has moved: " + s
	}
	return w.broken
}

func (w *world) uses(d time.Duration, least float64) string {
	const looks = 50
	var passes, asked [8]float64
	for range looks {
		w.run(d / looks)
		for i := range w.limits {
			p, a := w.useful(i)
			passes[i], asked[i] = passes[i]+p, asked[i]+a
		}
	}
	for i := range w.limits {
		if passes[i] < least*asked[i] {
			return fmt.Sprintf("at %v %.3f of limit %d is used, and %.3f could be", w.now,
				passes[i]/looks, i, asked[i]/looks)
		}
	}
	return w.broken
}
