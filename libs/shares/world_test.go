package shares

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// world is a simulated fleet: processes with clocks of their own, and a network that loses, delays,
// doubles and reorders what they send. Everything follows from the seed.
type world struct {
	rng    *rand.Rand
	now    time.Duration // true time, which no process knows
	events events
	order  uint64
	rules  rules

	hosts   []*host
	limits  []ID
	configs [][]string // sets of voters, one after the other
	config  int        // the last one that is rolled out
	units   []uint32

	loss, twice, slow float64
	cut               map[[2]int]bool // from, to

	all      []*process // that ever were and may still act
	broken   string     // what was wrong first
	checks   int
	mostUsed uint64
}

// host is a name in the fleet, with the process that has it now.
type host struct {
	index   int
	name    string
	process *process // nil: down
	config  int
	demand  []uint32
}

// process is one life of a node.
type process struct {
	host   *host
	node   *Node
	began  time.Duration // true time
	offset time.Duration
	rate   float64
	paused time.Duration // until then it does nothing; its clock goes on
	ghost  bool          // another process has its name, and it hears nothing
	ended  bool
}

// clock is the process's own time.
func (p *process) clock(now time.Duration) time.Duration {
	return p.offset + time.Duration(float64(now-p.began)*p.rate)
}

type event struct {
	at    time.Duration
	order uint64
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = event{}
	*e = old[:len(old)-1]
	return last
}

func (w *world) after(d time.Duration, do func()) {
	w.order++
	heap.Push(&w.events, event{w.now + d, w.order, do})
}

// run lets true time pass.
func (w *world) run(d time.Duration) {
	end := w.now + d
	for len(w.events) > 0 && w.events[0].at <= end && w.broken == "" {
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
	}
	w.now = end
}

func newWorld(seed uint64, r rules, hosts, voters int, limits int) *world {
	w := &world{
		rng: rand.New(rand.NewPCG(seed, 77)), rules: r, cut: make(map[[2]int]bool), loss: 0.1,
	}
	for i := range hosts {
		w.hosts = append(w.hosts, &host{
			index: i, name: fmt.Sprintf("n%d", i), demand: make([]uint32, limits),
		})
	}
	for i := range limits {
		w.limits = append(w.limits, ID(Hash(fmt.Sprint("limit", i))))
		w.units = append(w.units, Whole/100)
	}
	var set []string
	for _, i := range w.rng.Perm(hosts)[:voters] {
		set = append(set, w.hosts[i].name)
	}
	w.configs = [][]string{set}
	return w
}

// start starts a process on a host, with the configuration that is rolled out to it.
func (w *world) start(h *host) {
	p := &process{
		host: h, began: w.now, offset: time.Duration(w.rng.Int64N(int64(time.Hour))),
		rate: 0.986 + 0.028*w.rng.Float64(),
	}
	switch w.rng.IntN(4) { // often the worst that is allowed
	case 0:
		p.rate = 0.986
	case 1:
		p.rate = 1.014
	}
	p.node = New(h.name, w.rng.Uint64(), w.rng.Uint64(), p.clock(w.now))
	p.node.rules = w.rules
	p.node.begin(p.clock(w.now))
	h.process = p
	w.all = append(w.all, p)
	w.configure(h, w.config)
	w.after(w.upTo(50*time.Millisecond), func() { w.tick(p) })
}

func (w *world) upTo(d time.Duration) time.Duration {
	return time.Duration(w.rng.Int64N(int64(d)) + 1)
}

// configure gives a process a set of voters.
func (w *world) configure(h *host, config int) {
	h.config = config
	if h.process == nil {
		return
	}
	var all []Voter
	for _, name := range w.configs[config] {
		all = append(all, Voter{ID: name, Node: name})
	}
	h.process.node.SetVoters(NewVoters(all, h.name))
	w.flush(h.process)
}

func (w *world) tick(p *process) {
	if p.ended {
		return
	}
	if p.paused > w.now {
		w.after(p.paused-w.now, func() { w.tick(p) })
		return
	}
	now := p.clock(w.now)
	for i, id := range w.limits {
		h := p.node.Holds(id)
		demand := p.host.demand[i]
		p.node.Want(now, id, demand, w.units[i], demand > h.At(now))
	}
	p.node.Tick(now)
	w.flush(p)
	w.after(50*time.Millisecond, func() { w.tick(p) })
}

// flush sends what a process has to send, after what has changed is in force.
func (w *world) flush(p *process) {
	if len(p.node.Changed()) > 0 {
		w.check()
	}
	for _, e := range p.node.Out() {
		w.send(p, e)
	}
}

func (w *world) send(from *process, e Envelope) {
	copies := 1
	if w.rng.Float64() < w.twice {
		copies = 2
	}
	for range copies {
		if w.rng.Float64() < w.loss || w.isCut(from.host, e.To) {
			continue
		}
		delay := time.Duration(200+w.rng.IntN(5000)) * time.Microsecond
		if w.rng.Float64() < w.slow {
			delay = w.upTo(8 * time.Second)
		}
		w.after(delay, func() { w.arrive(e) })
	}
}

// isCut says whether nothing goes from a host to another now. What is on its way arrives.
func (w *world) isCut(from *host, to string) bool {
	for _, h := range w.hosts {
		if h.name == to {
			return w.cut[[2]int{from.index, h.index}]
		}
	}
	return false
}

func (w *world) arrive(e Envelope) {
	for _, h := range w.hosts {
		p := h.process
		if h.name != e.To || p == nil {
			continue
		}
		if p.paused > w.now {
			w.after(p.paused-w.now, func() { w.arrive(e) })
			return
		}
		if err := p.node.Receive(p.clock(w.now), e.Body); err != nil {
			w.broken = err.Error()
		}
		w.flush(p)
	}
}

// used is what all processes act on at this moment of a limit.
func (w *world) used(id ID) (sum uint64) {
	for _, p := range w.all {
		h := p.node.Holds(id)
		sum += uint64(h.At(p.clock(w.now)))
	}
	return sum
}

// check says what is wrong where more than the whole is in use.
func (w *world) check() {
	w.checks++
	w.all = slices.DeleteFunc(w.all, func(p *process) bool { return p.ended })
	for _, id := range w.limits {
		sum := w.used(id)
		w.mostUsed = max(w.mostUsed, sum)
		if sum > Whole && w.broken == "" {
			w.broken = fmt.Sprintf("at %v nodes act on %.4f of a limit", w.now,
				float64(sum)/Whole)
		}
	}
}

// kill ends the process of a host without a word.
func (w *world) kill(h *host) {
	if h.process != nil {
		h.process.ended = true
		h.process = nil
	}
}

// useful is the part of what is asked for, or of the whole, that can pass.
func (w *world) useful(i int) (passes, asked float64) {
	for _, h := range w.hosts {
		if h.process == nil {
			continue
		}
		held := h.process.node.Holds(w.limits[i])
		share := held.At(h.process.clock(w.now))
		passes += float64(min(share, h.demand[i])) / Whole
		asked += float64(h.demand[i]) / Whole
	}
	return passes, min(asked, 1)
}
