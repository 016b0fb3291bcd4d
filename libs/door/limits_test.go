package door_test

import (
	"net"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestALimitIsForAllListenersTogether(t *testing.T) {
	e := open(t, 2)
	a, _ := e.listen(t, "a")
	b, _ := e.listen(t, "b")
	first, _ := a.enter(t)
	b.enter(t)
	if !a.refused(t) || !b.refused(t) || a.turnedAway.Load() != 1 || b.turnedAway.Load() != 1 {
		t.Error("a third client was let in")
	}
	if e.Connections() != 2 || a.Connections() != 1 || b.Connections() != 1 {
		t.Errorf("%d connections, %d and %d", e.Connections(), a.Connections(), b.Connections())
	}
	first.Close()
	testkit.Eventually(t, "there is room again", func() bool { return e.Connections() == 1 })
	third, _ := b.enter(t)
	// Those over a limit that was lowered stay.
	e.SetMaxConnections(1)
	if !alive(third) || !a.refused(t) {
		t.Error("a lowered limit does not hold for new clients only")
	}
}

func TestAListenerHasALimitOfItsOwn(t *testing.T) {
	e := open(t, 100)
	a, _ := e.listen(t, "a")
	b, _ := e.listen(t, "b")
	one := *a.Config()
	one.Limits.MaxConnections = 1
	a.config.Store(&one)
	a.enter(t)
	if !a.refused(t) {
		t.Error("a second client was let in")
	}
	b.enter(t)
	b.enter(t)
}

// The gauge that a client is counted in is the one that it leaves, whatever the listener is
// called by then.
func TestAClientLeavesTheGaugeThatItCameBy(t *testing.T) {
	e := open(t, 100)
	h, _ := e.listen(t, "a")
	c, _ := h.enter(t)
	renamed := config.NewListener("b", "127.0.0.1:0")
	h.config.Store(&renamed)
	a, b := h.registry.Listener("a"), h.registry.Listener("b")
	if a.Active.Load() != 1 || b.Active.Load() != 0 || h.Name() != "b" {
		t.Errorf("%d and %d clients, at %s", a.Active.Load(), b.Active.Load(), h.Name())
	}
	c.Close()
	testkit.Eventually(t, "it is not counted", func() bool { return e.Connections() == 0 })
	if a.Active.Load() != 0 || b.Active.Load() != 0 {
		t.Errorf("%d and %d clients at the end", a.Active.Load(), b.Active.Load())
	}
}

// A listener that cannot accept says so, rests, and goes on.
func TestAListenerThatCannotAcceptIsStarved(t *testing.T) {
	e := open(t, 100)
	ln := socket(t)
	h, _ := e.serve(t, "a", ln)
	c, _ := h.enter(t)
	if e.Starved() {
		t.Error("it is starved from the start")
	}
	// Any failure but a closed socket is taken for want of something.
	if err := ln.SetDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "it is starved", e.Starved)
	if !alive(c) {
		t.Error("a client that was there before is not served")
	}
	if err := ln.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	h.enter(t)
	if e.Starved() {
		t.Error("it is still starved")
	}
}

// What is over is not starved any more.
func TestAStarvedListenerThatEndsIsNot(t *testing.T) {
	e := open(t, 100)
	ln := socket(t)
	if err := ln.SetDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	_, stop := e.serve(t, "a", ln)
	testkit.Eventually(t, "it is starved", e.Starved)
	stop()
	if e.Starved() {
		t.Error("it is still starved")
	}
}

func TestAListenerThatNeverServedGivesItsAddressBack(t *testing.T) {
	e := open(t, 100)
	h := e.bind("a", socket(t))
	if h.Name() != "a" || h.Configured() != "127.0.0.1:0" || h.Connections() != 0 || h.Over() {
		t.Errorf("%s at %s with %d", h.Name(), h.Configured(), h.Connections())
	}
	address := h.Addr().String()
	h.Close()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if !h.Over() {
		t.Error("it is not over")
	}
}
