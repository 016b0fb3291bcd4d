package quota

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy/ratelimit"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
	"github.com/gatewayhomebrew/gateway/libs/shares"
)

// Network is what carries messages between nodes: a gossip.Ring.
type Network interface {
	// Name is this node's, by which others reach it.
	Name() string
	// Send sends a message to a node, which may get lost. It does not wait.
	Send(name string, body []byte)
	// NodeAt is the name of the node at an address; "" for none.
	NodeAt(address string) string
}

// Runner takes part in dividing limits for one node. Its methods may be called from any goroutine.
type Runner struct {
	log      *logrus.Logger
	state    *ratelimit.State
	in       chan []byte
	voters   atomic.Pointer[[]config.FleetVoter]
	electors atomic.Pointer[electors]
	changed  chan struct{} // has something when the voters are others

	dropped, malformed, heard atomic.Uint64
	status                    atomic.Pointer[Status]

	// Of the goroutine that runs it.

	net   Network
	node  *shares.Node
	uses  map[shares.ID]*use
	told  teller
	began time.Duration
}

// waiting is how many messages wait to be read; more are dropped.
const waiting = 512

// every is how often the node does what is due.
const every = 50 * time.Millisecond

// New returns a Runner for a node whose rate limits are those of a State; it may have none. Nothing
// is said and nothing given before Run.
func New(log *logrus.Logger, state *ratelimit.State) *Runner {
	r := &Runner{
		log: log, state: state, in: make(chan []byte, waiting), changed: make(chan struct{}, 1),
		uses: make(map[shares.ID]*use),
	}
	r.voters.Store(new([]config.FleetVoter))
	r.status.Store(&Status{})
	return r
}

// Take takes a message of another node, which it keeps. It never waits.
func (r *Runner) Take(body []byte) {
	select {
	case r.in <- body:
	default: // it is said again
		r.dropped.Add(1)
	}
}

// SetVoters says who elects the leader from now on.
func (r *Runner) SetVoters(voters []config.FleetVoter) {
	r.voters.Store(&voters)
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// Run takes part until ctx ends, and then gives back what the node holds. When leaving ends, which
// is before that, it says that it is about to: requests go on.
func (r *Runner) Run(ctx, leaving context.Context, n Network) error {
	var group sync.WaitGroup
	inner, stop := context.WithCancel(ctx)
	defer group.Wait()
	defer stop()
	group.Go(func() { r.follow(inner) })
	r.net, r.began = n, r.state.Now()
	r.node = shares.New(n.Name(), rand.Uint64(), rand.Uint64(), r.began)
	tick := time.NewTicker(every)
	defer tick.Stop()
	ends := leaving.Done()
	for {
		select {
		case <-ctx.Done():
			r.node.Release(r.state.Now())
			for range 3 { // two of them may get lost
				r.flush()
				r.node.Release(r.state.Now())
			}
			return nil
		case <-ends:
			r.node.Leave(r.state.Now())
			ends = nil
		case b := <-r.in:
			r.heard.Add(1)
			if err := r.node.Receive(r.state.Now(), b); err != nil {
				r.malformed.Add(1)
			}
		case <-tick.C:
			r.work(r.state.Now())
		}
		r.flush()
	}
}

// work does what is due.
func (r *Runner) work(now time.Duration) {
	if e := r.electors.Load(); e != nil {
		r.node.SetVoters(e.of(r.net))
	}
	seen := make(map[shares.ID]bool)
	waits := false
	for _, u := range r.state.Uses() {
		seen[u.ID] = true
		one := r.uses[u.ID]
		if one == nil || one.shared != u.Shared {
			if one != nil {
				r.drop(now, u.ID, one)
			}
			one = &use{
				shared: u.Shared, limit: u.Limit, passed: u.Passed, refused: u.Refused, when: now,
			}
			r.uses[u.ID] = one
		}
		if one.limit != u.Limit {
			one.limit = u.Limit
			r.put(now, u.ID, one)
		}
		short := one.look(now, u.Passed, u.Refused)
		r.node.Want(now, u.ID, one.wants(), uint32(one.limit.Least()), short)
		waits = waits || u.Share == 0
	}
	for id, one := range r.uses {
		if !seen[id] {
			r.drop(now, id, one)
		}
	}
	r.node.Tick(now)
	r.tell(now, waits)
}

// drop ends the share of a limit that the plan in force does not have.
func (r *Runner) drop(now time.Duration, id shares.ID, one *use) {
	one.shared.SetShares(now)
	r.node.Drop(id)
	delete(r.uses, id)
}

// flush puts in force what has changed, and then sends what is to be sent: others may count on it.
func (r *Runner) flush() {
	now := r.state.Now()
	for _, id := range r.node.Changed() {
		if one := r.uses[id]; one != nil {
			r.put(now, id, one)
		}
	}
	for _, e := range r.node.Out() {
		r.net.Send(e.To, e.Body)
	}
}

// put puts what the node holds of a limit in force.
func (r *Runner) put(now time.Duration, id shares.ID, one *use) {
	h := r.node.Holds(id)
	one.shared.SetShares(now,
		limits.Lease{Share: int64(h.Base + h.Extra), Until: min(h.ExtraUntil, h.BaseUntil)},
		limits.Lease{Share: int64(h.Base), Until: h.BaseUntil})
}
