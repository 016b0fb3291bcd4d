package health_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

func (t *trial) checkEach(interval time.Duration, i int, outcomes ...health.Outcome) {
	for _, o := range outcomes {
		t.Endpoint(i).RecordActive(o)
		t.pass(interval)
	}
}

func TestThreeFailedChecksInARowTakeTheWeightTwoGoodOnesGiveItBack(t *testing.T) {
	const bad, good = health.ConnectFailure, health.Success
	for _, c := range []struct {
		name   string
		checks []health.Outcome
		down   bool
	}{
		{"none", nil, false},
		{"two", []health.Outcome{bad, bad}, false},
		{"three", []health.Outcome{bad, bad, bad}, true},
		{"broken run", []health.Outcome{bad, bad, good, bad, bad}, false},
		{"one good", []health.Outcome{bad, bad, bad, good}, true},
		{"to and fro", []health.Outcome{bad, bad, bad, good, bad, good}, true},
		{"two good", []health.Outcome{bad, bad, bad, bad, good, good}, false},
		{"slow is good", []health.Outcome{bad, bad, bad, health.Slow, health.Slow}, false},
		{
			"all kinds", []health.Outcome{health.Timeout, health.TLSFailure, health.ServerError},
			true,
		},
		{"unknown", []health.Outcome{bad, bad, 99, bad}, true},
	} {
		tr := newTrialWith(health.Settings{ActiveInterval: 5 * time.Second}, 1, 1)
		tr.checkEach(5*time.Second, 0, c.checks...)
		if v := tr.Verdicts()[0]; v.Down != c.down || (tr.Weights()[0] == 1) != c.down {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

func TestChecksThatFailOutweighRequestsThatSucceed(t *testing.T) {
	tr := newTrial(1, 1)
	tr.checkEach(tick, 0, health.Timeout, health.Timeout, health.Timeout)
	tr.pass(time.Second, [2]int{20, 0}, [2]int{20, 0})
	if !slices.Equal(tr.Weights(), []int{1, 100}) {
		t.Errorf("weights %v", tr.Weights())
	}
	tr.checkEach(tick, 0, health.Success, health.Success)
	tr.pass(8*time.Second, [2]int{20, 0}, [2]int{20, 0})
	if !slices.Equal(tr.Weights(), tr.full()) {
		t.Errorf("weights %v after good checks", tr.Weights())
	}
}

func TestChecksThatNobodyMakesAnyMoreAreForgotten(t *testing.T) {
	tr := newTrialWith(health.Settings{ActiveInterval: 20 * time.Second}, 1, 1)
	tr.checkEach(tick, 0, health.Timeout, health.Timeout, health.Timeout)
	tr.pass(59 * time.Second)
	if !tr.Verdicts()[0].Down {
		t.Error("forgotten before three checks were due")
	}
	tr.pass(12 * time.Second)
	if tr.Verdicts()[0].Down || !slices.Equal(tr.Weights(), tr.full()) {
		t.Errorf("not forgotten: %+v", tr.Verdicts()[0])
	}
	tr.checkEach(tick, 0, health.Timeout, health.Timeout)
	if tr.Verdicts()[0].Down {
		t.Error("checks from before the silence count again")
	}
	tr.checkEach(tick, 0, health.Timeout)
	if !tr.Verdicts()[0].Down {
		t.Error("three new failures in a row are not noticed")
	}
}

func TestChecksThatAllFailAreHeldAgainstNobody(t *testing.T) {
	tr := newTrial(2, 1)
	for range 3 {
		tr.Endpoint(0).RecordActive(health.ConnectFailure)
		tr.Endpoint(1).RecordActive(health.ConnectFailure)
		tr.judge()
	}
	if !slices.Equal(tr.Weights(), tr.full()) {
		t.Errorf("weights %v", tr.Weights())
	}
}
