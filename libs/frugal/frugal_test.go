package frugal_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/frugal"
)

// More is told of failures for a hundredth of one processor, and no more, however many there are.
func TestItIsBoundedWhatTellingMoreCosts(t *testing.T) {
	var turn frugal.Turn
	now := time.Now()
	if !turn.Begin(now) || turn.Begin(now) {
		t.Error("two at a time look for more, or nobody does")
	}
	turn.End(now.Add(-time.Second)) // it took a second
	if turn.Begin(time.Now().Add(50*time.Second)) || !turn.Begin(time.Now().Add(200*time.Second)) {
		t.Error("after a second of it comes no pause, or too long a one")
	}
	turn.Rest(now.Add(time.Hour))
	if turn.Begin(now.Add(time.Minute)) || !turn.Begin(now.Add(2*time.Hour)) {
		t.Error("a rest has another length")
	}
}
