package door_test

import (
	"context"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestConnectionsOfARemovedListenerEnd(t *testing.T) {
	e := open(t, 100)
	gone, stop := e.listen(t, "gone")
	stays, _ := e.listen(t, "stays")
	idle, _ := gone.enter(t)
	working, worker := gone.enter(t)
	worker.busy.Store(true)
	other, _ := stays.enter(t)
	if kept, ending := e.EndRemoved(); kept != 3 || len(ending) != 0 {
		t.Errorf("before: %d go on, %v end", kept, ending)
	}
	gone.Remove()
	if !gone.Closing() || stays.Closing() {
		t.Error("the listeners do not tell which of them is closing")
	}
	kept, ending := e.EndRemoved()
	if kept != 1 || len(ending) != 1 || ending[gone] != 2 {
		t.Errorf("%d go on, %v end", kept, ending)
	}
	if err := idle.ExpectClose(); err != nil {
		t.Errorf("the idle one: %v", err)
	}
	// They are told of once, though they take their time.
	if kept, ending := e.EndRemoved(); kept != 1 || len(ending) != 0 {
		t.Errorf("again: %d go on, %v end", kept, ending)
	}
	// Somebody is quick enough to come before the listener stops.
	late := testkit.Dial(t, gone.Addr().String())
	if !alive(late) {
		t.Error("a late client is not served")
	}
	stop()
	if err := late.ExpectClose(); err != nil {
		t.Errorf("the late one: %v", err)
	}
	if !alive(working) || gone.Over() {
		t.Error("what has begun was ended")
	}
	gone.have(t, 1)
	if n := gone.Cut(); n != 1 || worker.cut.Load() != 1+int64(door.Removed) {
		t.Errorf("%d were cut, for %d", n, worker.cut.Load())
	}
	if err := working.ExpectClose(); err != nil {
		t.Errorf("the one that was cut: %v", err)
	}
	testkit.Eventually(t, "the listener is over", gone.Over)
	if n := stays.Cut(); n != 0 || !alive(other) {
		t.Errorf("%d connections of the other listener were cut", n)
	}
}

func TestOrphansEndUnlessAPlanTakesThemBack(t *testing.T) {
	e := open(t, 100)
	h, _ := e.listen(t, "a")
	c, g := h.enter(t)
	g.busy.Store(true)
	g.orphaned.Store(true)
	if kept, ending := e.EndRemoved(); kept != 0 || ending[h] != 1 {
		t.Errorf("%d go on, %v end", kept, ending)
	}
	g.orphaned.Store(false)
	if kept, ending := e.EndRemoved(); kept != 1 || len(ending) != 0 {
		t.Errorf("taken back: %d go on, %v end", kept, ending)
	}
	if n := h.Cut(); n != 0 || !alive(c) {
		t.Errorf("%d were cut", n)
	}
	g.orphaned.Store(true)
	if kept, ending := e.EndRemoved(); kept != 0 || ending[h] != 1 {
		t.Errorf("once more: %d go on, %v end", kept, ending)
	}
	if n := h.Cut(); n != 1 {
		t.Errorf("%d were cut", n)
	}
}

func TestADrainWaitsAndThenCuts(t *testing.T) {
	e := open(t, 100)
	a, stopA := e.listen(t, "a")
	b, stopB := e.listen(t, "b")
	idle, _ := a.enter(t)
	_, worker := b.enter(t)
	worker.busy.Store(true)
	stopA()
	stopB()
	ctx, cancel := context.WithCancel(t.Context())
	cut := make(chan int, 1)
	go func() { cut <- e.Drain(ctx) }()
	if err := idle.ExpectClose(); err != nil {
		t.Errorf("the idle one: %v", err)
	}
	if !e.Draining() || !a.Closing() || worker.cut.Load() != 0 {
		t.Error("the drain does not wait")
	}
	a.have(t, 0)
	cancel()
	if n := <-cut; n != 1 || worker.cut.Load() != 1+int64(door.Drained) {
		t.Errorf("%d were cut, for %d", n, worker.cut.Load())
	}
	if n := e.Drain(t.Context()); n != 0 {
		t.Errorf("a second drain cut %d", n)
	}
}

func TestADrainEndsWithTheLastConnection(t *testing.T) {
	e := open(t, 100)
	h, stop := e.listen(t, "a")
	c, g := h.enter(t)
	g.busy.Store(true)
	stop()
	cut := make(chan int, 1)
	go func() { cut <- e.Drain(t.Context()) }()
	testkit.Eventually(t, "it was asked to end", func() bool { return g.asked.Load() == 1 })
	c.Close()
	if n := <-cut; n != 0 {
		t.Errorf("%d were cut", n)
	}
}

func TestWhoComesDuringADrainIsNotServed(t *testing.T) {
	e := open(t, 100)
	h, _ := e.listen(t, "a") // still accepts
	if n := e.Drain(t.Context()); n != 0 {
		t.Errorf("%d were cut", n)
	}
	if !h.refused(t) || e.Connections() != 0 {
		t.Errorf("a client was served, %d are connected", e.Connections())
	}
}

// Clients that come and go while plans do are each counted once.
func TestReloadsWhileClientsComeAndGo(t *testing.T) {
	e := open(t, 1000)
	h, stop := e.listen(t, "a")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			c, err := testkit.DialTimeout(h.Addr().String(), deadline)
			if err != nil {
				t.Error(err)
				return
			}
			if !alive(c) {
				t.Error("a client is not served")
			}
			c.Close()
		}
	}()
	for going := true; going; {
		select {
		case <-done:
			going = false
		case <-time.After(time.Millisecond):
		}
		if _, ending := e.EndRemoved(); len(ending) != 0 {
			t.Errorf("%v end", ending)
		}
	}
	h.have(t, 0)
	if e.Connections() != 0 || h.Connections() != 0 {
		t.Errorf("%d and %d connections are left", e.Connections(), h.Connections())
	}
	stop()
}
