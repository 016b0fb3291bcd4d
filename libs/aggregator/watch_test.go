package aggregator

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// watched is an aggregator of an empty fleet, which counts how often somebody looks at it.
func watched(looks *atomic.Int64) *Aggregator {
	store := new(timeline.Store) // nobody opens it
	a := newAggregator(store, nil)
	a.see = func() Fleet {
		looks.Add(1)
		return Fleet{Time: time.Now()}
	}
	return a
}

// An idle fleet gives a sign every 15 seconds, and a busy one no more than four a second, the last
// of which has the last change.
func TestHowOftenWatchersAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := watched(new(atomic.Int64))
		ctx, cancel := context.WithCancel(t.Context())
		var sent, last atomic.Int64 // last: when
		done := make(chan bool)
		go func() {
			done <- a.watch(ctx, nil, func(v *view) error {
				sent.Add(1)
				last.Store(v.fleet().Time.UnixNano())
				return nil
			})
		}()
		synctest.Wait()
		if n := sent.Load(); n != 1 {
			t.Errorf("%d at first", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := sent.Load(); n != 5 {
			t.Errorf("%d in a quiet minute, want one and then one every 15s", n)
		}
		sent.Store(0)
		for range 1000 {
			time.Sleep(10 * time.Millisecond)
			a.mu.Lock()
			a.changedLocked()
			a.mu.Unlock()
		}
		changed := time.Now()
		time.Sleep(time.Second)
		synctest.Wait()
		if n := sent.Load(); n < 38 || n > 42 {
			t.Errorf("%d in 10s of changes", n)
		}
		if told := time.Unix(0, last.Load()); told.Before(changed) {
			t.Errorf("the last change was %v after the last that was told", changed.Sub(told))
		}
		cancel()
		if !<-done || a.watchers != 0 {
			t.Error("who goes away is counted still")
		}
	})
}

// There is a most to those who watch, and each of them ends when the process is to stop, or when
// nothing can be sent.
func TestHowManyWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := watched(new(atomic.Int64))
		stop := make(chan struct{})
		done := make(chan bool)
		for range maxWatchers {
			go func() { done <- a.watch(t.Context(), stop, func(*view) error { return nil }) }()
		}
		synctest.Wait()
		if a.watch(t.Context(), stop, func(*view) error { t.Error("it was told"); return nil }) {
			t.Error("one too many may watch")
		}
		close(stop)
		for range maxWatchers {
			<-done
		}
		if !a.watch(t.Context(), nil, func(*view) error {
			return errors.New("it does not read")
		}) || a.watchers != 0 {
			t.Error("who can't be told anything is one who watches")
		}
	})
}

// However many watch, the fleet is looked at a few times a second; and each of them is told of the
// last change.
func TestWatchersShareAView(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks, told atomic.Int64
		a := watched(&looks)
		stop, done := make(chan struct{}), make(chan bool)
		last := make([]atomic.Int64, 50)
		for i := range last {
			go func() {
				done <- a.watch(t.Context(), stop, func(v *view) error {
					told.Add(1)
					last[i].Store(v.fleet().Time.UnixNano())
					_, err := v.line()
					return err
				})
			}()
			time.Sleep(7 * time.Millisecond) // each has a rhythm of its own
		}
		begin, before := time.Now(), looks.Load()
		for range 500 {
			a.mu.Lock()
			a.changedLocked()
			a.mu.Unlock()
			time.Sleep(10 * time.Millisecond)
		}
		changed := time.Now()
		a.mu.Lock()
		a.changedLocked()
		a.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		if n := looks.Load() - before; n > 8*int64(time.Since(begin)/time.Second)+8 {
			t.Errorf("%d looks at the fleet in %v for %d lines", n, time.Since(begin), told.Load())
		}
		for i := range last {
			if at := time.Unix(0, last[i].Load()); at.Before(changed) {
				t.Errorf("watcher %d was told last what was %v before the last change", i,
					changed.Sub(at))
			}
		}
		close(stop)
		for range last {
			<-done
		}
	})
}
