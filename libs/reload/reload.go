package reload

import (
	"context"
	"errors"
	"fmt"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/filewatch"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// Reload reads the configuration again and puts it in force, if it can be.
func (m *Machine) Reload(ctx context.Context, trigger admin.Trigger) (receipt admin.Receipt) {
	m.AwaitStart(ctx)
	if !m.take(ctx) {
		return m.begin(trigger).draining()
	}
	defer m.free()
	defer m.tells(&receipt)()
	for {
		_, published := m.now()
		a := m.begin(trigger)
		r := m.read(ctx, published)
		m.running.Lock()
		if _, now := m.now(); now == published || r.err != nil {
			m.beside.do(func() { receipt = m.reloadLocked(ctx, a, r) })
			m.running.Unlock()
			return receipt
		}
		m.running.Unlock() // rolled back meanwhile, to other nodes' configuration or away from it
	}
}

// take waits for the caller's turn to reload, and says whether it has come.
func (m *Machine) take(ctx context.Context) bool {
	select {
	case m.turn <- struct{}{}:
		return true
	case <-ctx.Done():
	case <-m.over:
	}
	return false
}

// tells tells of an attempt that begins, and returns what tells of its end.
func (m *Machine) tells(receipt *admin.Receipt) func() {
	if m.Began == nil {
		return func() {}
	}
	over := m.Began()
	return func() { over(*receipt) }
}

func (m *Machine) free() { <-m.turn }

// A reading is what became of the files.
type reading struct {
	Generation
	reason admin.Reason // why err
	err    error
}

// read reads the files and builds a plan of what they say. It does not wait for either longer than
// the caller or the process goes on: what is being read is on its own then.
func (m *Machine) read(ctx context.Context, published *config.Published) reading {
	done := make(chan reading, 1)
	if ctx.Err() != nil || !m.open() {
		return reading{reason: admin.ReasonDraining, err: m.drains()}
	}
	go m.beside.do(func() { done <- m.readAll(ctx, published) })
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
	case <-m.over:
	}
	return reading{reason: admin.ReasonDraining, err: m.drains()}
}

func (m *Machine) readAll(ctx context.Context, published *config.Published) (r reading) {
	filewatch.Finished(ctx, m.files())
	source, err := m.Load(published)
	if err != nil {
		return reading{reason: reasonOf(err, admin.ReasonInvalid), err: err}
	}
	if source.Embedded() && !m.embedded {
		return reading{reason: admin.ReasonRead, err: fmt.Errorf(
			"the configuration file is gone, and %s takes its place only at the start", m.BuiltIn)}
	}
	p, err := plan.BuildAfter(m.Now().Plan, source.Document)
	if err != nil {
		if ps := source.Document.Warnings(); len(ps) > 0 {
			return reading{reason: admin.ReasonInvalid, err: ps}
		}
		return reading{reason: admin.ReasonBuild, err: err}
	}
	return reading{Generation: Generation{source, p}}
}

func (m *Machine) drains() error { return fmt.Errorf("%s is draining", m.Subject) }

// draining ends an attempt that comes too late.
func (a *attempt) draining() admin.Receipt {
	return a.refuse(admin.ReasonDraining, a.machine.drains())
}

// reloadLocked needs running held.
func (m *Machine) reloadLocked(ctx context.Context, a *attempt, r reading) admin.Receipt {
	a.replaces(m.Now()) // by now
	if ctx.Err() != nil || !m.open() {
		return a.draining()
	}
	if r.err != nil {
		return a.refuse(r.reason, r.err)
	}
	source, p, trigger := r.Source, r.Plan, a.receipt.Trigger
	if trigger == admin.BySync && p.LeavesOut() {
		// The publisher can mend it, and the node goes on as it is.
		return a.refuse(admin.ReasonInvalid, source.Document.Warnings())
	}
	a.receipt.Problems = source.Document.Warnings()
	a.receipt.NewDigest = p.Digest
	switch {
	case r.Generation.same(a.before):
		level := logrus.InfoLevel // somebody asked
		if trigger == admin.ByFile {
			level = logrus.DebugLevel
		}
		return a.unchanged("the configuration is the one in force", level)
	case trigger == admin.ByFile && p.Digest == m.rejected:
		return a.unchanged("this configuration was rolled back from; "+
			"ask for a reload (SIGHUP, POST /reload) to try it again", logrus.WarnLevel)
	}
	receipt := a.apply(ctx, Generation{source, p}, admin.Applied)
	if receipt.Result == admin.Applied {
		m.rejected = "" // it is not what the file has any more, or somebody insists
	}
	return receipt
}

// Rollback returns to the generation before the one in force, because somebody asks for it.
func (m *Machine) Rollback(ctx context.Context, trigger admin.Trigger) (receipt admin.Receipt) {
	m.AwaitStart(ctx)
	m.running.Lock()
	defer m.running.Unlock()
	m.beside.do(func() { receipt = m.rollbackLocked(ctx, trigger, "") })
	return receipt
}

// rollbackLocked needs running held. failing says why a trial asks for it; "" when a person does.
func (m *Machine) rollbackLocked(
	ctx context.Context, trigger admin.Trigger, failing string,
) admin.Receipt {
	a := m.begin(trigger)
	if ctx.Err() != nil || !m.open() {
		return a.draining()
	}
	m.mu.Lock()
	previous := m.previous
	m.mu.Unlock()
	if previous == nil {
		return a.refuse(admin.ReasonNothing, errors.New("there is no configuration to return to: "+
			"none was replaced since the start, or since the last rollback"))
	}
	if m.held.Load() {
		return a.refuse(admin.ReasonBusy, errors.New("the process is being upgraded; ask again "+
			"when that is over"))
	}
	a.receipt.NewDigest = previous.Plan.Digest
	a.receipt.Message, a.receipt.Reason = failing, admin.ReasonRequest
	if failing != "" {
		a.receipt.Reason = admin.ReasonErrors
	}
	receipt := a.apply(ctx, *previous, admin.RolledBack)
	if receipt.Result == admin.RolledBack {
		m.rejected = a.before.Plan.Digest
		m.mu.Lock()
		m.previous = nil // going back twice would be going forward
		m.published = previous.Source.Published
		m.mu.Unlock()
	}
	return receipt
}

// apply puts a generation in force.
func (a *attempt) apply(ctx context.Context, g Generation, result admin.Result) admin.Receipt {
	m := a.machine
	doc, old := g.Source.Document, a.before.Source.Document
	baseline, returnTo := m.baseline(), &a.before
	if m.trial != nil {
		// What is replaced has not proved itself: compare with, and return to, what was
		// before it.
		baseline, returnTo = m.trial.baseline, m.trial.before
	}
	change := &Change{Before: a.before, After: g, Receipt: &a.receipt, began: a.began}
	settle, err := m.Apply(ctx, change)
	if err != nil {
		return a.refuse(reasonOf(err, admin.ReasonBuild), err)
	}
	m.endTrial()
	a.compare(old, doc)
	m.mu.Lock()
	m.previous = returnTo
	m.current = g
	m.mu.Unlock()
	if result == admin.Applied && m.Counts != nil && doc.Reload != nil && doc.Reload.Trial > 0 {
		m.trial = newTrial(*doc.Reload, m.Counts(), baseline, returnTo)
	}
	settle()
	if a.receipt.Reason == "" {
		a.receipt.Reason = admin.ReasonOK
	}
	done := a.finish(result, logrus.InfoLevel)
	Warn(m.Log, g)
	return done
}

// refusal is an error with its reason.
type refusal struct {
	error
	reason admin.Reason
}

func (r refusal) Unwrap() error { return r.error }

// Refuse gives an error of Apply its reason.
func Refuse(reason admin.Reason, err error) error { return refusal{err, reason} }

// reasonOf sorts an error; otherwise is for one that says nothing of its reason.
func reasonOf(err error, otherwise admin.Reason) admin.Reason {
	var ps config.Problems
	var r refusal
	switch {
	case errors.As(err, &r):
		return r.reason
	case !errors.As(err, &ps):
		return otherwise
	}
	for _, p := range ps {
		if p.Code != config.CodeRead {
			return admin.ReasonInvalid
		}
	}
	return admin.ReasonRead
}
