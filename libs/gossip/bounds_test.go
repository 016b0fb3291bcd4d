package gossip

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// lossOf is a report of a loss.
func lossOf(observer string, incarnation, sequence uint64, address string) Report {
	return Report{
		Observer: observer, Incarnation: incarnation, Sequence: sequence,
		Sight: health.Sight{Cluster: "c", Address: address, Loss: 1},
	}
}

// allocated is how many bytes a function asks for, which is a measure of the work of what used to
// look at all reports for each one that came.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A message with more reports of one observer than are kept is merged in about as much work for
// each report as one with few.
func TestMergingIsNearLinear(t *testing.T) {
	var w stateWriter
	const count = 40_000
	reports := make([]Report, count)
	for i := range reports {
		// Each one comes before all that are there, and so takes the place of the last one.
		reports[i] = lossOf("n", 1, uint64(i+1), fmt.Sprintf("%06d", count-i))
	}
	if !w.add("n", 1, reports) {
		t.Fatal("it is no message")
	}
	message := w.bytes()
	s := newState()
	n := allocated(func() {
		if err := decode(message, func(r Report) { s.merge(&r, epoch) }); err != nil {
			t.Fatal(err)
		}
	})
	if got := len(s.observers["n"].reports); got != maxReports {
		t.Errorf("%d reports are kept, want %d", got, maxReports)
	}
	if n > 2000*count {
		t.Errorf("merging %d reports takes %d bytes for each", count, n/count)
	}
}

// What is kept of all nodes together is bounded, and those that say little keep what they said.
func TestWhatAllSayIsBounded(t *testing.T) {
	t.Parallel()
	s := newState()
	s.room = 1 << 20
	for i := range 10 {
		r := lossOf("honest", 1, uint64(i+1), fmt.Sprint(i))
		s.merge(&r, epoch)
	}
	before := s.bytes
	for o := range 5 {
		for i := range 10_000 {
			r := lossOf(fmt.Sprint("liar-", o), 1, uint64(i+1), fmt.Sprintf("%06d", 10_000-i))
			s.merge(&r, epoch)
			if s.bytes > s.room {
				t.Fatalf("%d bytes are kept", s.bytes)
			}
		}
	}
	if s.bytes < s.room/2 || s.bytes < before {
		t.Errorf("%d bytes of %d are used", s.bytes, s.room)
	}
	if got := len(s.observers["honest"].reports); got != 10 {
		t.Errorf("%d reports of the honest one are left", got)
	}
	total := 0
	for name, o := range s.observers {
		sum := 0
		for _, h := range o.reports {
			sum += h.size()
		}
		if sum != o.bytes || len(o.order) != len(o.reports) {
			t.Errorf("%s: %d bytes are counted, %d are there; %d in order, %d there", name,
				o.bytes, sum, len(o.order), len(o.reports))
		}
		total += sum
		s.forget(name)
	}
	if s.bytes != 0 || total == 0 {
		t.Errorf("%d bytes are left of %d", s.bytes, total)
	}
}

// What is kept takes about as much memory as is counted.
func TestKeptReportsTakeWhatIsCounted(t *testing.T) {
	s := newState()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for o := range 5 {
		for i := range 20_000 {
			r := lossOf(fmt.Sprint("node-", o), 1, uint64(i+1), fmt.Sprintf("%060d", i))
			s.merge(&r, epoch)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if got := int(after.HeapAlloc) - int(before.HeapAlloc); got > 3*s.bytes/2 {
		t.Errorf("%d bytes are counted, %d are taken", s.bytes, got)
	}
	runtime.KeepAlive(s)
}

// Numbers that no honest node has are refused, and one that is as high as is believed silences
// nobody: what the observer says above it is heard as soon as the clock has moved on.
func TestNumbersFarAboveAreRefused(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_790_000_000, 0)
	life := uint64(now.Unix())
	high := life + maxLead
	for what, far := range map[string]Report{
		"the highest of all":               lossOf("n", maxNumber, maxNumber, "a"),
		"the highest life":                 lossOf("n", maxNumber, 1, "a"),
		"a life that is just too late":     lossOf("n", high+1, 1, "a"),
		"the highest sequence":             lossOf("n", life, maxNumber, "a"),
		"a sequence just over all":         lossOf("n", life, maxSequence+1, "a"),
		"a sequence far above what it was": lossOf("n", life, 7+maxLeap+1, "a"),
	} {
		s := newState()
		first := lossOf("n", life, 7, "a")
		s.merge(&first, now)
		if got := s.merge(&far, now); got != mergedFar {
			t.Errorf("%s: %v", what, got)
		}
		next := lossOf("n", life, 8, "a")
		if got := s.merge(&next, now); got != mergedNew {
			t.Errorf("after %s the next report is %v", what, got)
		}
	}
	s, pace := newState(), DefaultPace()
	p := newPublisher("n", life, &pace, func() float64 { return 0 })
	for range 3 { // a liar that goes on moves it on, and no further
		top := lossOf("n", uint64(now.Unix())+maxLead, maxSequence, "a")
		if got := s.merge(&top, now); got != mergedNew || !p.heard(&top) {
			t.Fatalf("the highest that is believed: %v", got)
		}
		now = now.Add(2 * time.Second)
		own := p.say(about{"c", "a"}, top.Sight, false, false, now)
		if got := s.merge(&own, now); got != mergedNew {
			t.Errorf("what the observer says soon after is %v", got)
		}
	}
}
