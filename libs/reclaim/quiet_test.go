package reclaim

import (
	"testing"
	"time"
)

// A day is a process as a judge sees it, a second after the other.
type day struct {
	judge
	t    *testing.T
	look look
}

// second lets a second pass in which the process was busy for a time. It reports whether memory
// is given back, which leaves left.
func (d *day) second(busy time.Duration, mapped, left int64) bool {
	d.look.at = d.look.at.Add(time.Second)
	d.look.cpu += busy
	d.look.mapped = mapped
	if !d.due(d.look) {
		return false
	}
	d.look.mapped = left
	d.gave(d.look)
	return true
}

const (
	mib  = 1 << 20
	rest = time.Millisecond
	busy = time.Second / 2
)

// none fails the test if memory is given back within n seconds.
func (d *day) none(what string, n int, cpu time.Duration, mapped int64) {
	d.t.Helper()
	for i := range n {
		if d.second(cpu, mapped, mapped) {
			d.t.Fatalf("%s: memory is given back after %d s", what, i+1)
		}
	}
}

func TestMemoryIsGivenBackAtQuietTimes(t *testing.T) {
	d := &day{t: t, look: look{at: time.Unix(0, 0)}}
	d.none("while it starts", 5, busy, 10*mib)
	d.none("a quiet second", 1, rest, 10*mib)
	if !d.second(rest, 10*mib, 8*mib) {
		t.Error("the memory of the start is kept")
	}
	d.none("quiet, and nothing has come since", 100, rest, 9*mib)
	d.none("a burst", 10, busy, 150*mib)
	d.none("the quiet second after it", 1, rest, 150*mib)
	if !d.second(rest, 150*mib, 60*mib) {
		t.Error("the memory of a burst is kept")
	}
	// A tenth more of much is not worth a collection.
	d.none("a little more", 100, rest, 70*mib)
	if !d.second(rest, 80*mib, 60*mib) {
		t.Error("a third more is kept")
	}
	// A collection costs something, so that they are not often.
	d.none("soon after the last", 9, rest, 100*mib)
	if !d.second(rest, 100*mib, 60*mib) {
		t.Error("what has come meanwhile is kept")
	}
}

func TestASecondOfWorkIsNoQuietTime(t *testing.T) {
	d := &day{t: t, look: look{at: time.Unix(0, 0)}}
	for range 50 {
		d.none("work every other second", 1, busy, 100*mib)
		d.none("work every other second", 1, rest, 100*mib)
	}
}
