package node

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// elders are the processes that had the node's place before, and drain.
type elders struct {
	registry *metrics.Registry
	none     func() // is told when the last one has ended; nil: nobody is

	mu    sync.Mutex
	all   []*elder // guarded by mu; the oldest first
	group sync.WaitGroup
}

// elder is one of them.
type elder struct {
	old
	channel *handover.Channel
	stop    chan struct{} // closed when nobody is to listen to it any more
	done    chan struct{} // closed when nobody does
}

// id is what its counters are kept under.
func (o *old) id() string { return fmt.Sprintf("%d/%d", o.Generation, o.PID) }

// count is how many there are.
func (e *elders) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.all)
}

// add begins to listen to one.
func (e *elders) add(o old, c *handover.Channel) error {
	if err := e.registry.Inherit(metrics.Part{ID: o.id(), Families: o.Families}); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	one := &elder{old: o, channel: c}
	e.all = append(e.all, one)
	e.listen(one)
	return nil
}

// listen needs mu held.
func (e *elders) listen(one *elder) {
	one.stop, one.done = make(chan struct{}), make(chan struct{})
	stop, done := one.stop, one.done
	e.group.Go(func() {
		defer close(done)
		e.hear(one, stop)
	})
}

// hearEvery is how often it is looked whether to go on.
const hearEvery = 200 * time.Millisecond

// hear takes up what a process counts, until it has ended or stop is closed.
func (e *elders) hear(one *elder, stop <-chan struct{}) {
	for {
		m, err := one.channel.Receive(time.Now().Add(hearEvery))
		var t totals
		switch {
		case errors.Is(err, handover.ErrQuiet):
		case err != nil:
			e.gone(one)
			return
		case m.Kind == kindTotals && m.Decode(&t) == nil:
			e.mu.Lock()
			one.Connections, one.Families = t.Connections, t.Families
			e.mu.Unlock()
			// An error: another version with other metrics; what was there stays.
			_ = e.registry.Inherit(metrics.Part{ID: one.id(), Families: t.Families})
		}
		select {
		case <-stop:
			return
		default:
		}
	}
}

// gone notes that a process has ended.
func (e *elders) gone(one *elder) {
	e.registry.Ended(one.id())
	_ = one.channel.Close() // so has its other end
	e.mu.Lock()
	e.all = slices.DeleteFunc(e.all, func(other *elder) bool { return other == one })
	last := len(e.all) == 0
	e.mu.Unlock()
	if last && e.none != nil {
		e.none()
	}
}

// pause stops listening to all; what they say meanwhile waits in the channels.
func (e *elders) pause() (all []*elder) {
	e.mu.Lock()
	for _, one := range e.all {
		select {
		case <-one.stop: // it is paused already
		default:
			close(one.stop)
		}
	}
	all = slices.Clone(e.all)
	e.mu.Unlock()
	for _, one := range all {
		<-one.done
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all) // without those that have ended
}

// leave stops listening to all, and returns the channels to them, for the next process.
func (e *elders) leave() (channels []*os.File, err error) {
	for _, one := range e.pause() {
		f, err := one.channel.File()
		if err != nil {
			for _, f := range channels {
				_ = f.Close() // a copy
			}
			return nil, err
		}
		channels = append(channels, f)
	}
	return channels, nil
}

// takeBack listens again.
func (e *elders) takeBack() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, one := range e.all {
		select {
		case <-one.stop:
			e.listen(one)
		default: // it was never left
		}
	}
}

// end stops listening, at the end of this process.
func (e *elders) end() {
	for _, one := range e.pause() {
		_ = one.channel.Close() // nobody listens
	}
	e.group.Wait()
}

// shown are the processes as /status has them.
func (e *elders) shown() (all []admin.OldProcess) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, one := range e.all {
		all = append(all, admin.OldProcess{
			PID: one.PID, Generation: one.Generation, Since: one.Since,
			Connections: one.Connections,
		})
	}
	return all
}
