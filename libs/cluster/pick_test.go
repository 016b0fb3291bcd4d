package cluster

import (
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

func TestEndpointsTakeTurns(t *testing.T) {
	at := names(3)
	c := newSet(t, document(at...)).At(0)
	if got, want := picks(c, 6), slices.Concat(at, at); !slices.Equal(got, want) {
		t.Errorf("picked %v, want %v", got, want)
	}
	if c.Choices() != 3 {
		t.Errorf("%d choices", c.Choices())
	}
}

func TestNobodyIsPickedWhereNobodyMayGetAnything(t *testing.T) {
	d := document(names(2)...)
	d.Clusters[0].Endpoints[0].Weight, d.Clusters[0].Endpoints[1].Weight = 0, 0
	c := newSet(t, d).At(0)
	none := func(*Endpoint) bool { return false }
	if c.Pick() != nil || c.PickUntried(none) != nil || c.Choices() != 0 {
		t.Error("an endpoint without weight was picked")
	}
}

// Of two endpoints with one broken, requests that are sent again must not make the broken
// one first for all.
func TestAnotherEndpointTakesNobodysTurn(t *testing.T) {
	at := names(3)
	c := newSet(t, document(at...)).At(0)
	for turn := range 9 {
		failed := c.Pick()
		if failed.Address != at[turn%3] {
			t.Fatalf("turn %d went to %s", turn, failed.Address)
		}
		if other := c.PickOther(failed); other.Address != at[(turn+1)%3] {
			t.Errorf("after %s came %s", failed.Address, other.Address)
		}
		tried := map[*Endpoint]bool{}
		for range 3 {
			e := c.PickUntried(func(e *Endpoint) bool { return tried[e] })
			if e == nil || tried[e] {
				t.Fatalf("of %d tried endpoints came %v", len(tried), e)
			}
			tried[e] = true
		}
		if e := c.PickUntried(func(e *Endpoint) bool { return tried[e] }); e != nil {
			t.Errorf("all were tried, and %s came", e.Address)
		}
	}
}

func TestWithoutAnotherTheSameEndpointComesAgain(t *testing.T) {
	d := document(names(2)...)
	d.Clusters[0].Endpoints[1].Weight = 0
	c := newSet(t, d).At(0)
	if e := c.Pick(); c.PickOther(e) != e {
		t.Error("an endpoint without weight takes another's place")
	}
}

func TestPickingAllocatesNothing(t *testing.T) {
	c := newSet(t, document(names(3)...)).At(0)
	if n := testing.AllocsPerRun(100, func() {
		e := c.PickOther(c.Pick())
		if c.BeginRetry(0.2) && e != nil {
			c.EndRetry()
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// An endpoint that fails loses weight, which the schedule and the metrics then have.
func TestAVerdictChangesTheSchedule(t *testing.T) {
	at := names(2)
	s := newSet(t, document(at...))
	c := s.At(0)
	for range 100 {
		c.endpoints[0].Health.Record(health.ConnectFailure)
		c.endpoints[1].Health.Record(health.Success)
	}
	s.look(after(1), false)
	n := 0
	for _, a := range picks(c, 200) {
		if a == at[0] {
			n++
		}
	}
	if n == 0 || n > 50 {
		t.Errorf("the endpoint that fails got %d of 200", n)
	}
	state := s.States()[0]
	if e := state.Endpoints; e[0].Effective >= 0.5 || e[1].Effective != 1 {
		t.Errorf("the state is %+v", e)
	}
}

func TestRetriesAreBoundByABudget(t *testing.T) {
	address := listen(t)
	s := newSet(t, document(address))
	begin := func(budget float64) (n int) {
		for s.At(0).BeginRetry(budget) {
			n++
		}
		return n
	}
	if n := begin(0.5); n != minRetries {
		t.Errorf("%d retries beside no request, want %d", n, minRetries)
	}
	for range 10 {
		c, err := s.At(0).Pick().Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Discard()
	}
	if n := begin(0.5); minRetries+n != 5 {
		t.Errorf("%d retries beside ten requests, want half", minRetries+n)
	}
	// The count goes on with the next plan.
	swap(t, s, document(address))
	if s.At(0).BeginRetry(0.5) {
		t.Error("a reload made room for a retry")
	}
	s.At(0).EndRetry()
	if n := begin(0.5); n != 1 {
		t.Errorf("after one has ended %d may begin", n)
	}
}
