package shares

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// messages are some of each kind.
func messages() (all [][]byte) {
	v := vote{
		name: "edge@10.0.0.1:7946", set: []uint64{1, 2, 1 << 63}, from: 2, life: 9, round: 300,
	}
	for kind := kindAsk; kind <= kindWithdraw; kind++ {
		v.kind = kind
		all = append(all, v.encode())
	}
	r := report{name: "n", life: 7, seq: 1000, digest: 3, leaving: true}
	g := grant{leader: "l", life: 7, seq: 1000, pace: 400, keeps: keepsBase}
	for i := range maxEntries {
		r.entries = append(r.entries, wish{
			id: ID(i) << 40, applied: uint64(900 + i), demand: Whole, unit: Whole / 7,
			base: Whole / 10, extra: Whole / 2,
		})
		g.entries = append(g.entries, given{ID(i) << 40, Whole / 10, Whole / 2})
	}
	return append(all, r.encode(), g.encode(), encodeRelease(7), (&report{name: "n"}).encode())
}

// again takes a message apart and puts it together.
func again(b []byte) ([]byte, error) {
	switch b[0] {
	case kindReport:
		m, err := decodeReport(b)
		return m.encode(), err
	case kindGrant:
		m, err := decodeGrant(b)
		return m.encode(), err
	case kindRelease:
		return b, nil
	}
	m, err := decodeVote(b)
	return m.encode(), err
}

func TestMessagesComeOutAsTheyWentIn(t *testing.T) {
	for _, b := range messages() {
		if len(b) > MaxMessage {
			t.Errorf("a message of kind %d has %d bytes", b[0], len(b))
		}
		if got, err := again(b); err != nil || !bytes.Equal(got, b) {
			t.Errorf("kind %d: %v", b[0], err)
		}
		for i := range len(b) {
			n := New("n", 7, 1, 0)
			if err := n.Receive(time.Second, b[:i]); !errors.Is(err, ErrForm) {
				t.Fatalf("kind %d, %d bytes of %d: %v", b[0], i, len(b), err)
			}
		}
		more := append(bytes.Clone(b), 0)
		if err := New("n", 7, 1, 0).Receive(0, more); !errors.Is(err, ErrForm) {
			t.Errorf("kind %d with a byte more: %v", b[0], err)
		}
	}
}

func TestUnknownKindsAreIgnored(t *testing.T) {
	for kind := 9; kind < 256; kind++ {
		if err := New("n", 7, 1, 0).Receive(0, []byte{byte(kind), 1, 2, 3}); err != nil {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
}

// A node that leads takes anything that a member may send, and never promises more than the whole.
func FuzzReceive(f *testing.F) {
	for _, b := range messages() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := leaderOf(t)
		now := 200 * time.Second
		for range 3 {
			now += 100 * time.Millisecond
			_ = n.Receive(now, b)
			n.Tick(now)
		}
		for id, l := range n.office.limits {
			var sum uint64
			for _, c := range l.claims {
				base, extra := c.promised(now)
				sum += uint64(base) + uint64(extra)
			}
			if sum > Whole {
				t.Fatalf("limit %d: %d are promised", id, sum)
			}
		}
	})
}

// leaderOf is a node that leads alone, and has done so for long.
func leaderOf(t testing.TB) *Node {
	n := New("n", 7, 1, 0)
	n.SetVoters(NewVoters([]Voter{{ID: "n", Node: "n"}}, "n"))
	for now := time.Duration(0); now <= 200*time.Second; now += 100 * time.Millisecond {
		n.needed = now + idle
		n.Tick(now)
	}
	if !n.Leads(200 * time.Second) {
		t.Fatal("it does not lead")
	}
	return n
}

// What strangers with the key may say does not take a leader's memory.
func TestALeaderKeepsNoMoreThanItsBounds(t *testing.T) {
	n := leaderOf(t)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		p := report{name: "x", life: r.Uint64(), seq: 1}
		for range maxEntries {
			p.entries = append(p.entries, wish{id: ID(r.Uint64()), unit: 1, demand: 5})
		}
		if err := n.Receive(200*time.Second+time.Duration(i), p.encode()); err != nil {
			t.Fatal(err)
		}
	}
	o := n.office
	if len(o.takers) > maxTakers || o.claims > maxClaims || len(o.limits) > maxClaims {
		t.Errorf("%d nodes, %d claims, %d limits", len(o.takers), o.claims, len(o.limits))
	}
}
