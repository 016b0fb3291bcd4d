package health_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

func many(n int) []health.Configured {
	endpoints := make([]health.Configured, n)
	for i := range endpoints {
		endpoints[i] = health.Configured{
			Address: fmt.Sprintf("10.0.%d.%d:80", i/256, i%256), Weight: 1,
		}
	}
	return endpoints
}

func TestRecordingAllocatesNothing(t *testing.T) {
	e := health.NewRegistry().Cluster("c", health.Settings{}, many(2)).Endpoint(1)
	if n := testing.AllocsPerRun(1000, func() { e.Record(health.Reset) }); n != 0 {
		t.Errorf("Record allocates %v times", n)
	}
	if n := testing.AllocsPerRun(1000, func() { e.RecordActive(health.Reset) }); n != 0 {
		t.Errorf("RecordActive allocates %v times", n)
	}
}

func TestJudgingAllocatesNothingWhileWeightsStay(t *testing.T) {
	for name, outcome := range map[string]health.Outcome{
		"all well": health.Success, "all bad": health.Reset,
	} {
		c := health.NewRegistry().Cluster("c", health.Settings{}, many(100))
		now := time.Unix(1000, 0)
		round := func() {
			for i := range c.Len() {
				for range 5 {
					c.Endpoint(i).Record(outcome)
				}
			}
			now = now.Add(250 * time.Millisecond)
			if c.Judge(now) {
				t.Fatalf("%s: weights changed", name)
			}
		}
		if n := testing.AllocsPerRun(100, round); n != 0 {
			t.Errorf("%s: a round allocates %v times", name, n)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	e := health.NewRegistry().Cluster("c", health.Settings{}, many(1)).Endpoint(0)
	b.ReportAllocs()
	for b.Loop() {
		e.Record(health.Success)
	}
}

// All goroutines at one endpoint, the worst case.
func BenchmarkRecordContended(b *testing.B) {
	e := health.NewRegistry().Cluster("c", health.Settings{}, many(1)).Endpoint(0)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			e.Record(health.Success)
		}
	})
}

func BenchmarkJudge10000(b *testing.B) {
	c := health.NewRegistry().Cluster("c", health.Settings{}, many(10_000))
	now := time.Unix(1000, 0)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(250 * time.Millisecond)
		c.Judge(now)
	}
}

// The bad round: half of the endpoints change their weight.
func BenchmarkJudge10000Changing(b *testing.B) {
	c := health.NewRegistry().Cluster("c", health.Settings{}, many(10_000))
	now := time.Unix(1000, 0)
	for round := 0; b.Loop(); round++ {
		b.StopTimer()
		for i := range c.Len() / 2 {
			for k := range 10 {
				if k < round%8 {
					c.Endpoint(i).Record(health.Reset)
				} else {
					c.Endpoint(i).Record(health.Success)
				}
			}
		}
		now = now.Add(time.Second)
		b.StartTimer()
		c.Judge(now)
	}
}

// A fleet of 200 nodes that all report the same 100 of 10,000 endpoints.
func BenchmarkJudge10000Reported(b *testing.B) {
	r, now := health.NewRegistry(), time.Unix(1000, 0)
	c := r.Cluster("c", health.Settings{}, many(10_000))
	for i := range 200 {
		r.Hear(reported(fmt.Sprint(i), now))
	}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		c.Judge(now)
	}
}

// One node of 200 says the same once more.
func BenchmarkHear(b *testing.B) {
	r, now := health.NewRegistry(), time.Unix(1000, 0)
	r.Cluster("c", health.Settings{}, many(10_000))
	for i := range 200 {
		r.Hear(reported(fmt.Sprint(i), now))
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Hear(reported("7", now))
	}
}

func reported(name string, now time.Time) health.Witness {
	w := health.Witness{
		Name: name, Heard: now, Holds: time.Hour, Sights: []health.Sight{{Cluster: "c"}},
	}
	for _, e := range many(100) {
		w.Sights = append(w.Sights, health.Sight{Cluster: "c", Address: e.Address, Loss: 0.5})
	}
	return w
}

// What a node with 10,000 endpoints, 100 of them weak, does each time it looks what it has to tell.
func BenchmarkSights10000(b *testing.B) {
	r, now := health.NewRegistry(), time.Unix(1000, 0)
	c := r.Cluster("c", health.Settings{}, many(10_000))
	for i := range 100 {
		for range 10 {
			c.Endpoint(i).Record(health.Reset)
		}
	}
	c.Judge(now)
	b.ReportAllocs()
	for b.Loop() {
		if sights, _ := r.Sights(now); len(sights) != 101 {
			b.Fatal(len(sights))
		}
	}
}
