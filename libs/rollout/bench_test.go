package rollout

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// BenchmarkDecide is one look at a thousand nodes in the middle of a rollout, each with a minute of
// traffic. The driver looks up to five times a second.
func BenchmarkDecide(b *testing.B) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	m := New(DefaultSettings(), State{}, now)
	spec := Spec{
		Gates: DefaultGates(), Steps: []Step{{Percent: 25, Bake: time.Hour}, {Percent: 100}},
	}
	for i := range 1000 {
		m.Seen(now, Hello{Name: fmt.Sprintf("n%d", i), Boot: "b"})
	}
	if err := m.Apply(m.Publish(now, Record{Digest: "A", Spec: &spec})); err != nil {
		b.Fatal(err)
	}
	for r, ok := m.Decide(now); ok; r, ok = m.Decide(now) {
		if err := m.Apply(r); err != nil {
			b.Fatal(err)
		}
	}
	traffic := Traffic{Requests: 100}
	for i := range 14 {
		traffic.Latency = append(traffic.Latency, Bucket{
			Bound: math.Pow(2, float64(i)) / 1000, Count: 7,
		})
	}
	for range 60 {
		now = now.Add(time.Second)
		for _, n := range m.Nodes() {
			a := m.Assignment(n.Name)
			m.Answered(now, n.Name, Answer{Revision: a.Revision, Digest: a.Digest, Applied: true})
			m.Heard(now, n.Name, a.Digest, a.Revision, traffic)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if r, ok := m.Decide(now); ok {
			b.Fatalf("%+v", r)
		}
	}
}
