package timeline_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

func BenchmarkAppend(b *testing.B) {
	s := fresh(b, timeline.Options{MaxEvents: 20_000})
	batch := make([]timeline.Event, 1000)
	for i := range batch {
		batch[i] = event(address(i), "edge-1", timeline.Weak)
	}
	for b.Loop() { // a thousand events and one wait for the disk
		appendAll(b, s, batch...)
	}
}

func BenchmarkAsk(b *testing.B) {
	s := fresh(b, timeline.Options{})
	for range 100 {
		batch := make([]timeline.Event, 1000)
		for i := range batch {
			batch[i] = event(address(i), "edge-1", timeline.Weak)
		}
		appendAll(b, s, batch...)
	}
	b.Run("an endpoint", func(b *testing.B) {
		for b.Loop() {
			if events, _, err := s.Events(timeline.Query{
				Cluster: "users", Endpoint: address(5),
			}); err != nil || len(events) != 100 {
				b.Fatal(len(events), err)
			}
		}
	})
	b.Run("flapping", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Flapping(time.Time{}, 3); err != nil {
				b.Fatal(err)
			}
		}
	})
}
