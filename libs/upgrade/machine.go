package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/handover"
)

// MostOld is how many old processes may drain at a time. Each holds memory, and connections to
// endpoints.
const MostOld = 4

// Now is what an Owner is at the start of an upgrade.
type Now struct {
	Generation int
	Digest     string        // of the document in force
	Old        int           // processes that drain still
	Binary     string        // to start; "" is the one that this process was started by
	Timeout    time.Duration // from the start of the heir until it is ready
	Trial      time.Duration // of the heir
	Drain      time.Duration // how long an heir that failed may take to end
}

// A Will is what is handed over: something that can be written as JSON, and open files, which the
// machine closes.
type Will struct {
	Body  any
	Files []*os.File
}

// An Owner is the process whose place another one is to take. Its methods are called by one
// goroutine.
type Owner interface {
	// Hold keeps the configuration as it is until release is called. An error of type *Refusal says
	// why there can be no upgrade now.
	Hold(ctx context.Context) (release func(), err error)
	Now() Now
	// Offer is what the heir needs to make the same plan on the same sockets.
	Offer() (Will, error)
	// Same says whether what the heir has made is the document in force.
	Same(r Ready) bool
	// Leave lets go of what only one process may have, and returns it for the heir. receipts are
	// those of all upgrades, this one included.
	Leave(receipts []admin.Upgrade) (Will, error)
	// Return takes up again what Leave let go of.
	Return()
	// Left says that the heir has all of it: the process is to end when its clients have.
	Left(heir *handover.Successor)
}

// Options are what a Machine is made of.
type Options struct {
	Log     *logrus.Logger
	Version string
	Process handover.Process
	// Life ends when the process is to stop, which ends an upgrade.
	Life  context.Context
	Owner Owner
	// Count counts what became of an upgrade.
	Count func(result, reason string)
}

// A Machine upgrades the process it is in. Its methods may be called from any goroutine; one
// upgrade runs at a time.
type Machine struct {
	Options
	history History

	mu      sync.Mutex
	running bool          // guarded by mu
	over    bool          // guarded by mu; the place is another process's
	idle    chan struct{} // guarded by mu; closed while none runs
}

// New makes a machine.
func New(o Options) *Machine {
	m := &Machine{Options: o, idle: make(chan struct{})}
	close(m.idle)
	return m
}

// History is what became of the last upgrades.
func (m *Machine) History() *History { return &m.history }

// A Refusal is why no upgrade can begin.
type Refusal struct {
	Reason admin.Reason
	Why    string
}

// Error says why.
func (r *Refusal) Error() string { return r.Why }

// Upgrade starts another binary in the place of this one, and returns when that is decided.
func (m *Machine) Upgrade(ctx context.Context, trigger admin.Trigger) admin.Upgrade {
	now := m.Owner.Now()
	a := &attempt{machine: m, now: now, began: time.Now()}
	a.receipt = admin.Upgrade{
		Time: a.began.UTC(), Trigger: trigger, Binary: now.Binary, OldVersion: m.Version,
		OldPID: os.Getpid(), Generation: now.Generation, Digest: now.Digest,
	}
	if a.receipt.Binary == "" {
		a.receipt.Binary = m.Process.Path
	}
	if err := m.begin(); err != nil {
		return a.refuse(err)
	}
	defer m.end()
	if err := m.allowed(now); err != nil {
		return a.refuse(err)
	}
	release, err := m.Owner.Hold(ctx)
	if err != nil {
		return a.refuse(err)
	}
	defer release()
	a.now = m.Owner.Now() // a reload that was waited for may have changed it
	a.receipt.Digest = a.now.Digest
	return a.run()
}

// begin takes the machine for one upgrade.
func (m *Machine) begin() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.over || m.Life.Err() != nil:
		return &Refusal{admin.ReasonDraining, "this process drains, and another one has its " +
			"place or none is to have it"}
	case m.running:
		return &Refusal{admin.ReasonBusy, "an upgrade is under way; wait for its end"}
	}
	m.running, m.idle = true, make(chan struct{})
	return nil
}

func (m *Machine) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = false
	close(m.idle)
}

// Wait waits until no upgrade runs.
func (m *Machine) Wait() {
	m.mu.Lock()
	idle := m.idle
	m.mu.Unlock()
	<-idle
}

// allowed says why this process can't be upgraded, whatever the binary.
func (m *Machine) allowed(now Now) error {
	switch {
	case !handover.Supported:
		return &Refusal{admin.ReasonPlatform, "this system can't hand open sockets to another " +
			"process; stop the gateway and start the new binary"}
	case os.Getpid() == 1:
		return &Refusal{admin.ReasonContainer, "this is process 1 of a container, whose end " +
			"would be the container's; start a new pod or container with the new image, and let " +
			"this one drain"}
	case now.Old >= MostOld:
		return &Refusal{admin.ReasonCrowded, fmt.Sprintf("%d processes of earlier upgrades still "+
			"drain, and more than %d would take too much memory; wait until one has ended, at the "+
			"latest after drain.timeout", now.Old, MostOld)}
	}
	return nil
}

// refuse ends an upgrade that nothing was started for.
func (a *attempt) refuse(err error) admin.Upgrade {
	a.receipt.Reason = admin.ReasonBinary
	var r *Refusal
	if errors.As(err, &r) {
		a.receipt.Reason = r.Reason
	}
	a.receipt.Message = err.Error()
	return a.finish(admin.Refused)
}
