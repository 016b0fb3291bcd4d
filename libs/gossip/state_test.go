package gossip

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

var epoch = time.Unix(1_800_000_000, 0)

// someReport is a report that few others are about, so that they meet.
func someReport(rng *rand.Rand) Report {
	r := Report{
		Observer:    fmt.Sprint("node-", rng.IntN(3)),
		Incarnation: 1 + rng.Uint64N(3), Sequence: 1 + rng.Uint64N(6),
		Suspect: rng.IntN(4) == 0, Gone: rng.IntN(6) == 0,
		Age: time.Duration(rng.IntN(5000)) * time.Millisecond,
	}
	if rng.IntN(5) > 0 {
		r.Sight.Cluster = fmt.Sprint("c", rng.IntN(2))
		if rng.IntN(5) > 0 {
			r.Sight.Address = fmt.Sprint("a", rng.IntN(4))
			r.Sight.Loss = float64(rng.IntN(4)) / 4
			r.Sight.Down = rng.IntN(3) == 0
			r.Sight.Main = health.Outcome(rng.IntN(7))
			r.Sight.Requests = rng.Uint64N(100)
			r.Sight.Failed = rng.Uint64N(r.Sight.Requests + 1)
		}
	}
	return r
}

// holds returns what holds, without the times.
func (s *state) holds() string {
	var lines []string
	for name, o := range s.observers {
		for key, h := range o.reports {
			lines = append(lines, fmt.Sprintf("%s/%d %v %x", name, o.incarnation, key, h.content()))
		}
		lines = append(lines, fmt.Sprint(name, " ", o.incarnation, o.suspect(), o.left()))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

func TestMergingInAnyOrderAnyNumberOfTimesGivesTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 7))
		all := make([]Report, 1+rng.IntN(40))
		for i := range all {
			all[i] = someReport(rng)
		}
		most := 2 + rng.IntN(8) // often too few
		want := ""
		for range 4 {
			s := newState()
			s.most = most
			order := rng.Perm(len(all))
			for range rng.IntN(3) {
				order = append(order, rng.Perm(len(all))...)
			}
			for _, i := range order {
				s.merge(&all[i], epoch.Add(time.Duration(i)*time.Second))
			}
			if got := s.holds(); want == "" {
				want = got
			} else if got != want {
				t.Fatalf("seed %d:\n%s\n%s", seed, got, want)
			}
		}
	}
}

// Nodes that missed different reports have the same after they exchanged their states,
// whichever of them began.
func TestExchangingStatesMakesUpForWhatWasLost(t *testing.T) {
	t.Parallel()
	names := []string{"node-0", "node-1", "node-2"}
	exchange := func(from, to *state) {
		if err := decode(from.encode(names, epoch), func(r Report) {
			to.merge(&r, epoch)
		}); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 8))
		all := newState()
		parts := []*state{newState(), newState(), newState()}
		for range 60 {
			r := someReport(rng)
			r.Sight.Share = 0
			all.merge(&r, epoch)
			// All but the node that said it may have missed it.
			parts[rng.IntN(3)].merge(&r, epoch)
			for _, p := range parts {
				if rng.IntN(2) == 0 {
					p.merge(&r, epoch)
				}
			}
		}
		for _, i := range rng.Perm(3) {
			for _, j := range rng.Perm(3) {
				exchange(parts[i], parts[j])
			}
		}
		for _, i := range rng.Perm(3) {
			for _, j := range rng.Perm(3) {
				exchange(parts[i], parts[j])
			}
		}
		for i, p := range parts {
			if got, want := p.holds(), all.holds(); got != want {
				t.Fatalf("seed %d, node %d:\n%s\n%s", seed, i, got, want)
			}
		}
	}
}

func TestALaterLifeOfAnObserverMakesTheEarlierOneVoid(t *testing.T) {
	t.Parallel()
	s := newState()
	for i := range 3 {
		r := Report{
			Observer: "n", Incarnation: 1, Sequence: uint64(i + 1),
			Sight: health.Sight{Cluster: "c", Address: fmt.Sprint(i), Loss: 1},
		}
		if s.merge(&r, epoch) != mergedNew {
			t.Fatal("not new")
		}
	}
	late := Report{Observer: "n", Incarnation: 2, Sequence: 1, Sight: health.Sight{Cluster: "c"}}
	if s.merge(&late, epoch) != mergedNew || len(s.observers["n"].reports) != 1 {
		t.Errorf("what the earlier life said still holds: %s", s.holds())
	}
	old := Report{
		Observer: "n", Incarnation: 1, Sequence: 99,
		Sight: health.Sight{Cluster: "c", Address: "1", Loss: 1},
	}
	if s.merge(&old, epoch) != mergedOld {
		t.Error("the earlier life goes on")
	}
}

func TestStrangersFillNoMemory(t *testing.T) {
	t.Parallel()
	s := newState()
	full := false
	for i := range maxObservers + 5 {
		r := Report{Observer: fmt.Sprint("n", i), Incarnation: 1, Sequence: 1}
		full = s.merge(&r, epoch) == mergedFull
	}
	if !full || len(s.observers) != maxObservers {
		t.Errorf("%d observers", len(s.observers))
	}
	s.most = 10
	for i := range 100 {
		r := Report{
			Observer: "n0", Incarnation: 1, Sequence: uint64(i + 1),
			Sight: health.Sight{Cluster: "c", Address: fmt.Sprint(i)},
		}
		s.merge(&r, epoch)
	}
	if n := len(s.observers["n0"].reports); n != 10 {
		t.Errorf("%d reports", n)
	}
}

// The age of a report grows at every node that holds it, and no clock of another is in it.
func TestAgesGrowWithEachHolder(t *testing.T) {
	t.Parallel()
	a, b := newState(), newState()
	r := Report{
		Observer: "n", Incarnation: 1, Sequence: 1,
		Sight: health.Sight{Cluster: "c", Address: "a", Loss: 1}, Age: 2 * time.Second,
	}
	a.merge(&r, epoch)
	hourAhead := epoch.Add(time.Hour)
	if err := decode(a.encode([]string{"n"}, epoch.Add(3*time.Second)), func(r Report) {
		b.merge(&r, hourAhead)
	}); err != nil {
		t.Fatal(err)
	}
	if got := b.reports("n", hourAhead.Add(time.Second))[0].Age; got != 6*time.Second {
		t.Errorf("the age is %v, want 6s", got)
	}
	for age, want := range map[time.Duration]int{0: 1, 4 * time.Second: 1, 6 * time.Second: 0} {
		if sights, _ := b.sights("n", hourAhead.Add(age), 10*time.Second); len(sights) != want {
			t.Errorf("%d sights %v later, want %d", len(sights), age, want)
		}
	}
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 9))
		r := someReport(rng)
		var got []Report
		if err := decode(withAge(encodeDelta(&r), r.Age), func(r Report) {
			got = append(got, r)
		}); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0] != r {
			t.Fatalf("%+v became %+v", r, got)
		}
	}
}

// The longest report there is fits in a packet with all that memberlist puts around it.
func TestTheLongestReportFitsInAPacket(t *testing.T) {
	t.Parallel()
	name := func(n int) string { return string(bytes.Repeat([]byte("x"), n)) }
	r := Report{
		Observer: name(maxName), Incarnation: maxNumber, Sequence: maxNumber, Suspect: true,
		Gone: true,
		Sight: health.Sight{
			Cluster: name(maxText), Address: name(maxText), Loss: 1, Share: 1,
			Requests: maxRequests, Failed: maxRequests, Main: health.Slow, Down: true,
		},
	}
	b := encodeDelta(&r)
	if len(b) > maxDelta {
		t.Errorf("%d bytes, %d is the most", len(b), maxDelta)
	}
	if err := decode(b, func(Report) {}); err != nil {
		t.Error(err)
	}
}

func TestHostileMessagesAreRefused(t *testing.T) {
	t.Parallel()
	good := Report{
		Observer: "n", Incarnation: 1, Sequence: 1,
		Sight: health.Sight{Cluster: "c", Address: "a", Loss: 1},
	}
	with := func(change func(*Report)) []byte {
		r := good
		change(&r)
		return encodeDelta(&r)
	}
	b := encodeDelta(&good)
	s := newState()
	s.merge(&good, epoch)
	whole := s.encode([]string{"n"}, epoch)
	cases := map[string][]byte{
		"nothing": {}, "one byte": {version}, "another kind": {version, 9, 0, 0, 0, 0, 0},
		"more behind a delta": append(slices.Clone(b), 0),
		"more behind a state": append(slices.Clone(whole), 0),
		"no observer":         with(func(r *Report) { r.Observer = "" }),
		"a long observer": with(func(r *Report) {
			r.Observer = string(make([]byte, maxName+1))
		}),
		"control characters": with(func(r *Report) { r.Observer = "a\nb" }),
		"no text":            with(func(r *Report) { r.Sight.Address = "\xff" }),
		"no cluster":         with(func(r *Report) { r.Sight.Cluster = "" }),
		"no incarnation":     with(func(r *Report) { r.Incarnation = 0 }),
		"too late a life":    with(func(r *Report) { r.Incarnation = maxNumber + 1 }),
		"no sequence":        with(func(r *Report) { r.Sequence = 0 }),
		"texts without end":  {version, kindState, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"too long":           make([]byte, maxState+1),
	}
	cases["too long"][0], cases["too long"][1] = version, kindState
	for i := range len(b) - 1 {
		cases[fmt.Sprintf("a delta cut at %d", i)] = b[:i]
	}
	for i := range len(whole) - 1 {
		cases[fmt.Sprintf("a state cut at %d", i)] = whole[:i]
	}
	for name, b := range cases {
		if err := decode(b, func(Report) {}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	b[0] = version + 1
	if err := decode(b, func(Report) {
		t.Error("a report of another version")
	}); err != errVersion {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := newState()
	for range 20 {
		r := someReport(rng)
		f.Add(encodeDelta(&r))
		s.merge(&r, epoch)
	}
	f.Add(s.encode([]string{"node-0", "node-1"}, epoch))
	f.Fuzz(func(t *testing.T, b []byte) {
		into := newState()
		_ = decode(b, func(r Report) {
			if !r.valid() || r.Sight.Loss < 0 || r.Sight.Loss > 1 || r.Age < 0 {
				t.Fatalf("%+v", r)
			}
			into.merge(&r, epoch)
		})
		var names []string
		for name := range into.observers {
			names = append(names, name)
		}
		again := newState()
		if err := decode(into.encode(names, epoch), func(r Report) {
			again.merge(&r, epoch)
		}); err != nil {
			t.Fatal(err)
		}
		if again.holds() != into.holds() {
			t.Fatalf("%s\n%s", again.holds(), into.holds())
		}
	})
}

func FuzzDecodeMeta(f *testing.F) {
	f.Add((&meta{Info: Info{Role: "edge", Version: "1", Digest: "d"}, life: 1 << 40}).encode())
	f.Add((&meta{
		Info: Info{Role: "edge", Version: "1", Digest: "d", SnapshotDigest: "s"}, life: 7,
	}).encode())
	f.Add((&meta{
		Info: Info{Role: "edge", Version: "1", Digest: "d", SharedDigest: "s"}, life: 7,
	}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeMeta(b)
		if err != nil || b[0] != version {
			return
		}
		if again, err := decodeMeta(m.encode()); err != nil || again != m {
			t.Fatalf("%+v, %v", again, err)
		}
	})
}

func TestWhatANodeSaysOfItselfFits(t *testing.T) {
	t.Parallel()
	long := string(bytes.Repeat([]byte("x"), maxInfo))
	digest := long[:maxDigest]
	info := meta{
		Info: Info{
			Role: long, Version: long, Digest: digest, SnapshotDigest: digest, SharedDigest: digest,
		}, life: maxNumber,
	}
	if again, err := decodeMeta(info.encode()); err != nil || again != info {
		t.Errorf("it is read as %+v, %v", again, err)
	}
	if err := info.check(); err != nil {
		t.Error(err)
	}
	if n := len(info.encode()); n > maxMeta {
		t.Errorf("%d bytes, memberlist takes %d", n, maxMeta)
	}
	info.Role += "x"
	if info.check() == nil {
		t.Error("more is taken")
	}
}
