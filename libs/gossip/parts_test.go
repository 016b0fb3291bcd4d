package gossip

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

func key(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

func TestAFullInboxDropsTheOldest(t *testing.T) {
	t.Parallel()
	in := newInbox()
	for i := range inboxMessages + 10 {
		in.put(fmt.Append(nil, i))
	}
	big := make([]byte, maxState+100)
	for range 12 {
		in.put(big)
	}
	count, size := 0, 0
	for m := in.report(); m != nil; m = in.report() {
		if count == 0 && string(m) != "10" {
			t.Errorf("the first is %s", m)
		}
		count++
	}
	if count != inboxMessages {
		t.Errorf("%d reports are kept", count)
	}
	count = 0
	for m := in.state(); m != nil; m = in.state() {
		size += len(m)
		count++
	}
	if count == 0 || size > inboxBytes {
		t.Errorf("%d bytes of states are kept", size)
	}
	if n := in.dropped(); n != uint64(10+12-count) {
		t.Errorf("dropped %d", n)
	}
	if in.dropped() != 0 || in.report() != nil || in.state() != nil {
		t.Error("the same again")
	}
}

func sight(address string, loss float64) health.Sight {
	return health.Sight{Cluster: "c", Address: address, Loss: loss}
}

func TestOnlyWhatChangedIsSaid(t *testing.T) {
	t.Parallel()
	pace := DefaultPace()
	p := newPublisher("n", 7, &pace, func() float64 { return 0.5 })
	now := epoch
	next := func(later time.Duration, suspect bool, sights ...health.Sight) []Report {
		now = now.Add(later)
		return p.next(now, append([]health.Sight{{Cluster: "c"}}, sights...), suspect)
	}
	expect := func(what string, got []Report, want ...string) {
		t.Helper()
		var said []string
		for i, r := range got {
			if r.Incarnation != p.incarnation || r.Sequence != p.sequence-uint64(len(got)-1-i) ||
				r.Observer != "n" {
				t.Errorf("%s: %+v", what, r)
			}
			said = append(said,
				fmt.Sprintf("%s%s %v gone=%v suspect=%v", r.Sight.Cluster, r.Sight.Address,
					r.Sight.Loss, r.Gone, r.Suspect))
		}
		if fmt.Sprint(said) != fmt.Sprint(want) {
			t.Errorf("%s: said %q, want %q", what, said, want)
		}
	}
	second := time.Second
	expect("the first time", next(0, false), " 0 gone=false suspect=false",
		"c 0 gone=false suspect=false")
	expect("nothing new", next(second, false))
	expect("a loss", next(second, false, sight("a", .3)), "ca 0.3 gone=false suspect=false")
	expect("hardly another", next(second, false, sight("a", .34)))
	expect("another", next(second, false, sight("a", .5)), "ca 0.5 gone=false suspect=false")
	expect("cut off", next(second, true, sight("a", .5)), " 0 gone=false suspect=true")
	expect("not any more", next(second, false, sight("a", .5)), " 0 gone=false suspect=false")
	// the first since it was said, three seconds ago
	for i, wait := range []time.Duration{2, 8, 15, 30, 30} {
		expect(fmt.Sprint("not yet ", i),
			next(wait*second-second/2-second/4, false, sight("a", .5)))
		expect(fmt.Sprint("again ", i), next(second, false, sight("a", .5)),
			"ca 0.5 gone=false suspect=false")
	}
	expect("well again", next(second, false), "ca 0 gone=false suspect=false")
	expect("that lasts", next(100*second, false))
	now = now.Add(second)
	expect("the cluster is gone", p.next(now, nil, false), "c 0 gone=true suspect=false")
	expect("and is back", next(second, false), "c 0 gone=false suspect=false")
	expect("leaving", []Report{p.leave(now)}, " 0 gone=true suspect=false")
}

func TestANodeThatIsToldOfALaterLifeOfItsOwnTakesOneAboveIt(t *testing.T) {
	t.Parallel()
	pace := DefaultPace()
	p := newPublisher("n", 7, &pace, rand.Float64)
	p.next(epoch, []health.Sight{{Cluster: "c"}, sight("a", 1)}, false)
	for _, r := range []Report{{Incarnation: 6, Sequence: 99}, {Incarnation: 7, Sequence: 3}} {
		if p.heard(&r) {
			t.Errorf("%+v is later", r)
		}
	}
	if !p.heard(&Report{Incarnation: 7, Sequence: 4}) || p.incarnation != 8 {
		t.Errorf("the incarnation is %d, want 8", p.incarnation)
	}
	if got := p.next(epoch, []health.Sight{{Cluster: "c"}, sight("a", 1)}, false); len(got) != 3 {
		t.Errorf("said %+v, want all of it again", got)
	}
	if !p.heard(&Report{Incarnation: maxNumber, Sequence: 1}) || p.incarnation > maxNumber {
		t.Errorf("the incarnation is %d, which nobody would take", p.incarnation)
	}
}

// What was taken back is kept in memory everywhere, so it may not become more and more.
func TestEndpointsThatComeAndGoDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	pace := DefaultPace()
	p := newPublisher("n", 1, &pace, rand.Float64)
	s := newState()
	most := 0
	for i := range 3 * takenBack {
		for _, sights := range [][]health.Sight{
			{{Cluster: "c"}, sight(fmt.Sprint(i), 1)}, {{Cluster: "c"}},
		} {
			for _, r := range p.next(epoch, sights, false) {
				s.merge(&r, epoch)
			}
		}
		most = max(most, len(s.observers["n"].reports), len(p.said))
	}
	if most > takenBack+10 || p.incarnation == 1 {
		t.Errorf("up to %d reports are kept", most)
	}
	if p.back != len(p.said)-2 {
		t.Errorf("%d of %d are said to be taken back", p.back, len(p.said))
	}
}
