package gossip

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

func key(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

// Packets are decrypted while keys change; run with -race.
func TestKeysChangeWhileTheyAreUsed(t *testing.T) {
	t.Parallel()
	all := [][]byte{key(1, 16), key(2, 24), key(3, 32), key(4, 16)}
	ring, err := newKeyring(all[:1])
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	stop := make(chan struct{})
	group.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, k := range ring.GetKeys() {
				if len(k) == 0 || k[0] != k[len(k)-1] {
					t.Errorf("a key that nobody gave: %x", k)
				}
			}
		}
	})
	rng := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		var keys [][]byte
		for _, i := range rng.Perm(len(all))[:1+rng.IntN(len(all))] {
			keys = append(keys, all[i])
		}
		if err := rekey(ring, keys); err != nil {
			t.Fatal(err)
		}
		got := ring.GetKeys()
		if len(got) != len(keys) || !bytes.Equal(ring.GetPrimaryKey(), keys[0]) {
			t.Fatalf("%x, want %x", got, keys)
		}
		for _, k := range keys {
			if !holds(got, k) {
				t.Fatalf("%x, want %x", got, keys)
			}
		}
	}
	close(stop)
	group.Wait()
}

func TestAFullInboxDropsTheOldest(t *testing.T) {
	t.Parallel()
	in := newInbox()
	for i := range inboxMessages + 10 {
		in.put(fmt.Append(nil, i))
	}
	messages, dropped := in.take()
	if dropped != 10 || len(messages) != inboxMessages || string(messages[0]) != "10" {
		t.Errorf("dropped %d, have %d, the first is %s", dropped, len(messages), messages[0])
	}
	big := make([]byte, maxState+100)
	for range 12 {
		in.put(big)
	}
	messages, dropped = in.take()
	size := 0
	for _, m := range messages {
		size += len(m)
	}
	if dropped == 0 || size > inboxBytes {
		t.Errorf("dropped %d, %d bytes are kept", dropped, size)
	}
	if messages, dropped := in.take(); len(messages) != 0 || dropped != 0 {
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
