package configserver

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// Options are what a Server is made of. Store and Name are needed.
type Options struct {
	Store     configstore.Store // the caller closes it, after Run
	Name      string            // of this replica; no other has it
	Version   string
	Commit    string           // that the program was built from
	Log       *logrus.Logger   // nil logs nothing
	Lost      func() uint64    // how many lines of the log were lost; nil: nobody counts
	Now       func() time.Time // nil: time.Now
	Settings  rollout.Settings
	Bake      time.Duration // of a step that names none
	Heartbeat time.Duration // how often nodes send one
	// Secured says that clients come with certificates, which say who they are. Otherwise everybody
	// may do everything.
	Secured bool
	// Fleet is the name that signatures have to be for.
	Fleet string
	// Signers, when there are any, are the keys of whom a configuration has to be signed by.
	Signers []ed25519.PublicKey
	// Forget is how long a node that is gone is still shown.
	Forget time.Duration
	// Entrance is what bounds clients, for metrics to tell of; nil: nothing does.
	Entrance *Entrance
}

// Server is one replica of config-sync. Register it with a gRPC server, and Run it.
type Server struct {
	configpb.UnimplementedConfigSyncServer
	options Options
	store   configstore.Store
	log     *logrus.Logger
	now     func() time.Time

	appending sync.Mutex // held from the look at the journal's end to the append after it
	applied   uint64     // guarded by appending; entries of the journal that the machine knows
	looked    uint64     // the follower's; applied when snapshots were last looked at
	lookedAt  time.Time  // the follower's; when that was

	mu       sync.Mutex
	machine  *rollout.Machine     // guarded by mu
	streams  map[string]*stream   // guarded by mu; of nodes that are connected here
	owners   map[string]string    // guarded by mu; which replica a node is at
	posted   map[string]uint64    // guarded by mu; the last sequence of each post that was counted
	sights   map[string]*sighting // guarded by mu; what is to be posted of nodes here
	assigned chan struct{}        // guarded by mu; closed when assignments may have changed
	version  uint64               // guarded by mu; grows with everything that Status shows
	// guarded by mu; something was seen that the machine has not decided on
	dirty     bool
	leads     bool                 // guarded by mu
	loaded    bool                 // guarded by mu; the journal was read
	checked   bool                 // guarded by mu; so was what nodes may be given
	trouble   error                // guarded by mu; of the store, as reading it went last
	unwritten error                // guarded by mu; why the last append failed; nil: it did not
	since     time.Time            // guarded by mu; of unwritten
	messages  map[string]*messages // guarded by mu; of assignments, by digest
	counts    counts               // guarded by mu
	checks    checker              // of configurations that are published
	paces     map[string]*pace     // guarded by mu; of streams that nodes begin
	lives     context.Context      // ends with Run
	end       context.CancelFunc
}

// counts are what metrics tell.
type counts struct {
	published, refused, records, returns uint64
	acks, nacks                          uint64
}

// New returns a server that knows nothing until Run has read the journal.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = logrus.New()
		o.Log.SetOutput(io.Discard)
	}
	if o.Settings == (rollout.Settings{}) {
		o.Settings = rollout.DefaultSettings()
	}
	if o.Bake == 0 {
		o.Bake = 30 * time.Second
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = time.Second
	}
	if o.Forget == 0 {
		o.Forget = time.Hour
	}
	s := &Server{
		options: o, store: o.Store, log: o.Log, now: o.Now,
		machine: rollout.New(o.Settings, rollout.State{}, o.Now()),
		streams: map[string]*stream{}, owners: map[string]string{}, posted: map[string]uint64{},
		sights:   map[string]*sighting{},
		assigned: make(chan struct{}), messages: map[string]*messages{},
	}
	s.checks, s.paces = newChecker(), map[string]*pace{}
	s.lives, s.end = context.WithCancel(context.Background())
	return s
}

// Register makes the server answer on a gRPC server.
func (s *Server) Register(to grpc.ServiceRegistrar) { configpb.RegisterConfigSyncServer(to, s) }

// How often the loops look. What happens meanwhile waits that long and no longer.
const (
	// a look at a thousand nodes in a rollout takes up to 40 ms
	decideEvery = 200 * time.Millisecond
	syncEvery   = 2 * time.Second // though nothing was told: a watch may be deaf
	postEvery   = time.Second
	idleLooks   = 2 // a quiet machine is asked once in so many looks
)

// Run reads the journal and drives rollouts until ctx ends. It fails when the journal is damaged,
// or when the store says that only a restart helps.
func (s *Server) Run(ctx context.Context) error {
	defer s.end()
	for {
		err := s.catchUp(ctx)
		if err == nil {
			break
		}
		if errors.Is(err, configstore.ErrDamaged) || errors.Is(err, errJournal) {
			return err
		}
		s.met(err)
		if !pause(ctx, time.Second) {
			return nil
		}
	}
	s.met(s.lacks(ctx))
	s.mu.Lock()
	s.checked = true
	s.mu.Unlock()
	s.tellLost(ctx)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	group.Go(func() { s.follow(ctx, cancel) })
	group.Go(func() { s.post(ctx) })
	group.Go(func() { _ = s.store.Lead(ctx, s.options.Name, s.drive) })
	group.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// met notes whether the store works, and logs it when that changes.
func (s *Server) met(err error) {
	s.mu.Lock()
	before := s.trouble
	s.trouble = err
	s.mu.Unlock()
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		s.log.WithError(err).Error("the store can't be used")
	case err == nil && before != nil:
		s.log.Info("the store can be used again")
	}
}

// staleTrouble is how long a failed append counts when nothing is appended after it.
const staleTrouble = 10 * time.Second

// wrote notes how an append went. Reading may work all the while, as on a full disk.
func (s *Server) wrote(ctx context.Context, err error) {
	if err != nil && ctx.Err() != nil {
		return // the caller has gone
	}
	s.mu.Lock()
	before := s.unwritten
	s.unwritten, s.since = err, s.now()
	s.mu.Unlock()
	switch {
	case err != nil && before == nil:
		s.log.WithError(err).
			Error("the journal can't be written: nothing can be published, and no rollout goes on")
	case err == nil && before != nil:
		s.log.Info("the journal can be written again")
	}
}

// follow learns what others append and post.
func (s *Server) follow(ctx context.Context, fail context.CancelCauseFunc) {
	for ctx.Err() == nil {
		changed := s.store.Changed()
		s.forget()
		err := s.catchUp(ctx)
		if err == nil {
			err = s.readPosts(ctx)
		}
		damaged := errors.Is(err, configstore.ErrDamaged) || errors.Is(err, errJournal)
		if damaged && !errors.Is(err, configstore.ErrWentBack) {
			fail(err)
			return
		}
		if ctx.Err() == nil {
			if err == nil {
				err = s.store.Trouble()
			}
			if err == nil {
				err = s.lacks(ctx)
			}
			s.met(err)
		}
		if !pause(ctx, decideEvery) { // a burst of changes is read once
			return
		}
		wait := time.NewTimer(syncEvery)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-wait.C:
		}
		wait.Stop()
	}
}

// forget drops what is known of nodes that are gone since long.
func (s *Server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.machine.Forget(s.now(), s.options.Forget)
	now := s.now()
	maps.DeleteFunc(s.paces, func(_ string, p *pace) bool { return p.rested(now) })
	for name := range s.owners {
		if s.machine.Node(name) == nil {
			delete(s.owners, name)
			delete(s.sights, name)
		}
	}
}

// drive asks the machine for decisions for as long as this replica leads.
func (s *Server) drive(ctx context.Context) {
	s.setLeads(true)
	defer s.setLeads(false)
	ticker := time.NewTicker(decideEvery)
	defer ticker.Stop()
	for looks := 0; ; looks++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s.mu.Lock()
		look := s.dirty || looks%idleLooks == 0
		s.dirty = false
		s.mu.Unlock()
		for more := look; more && ctx.Err() == nil; {
			var err error
			// First without the store: mostly there is nothing to decide.
			s.mu.Lock()
			_, more = s.machine.Decide(s.now())
			s.mu.Unlock()
			if !more {
				break
			}
			_, more, err = s.append(ctx, func(m *rollout.Machine) (rollout.Record, bool, error) {
				r, ok := m.Decide(s.now())
				return r, ok, nil
			})
			if err != nil {
				pause(ctx, time.Second) // it is said already
				break
			}
		}
	}
}

func (s *Server) setLeads(leads bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leads, s.dirty = leads, true
	s.changedLocked()
}

// Ready says why requests can't be served now; nil when they can.
func (s *Server) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.lives.Err() != nil:
		return errors.New("it is stopping")
	case !s.checked && s.trouble == nil:
		return errors.New("the journal is not read yet")
	case s.unwritten != nil && s.now().Sub(s.since) < staleTrouble:
		return s.unwritten
	}
	return s.trouble
}
