package health_test

import (
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// Recorders of two plans, a judge that turns the window, readers and reloads at once: nothing
// tears, and no outcome gets lost.
func TestRecordersJudgeAndReloadsTogether(t *testing.T) {
	const recorders, each = 8, 20_000
	r := health.NewRegistry()
	settings := health.Settings{Window: time.Hour}
	endpoints := many(4)
	now := time.Unix(1000, 0)
	first := r.Cluster("c", settings, endpoints)
	first.Judge(now)

	var recording, others sync.WaitGroup
	for g := range recorders {
		recording.Go(func() {
			c := first
			for k := range each {
				if k == each/2 {
					c = r.Cluster("c", settings, endpoints)
				}
				c.Endpoint((g + k) % 4).Record(health.Outcome(k % 7))
				c.Endpoint(k % 4).RecordActive(health.Outcome(k % 7))
				if len(c.Weights()) != 4 {
					t.Error("no weights")
				}
			}
		})
	}
	done := make(chan struct{})
	others.Go(func() {
		for round := 0; ; round++ {
			select {
			case <-done:
				return
			default:
			}
			if round < 8 { // the window has ten buckets, and all that is recorded must stay in it
				now = now.Add(settings.Window / 10)
			}
			first.Judge(now)
			first.Verdicts()
		}
	})
	others.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			r.NextPlan()
			r.Cluster("c", settings, endpoints).Verdicts()
		}
	})
	others.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			sights, suspect := r.Sights(time.Unix(1000, 0))
			name := string(rune('a' + i%3))
			r.Hear(health.Witness{
				Name: name, Heard: time.Unix(1000, 0), Holds: time.Minute, Suspect: suspect,
				Sights: sights,
			})
			if i%5 == 0 {
				r.Forget(name)
			}
		}
	})
	recording.Wait()
	close(done)
	others.Wait()

	first.Judge(now)
	var sum uint64
	for _, v := range first.Verdicts() {
		sum += v.Counts.Total()
	}
	if sum != recorders*each {
		t.Errorf("%d of %d outcomes in the window", sum, recorders*each)
	}
}
