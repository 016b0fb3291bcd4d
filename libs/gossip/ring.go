package gossip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gossip/wire"
)

// A Ring is this node's place among the others. Its methods may be called from any
// goroutine.
type Ring struct {
	options  Options
	pace     Pace
	name     string
	port     int                    // that it listens at; 0: a test's
	unplaced error                  // why it is not known where others reach this node; nil: it is
	address  atomic.Pointer[string] // host and port that others reach this node at; nil: not known

	network *network    // nil: a test's
	vacated atomic.Bool // another process has the place
	list    *memberlist.Memberlist
	keys    *wire.Keys // nil: not encrypted
	queue   *memberlist.TransmitLimitedQueue
	guard   *guard
	inbox   *inbox
	talk    *conversation
	members *members
	info    atomic.Pointer[Info]
	life    atomic.Uint64 // the incarnation of what this node says
	join    atomic.Pointer[[]string]
	veil    atomic.Pointer[config.Veil]
	counts  counts
	tell    rarely

	changing  sync.Mutex // held while a reload changes something
	informed  chan struct{}
	leaveOnce sync.Once
	leaving   chan struct{} // closed when this node is to leave

	mu    sync.Mutex
	state *state // guarded by mu

	// Of the goroutine that runs the ring.

	publisher *publisher
	fed       map[string]feeding
}

// feeding is what health was given of an observer last.
type feeding struct {
	heard   time.Time // what it was told of when it was heard
	changed bool      // something came in since then
	told    bool      // it was given something
	since   time.Time // when the first of it came in

	reminded time.Time // when it was last told of a life before
}

// rarely lets something through once a minute.
type rarely struct{ last atomic.Int64 }

func (r *rarely) allow(now time.Time) bool {
	last := r.last.Load()
	return (last == 0 || now.UnixNano()-last >= int64(sayAgain)) &&
		r.last.CompareAndSwap(last, now.UnixNano())
}

// New takes the address and begins to answer there. Nothing is said and nobody looked
// for before Run; a caller that does not come to Run calls Close.
//
// Where it is not known yet at which address others reach this node, since Options.Advertise is a
// name that nobody knows or the machine has no address so far, there is no error: Run goes on
// looking, and the node is alone until then.
func New(ctx context.Context, o Options) (*Ring, error) {
	r := &Ring{
		options: o, pace: DefaultPace(), inbox: newInbox(), members: newMembers(),
		talk: newConversation(), state: newState(),
		informed: make(chan struct{}, 1), leaving: make(chan struct{}),
		fed: make(map[string]feeding),
	}
	if o.Pace != nil {
		r.pace = *o.Pace
	}
	if err := o.Info.check(); err != nil {
		return nil, fmt.Errorf("gossip: %w", err)
	}
	r.info.Store(&o.Info)
	r.join.Store(&o.Join)
	r.veil.Store(o.Veil)
	r.counts.lag = newLag()
	var err error
	if len(o.Keys) > 0 {
		if r.keys, err = wire.NewKeys(o.Keys); err != nil {
			return nil, fmt.Errorf("gossip: %w", err)
		}
	}
	below := o.transport
	if below == nil {
		n, err := r.listen(ctx)
		if err != nil {
			return nil, err
		}
		below, r.network, r.port = n, n, int(n.at.Port())
	}
	r.guard = newGuard(below, r.keys, r.members, &r.counts, o.Log, r.pace.Stream)
	if err := r.enter(ctx); err != nil {
		_ = r.guard.Shutdown() // it has taken an address and done nothing yet
		return nil, fmt.Errorf("gossip: %w", err)
	}
	return r, nil
}

// listen takes the address.
func (r *Ring) listen(ctx context.Context) (*network, error) {
	at, err := one(ctx, r.options.Bind)
	if err != nil {
		return nil, fmt.Errorf("gossip.bind: %w", err)
	}
	if r.keys == nil && !at.Addr().IsLoopback() {
		return nil,
			errors.New("gossip: off loopback there has to be a key, or anybody could say " +
				"anything of any endpoint")
	}
	if b := r.options.Before; b != nil {
		n, err := b.inherit()
		if err != nil {
			return nil, fmt.Errorf("gossip: %w", err)
		}
		n.begin(newLogger(r.options.Log))
		return n, nil
	}
	n, err := listen(at, newLogger(r.options.Log))
	if err != nil {
		return nil,
			fmt.Errorf("gossip: %w; each process needs an address of its own, free for TCP and UDP",
				err)
	}
	return n, nil
}

// enter makes this node a ring of one, unless it is not known yet where others reach it.
func (r *Ring) enter(ctx context.Context) error {
	c := r.pace.configure()
	c.Logger = newLogger(r.options.Log) // and no keyring: the guard encrypts
	if r.keys != nil {
		c.UDPBufferSize -= wire.Overhead
	}
	d := delegate{r}
	c.Delegate, c.Events, c.Alive, c.Conflict, c.Ping = d, d, d, d, d
	c.Transport = r.guard
	address, err := r.place(ctx, c)
	switch r.unplaced = err; {
	case err == nil:
		r.address.Store(&address)
	case !passing(err):
		return err
	}
	if r.name == "" {
		if err := r.call(cmp.Or(address, r.options.Advertise)); err != nil {
			return err
		}
	}
	if r.unplaced != nil {
		return nil
	}
	c.Name = r.name
	r.list, err = memberlist.Create(c)
	return err
}

// call gives the node its name, which it keeps.
func (r *Ring) call(address string) error {
	o := &r.options
	if r.name = o.Name; r.name == "" && o.Before != nil {
		r.name = o.Before.Name
	}
	if r.name == "" {
		if r.name = o.Info.Role + "@" + address; o.Shown != "" || address == "" {
			r.name = fmt.Sprintf("%s@%08x", o.Info.Role, rand.Uint32())
		}
	}
	if !validName(r.name) {
		return fmt.Errorf("%q is no name for a node: it takes 1 to %d bytes of text", r.name,
			maxName)
	}
	r.queue = r.newQueue()
	// The clock makes the incarnation likely to be higher than those of earlier lives. Where
	// it is not, the other nodes answer with the higher number, and this node takes one more.
	incarnation := o.incarnation
	if incarnation == 0 {
		incarnation = uint64(max(time.Now().Unix(), 1))
	}
	if b := o.Before; b != nil {
		incarnation = max(incarnation, b.Life+1)
	}
	r.publisher = newPublisher(r.name, incarnation, &r.pace, rand.Float64)
	r.life.Store(incarnation)
	return nil
}

// Name is this node's name in the ring.
func (r *Ring) Name() string { return r.name }

// Address is the host and port at which others reach this node. It is Options.Advertise while it is
// not known where that is.
func (r *Ring) Address() string {
	if a := r.address.Load(); a != nil {
		return *a
	}
	return r.options.Advertise
}

// Shown is that address, or what stands for it where it is a secret.
func (r *Ring) Shown() string { return cmp.Or(r.options.Shown, r.Address()) }

// Hide says which addresses are secrets from now on.
func (r *Ring) Hide(v *config.Veil) { r.veil.Store(v) }

// Members returns who is in the ring, this node included, by name. Addresses are as they may be
// shown.
func (r *Ring) Members() []Member {
	all, veil := r.members.all(), r.veil.Load()
	for i := range all {
		if m := &all[i]; m.Name == r.name {
			m.Address = cmp.Or(r.options.Shown, m.Address)
		} else {
			m.Address = veil.Text(m.Address)
		}
	}
	return all
}

// Reports returns what each node has said, by the order in which each said it.
func (r *Ring) Reports() (all []Report) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.state.observers {
		all = append(all, r.state.reports(name, now)...)
	}
	slices.SortStableFunc(all, func(a, b Report) int {
		return about{a.Observer, ""}.compare(about{b.Observer, ""})
	})
	return all
}

// Set changes what may change while the ring runs: whom to look for, the keys, and what
// this node says of itself. Without an error all of it has changed, else nothing.
func (r *Ring) Set(join []string, keys [][]byte, info Info) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	if err := info.check(); err != nil {
		return fmt.Errorf("gossip: %w", err)
	}
	if (r.keys == nil) != (len(keys) == 0) {
		return errors.New("gossip: encryption can only be turned on or off by a restart")
	}
	if r.keys != nil {
		if err := r.keys.Set(keys); err != nil {
			return fmt.Errorf("gossip: %w", err)
		}
	}
	r.join.Store(&join)
	if *r.info.Load() != info {
		r.info.Store(&info)
		r.tellInfo()
	}
	return nil
}

// tellInfo begins to tell the others what this node says of itself now.
func (r *Ring) tellInfo() {
	select {
	case r.informed <- struct{}{}:
	default:
	}
}

// Run looks for the other nodes, tells them what this one sees and health what they say,
// until ctx ends. Then it leaves, if it has not yet or Vacate was called, and gives the address
// back.
func (r *Ring) Run(ctx context.Context) error {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(ctx, r.Leave)()
	if !r.settle(ctx) {
		<-ctx.Done()
		return r.Close()
	}
	var group sync.WaitGroup
	group.Go(func() { r.rejoin(inner) })
	group.Go(func() { r.inform(inner) })
	group.Go(func() { r.converse(inner) })
	r.work(ctx)
	stop()
	if !r.vacated.Load() {
		r.sayGoodbye()
	}
	<-ctx.Done()             // until then it helps to spread what it has said
	err := r.list.Shutdown() // ends the connections that rejoin waits for
	group.Wait()
	return err
}

// Close gives the address back where there was no Run.
func (r *Ring) Close() error {
	if r.list == nil {
		return r.guard.Shutdown()
	}
	return r.list.Shutdown()
}

// Leave begins to leave: the others will know that this node did not die. From then on it
// says and hears nothing more; Run goes on until its context ends.
func (r *Ring) Leave() { r.leaveOnce.Do(func() { close(r.leaving) }) }

// work says and hears until ctx ends or the node is to leave.
func (r *Ring) work(ctx context.Context) {
	tick := time.NewTicker(r.pace.Tick)
	defer tick.Stop()
	r.publish(time.Now())
	ready := r.inbox.ready
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.leaving:
			return
		case <-ready:
			// What comes so fast that it takes all the time is merged by the tick only.
			if r.receive(time.Now()) {
				ready = nil
			}
			r.feed(time.Now())
		case <-tick.C:
			now := time.Now()
			ready = r.inbox.ready
			if r.receive(now) {
				ready = nil
			}
			r.publish(now)
			r.feed(now)
			r.forget(now)
		}
	}
}

// inform tells the others when this node has something else to say of itself.
func (r *Ring) inform(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.informed:
			if err := r.list.UpdateNode(r.pace.Leave); err != nil {
				// An exchange of states will tell them.
				r.log().WithError(err).Debug("telling the others what this node is")
			}
		}
	}
}

// sayGoodbye leaves the ring. It needs the goroutine of Run.
func (r *Ring) sayGoodbye() {
	if r.members.count() > 1 {
		r.say([]Report{r.publisher.leave(time.Now())}, time.Now())
	}
	r.members.leaves(r.name)
	if err := r.list.Leave(r.pace.Leave); err != nil {
		r.log().WithError(err).Debug("leaving")
	}
}

func (r *Ring) log() *logrus.Entry { return r.options.Log.WithField("part", "gossip") }
