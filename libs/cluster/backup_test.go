package cluster

import (
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/rendezvous"
)

// withBackup is a document whose last endpoint is a backup.
func withBackup(policy string, weights ...int) *config.Document {
	d := balanced(policy, "", weights...)
	d.Clusters[0].Endpoints[len(weights)-1].Backup = true
	return d
}

func TestABackupGetsNothingWhileOthersCan(t *testing.T) {
	for _, policy := range []string{"round_robin", "least_request", "hash"} {
		s := newSet(t, withBackup(policy, 1, 1, 1))
		c := s.At(0)
		chosen := func() (got [3]int) {
			for i := range 300 {
				e := c.Pick()
				if c.Key() != nil {
					e = c.PickFor(rendezvous.Mix(uint64(i)))
				}
				got[index(c, e)]++
			}
			return got
		}
		if got := chosen(); got[2] > 0 || got[0] < 100 || got[1] < 100 {
			t.Errorf("%s: picked %v", policy, got)
		}
		for i := range 2 {
			for range 20 {
				c.endpoints[i].Health.Record(health.ConnectFailure)
			}
		}
		s.look(after(1), false)
		if got := chosen(); got[2] < 280 {
			t.Errorf("%s: with all others out picked %v", policy, got)
		}
		if st := s.States()[0].Endpoints[2]; !st.Backup || st.Effective != 1 {
			t.Errorf("%s: the state is %+v", policy, st)
		}
		c.endpoints[1].Health.Record(health.Success)
		s.look(after(2), false)
		if got := chosen(); got[2] > 0 || got[1] < 280 {
			t.Errorf("%s: with one back picked %v", policy, got)
		}
	}
}

// A retry goes to a backup when there is nobody else left.
func TestABackupIsTheLastToBeTried(t *testing.T) {
	c := newSet(t, withBackup("round_robin", 1, 1, 0, 1)).At(0)
	tried := map[*Endpoint]bool{}
	var order []int
	for e := c.Pick(); e != nil; {
		order = append(order, index(c, e))
		tried[e] = true
		e = c.PickUntried(func(e *Endpoint) bool { return tried[e] })
	}
	if !slices.Equal(order, []int{0, 1, 3}) || c.Choices() != 3 {
		t.Errorf("tried %v of %d", order, c.Choices())
	}
	only := newSet(t, withBackup("round_robin", 1, 1)).At(0)
	if e := only.PickOther(only.Pick()); index(only, e) != 1 {
		t.Error("after the only other one no backup was tried")
	}
}

// A reload in an outage keeps to the backups.
func TestAReloadKeepsBackupsServing(t *testing.T) {
	s := newSet(t, withBackup("round_robin", 1, 1))
	c := s.At(0)
	for range 20 {
		c.endpoints[0].Health.Record(health.ConnectFailure)
	}
	s.look(after(1), false)
	swap(t, s, withBackup("hash", 1, 1))
	if got := s.At(0).judged.Weights(); !slices.Equal(got, []int{1, 100}) {
		t.Errorf("after a reload the weights are %v", got)
	}
}
