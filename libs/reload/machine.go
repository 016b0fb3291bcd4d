package reload

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// A Generation is a configuration that is, or was, in force.
type Generation struct {
	Source config.Source
	Plan   *plan.Plan
}

// A Change is one generation on its way to take the place of another.
type Change struct {
	Before, After Generation
	// Receipt is what will be told of the change. Apply adds what it means for those connected,
	// and what takes a restart.
	Receipt *admin.Receipt

	began time.Time
}

// Swapped notes that the new generation is in force: what is left to do is bookkeeping, whose time
// is not counted.
func (c *Change) Swapped() { c.Receipt.DurationMS = time.Since(c.began).Seconds() * 1000 }

// Options are what a Machine is made of. Count and Counts may be nil.
type Options struct {
	// Subject is what is reloaded, for messages: "the gateway".
	Subject string
	// BuiltIn is what is in force where there is no file, for messages: "the built-in demo".
	BuiltIn string
	Log     *logrus.Logger
	// Began, unless it is nil, is told when a reload or a rollback begins; what it returns is told
	// how that ended.
	Began func() func(admin.Receipt)
	// Load reads the configuration, with what is published in its place unless that is nil.
	Load func(*config.Published) (config.Source, error)
	// Apply puts a generation in force, or leaves everything as it was and returns an error, which
	// Refuse has given a reason. It returns what is left to do when the machine knows of the
	// change.
	Apply func(context.Context, *Change) (settle func(), err error)
	// Count counts what became of a reload.
	Count func(result, reason string)
	// Counts returns the counters of the generation in force. Without it there are no trials.
	Counts func() Counters
	// Up is closed when a reload may change what serves; nil: at once.
	Up <-chan struct{}
}

// A Machine puts one generation in the place of another. One reload runs at a time; a caller
// that asks meanwhile waits and gets one of its own. While the files of one are read, which takes
// as long as their file system likes, the generation in force can be rolled back from, and the
// process can end.
type Machine struct {
	Options

	turn chan struct{} // holds one while a reload runs, from the reading of its files on
	over chan struct{} // closed when no reload is to be waited for any more

	beside  beside
	running sync.Mutex // held while a generation is put in force
	trial   *trial     // guarded by running; nil when no generation is on trial
	samples samples    // guarded by running
	// rejected is the digest that was last rolled back from, until another is put in
	// force: finding it in the file again is no news. Guarded by running.
	rejected string

	held     atomic.Bool // by Hold
	history  admin.History
	embedded bool          // the first generation was what is built in
	begun    chan struct{} // closed when reloads can run, or never will

	mu      sync.Mutex
	current Generation // guarded by mu
	// published is what config-sync gave, which every reload reads the files together
	// with; guarded by mu; nil: nothing, or the node's own file is to be in force.
	published *config.Published
	previous  *Generation     // guarded by mu; what a rollback returns to
	ctx       context.Context // guarded by mu; nil unless reloads can run
}

// New makes a machine that begins with a generation, which is in force already. Where that has
// warnings the history begins with them.
func New(o Options, first Generation) *Machine {
	if o.Up == nil {
		up := make(chan struct{})
		close(up)
		o.Up = up
	}
	m := &Machine{
		Options: o, current: first, published: first.Source.Published,
		embedded: first.Source.Embedded(), begun: make(chan struct{}),
		turn: make(chan struct{}, 1), over: make(chan struct{}),
	}
	if doc := first.Source.Document; doc != nil && len(doc.Warnings()) > 0 {
		m.history.Add(admin.Receipt{
			Time: time.Now().UTC(), Trigger: admin.ByStart, Result: admin.Applied,
			Reason: admin.ReasonOK, NewDigest: first.Plan.Digest, Problems: doc.Warnings(),
			Message: "the start found parts that can't be used; it went on without them",
		})
	}
	return m
}

// Now is the generation in force.
func (m *Machine) Now() Generation {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current
}

// Document is the one in force.
func (m *Machine) Document() *config.Document { return m.Now().Source.Document }

// History is what became of the last reloads.
func (m *Machine) History() *admin.History { return &m.history }

// now is the generation in force, and what config-sync gave.
func (m *Machine) now() (Generation, *config.Published) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current, m.published
}

// AwaitStart lets those wait who ask while the start goes on: the admin API is
// there a moment earlier.
func (m *Machine) AwaitStart(ctx context.Context) {
	select {
	case <-m.begun:
	case <-ctx.Done():
	}
}

// open reports whether reloads can run: from the start to the drain.
func (m *Machine) open() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ctx != nil && m.ctx.Err() == nil
}
