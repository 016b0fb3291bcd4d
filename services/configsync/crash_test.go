package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func fast() grpc.ConnectParams {
	return grpc.ConnectParams{
		Backoff: backoff.Config{
			BaseDelay: 20 * time.Millisecond, Multiplier: 1.2, MaxDelay: 200 * time.Millisecond,
		}, MinConnectTimeout: time.Second,
	}
}

// Config-sync is killed a hundred times, at random moments of rollouts good and bad, and started
// again. Whatever it has answered is in the history; nodes get nothing that was not published, and
// revisions that only grow; and in the end all run the last good one.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills := 100
	if testing.Short() {
		kills = 10
	}
	store := filepath.Join(t.TempDir(), "store")
	p := newProcess(t, "--store", store, "--heartbeat", "50ms", "--lost-after", "2s", "--grace",
		"2s", "--bake", "50ms")
	nodes := p.nodes(t, 5)
	client := p.connect(t)
	random := rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano())))
	published, bad := map[string]bool{"": true}, map[string]bool{}
	acknowledged := map[uint64]string{} // by revision
	for i := range kills {
		text := fmt.Sprintf("number %d", i)
		if i%3 == 1 {
			text = fmt.Sprintf("fail: 5xx %d", i)
		}
		config := document(text)
		published[configstore.Digest(config)] = true
		bad[configstore.Digest(config)] = i%3 == 1
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			out, err := client.Publish(ctx, &configpb.PublishRequest{
				Config: config, IfBusy: configpb.IfBusy(1 + i%3), Rollout: &configpb.Rollout{
					Steps: []*configpb.Step{
						{
							Reach: &configpb.Step_Count{Count: 1},
							Bake:  durationpb.New(100 * time.Millisecond),
						},
						{
							Reach: &configpb.Step_Percent{Percent: 100},
							Bake:  durationpb.New(50 * time.Millisecond),
						},
					},
				},
			}, grpc.WaitForReady(true))
			if err == nil && out.GetRevision() > 0 {
				acknowledged[out.GetRevision()] = out.GetDigest()
			}
		}()
		after := time.NewTimer(time.Duration(random.Int64N(int64(400 * time.Millisecond))))
		<-after.C
		_ = p.End(syscall.SIGKILL)
		cancel()
		<-answered
		p.Start(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var st *configpb.StatusResponse
	testkit.Within(t, 90*time.Second, "all rollouts end", func() bool {
		var err error
		st, err = client.Status(ctx, &configpb.StatusRequest{Nodes: true})
		if err != nil || len(st.GetWaiting()) > 0 || st.GetConnected() != uint32(len(nodes)) {
			return false
		}
		state := st.GetRollout().GetState()
		return state == configpb.RolloutState_ROLLOUT_STATE_DONE ||
			state == configpb.RolloutState_ROLLOUT_STATE_UNDONE
	})
	testkit.Within(t, time.Minute, "all nodes run the last good one", func() bool {
		for _, n := range nodes {
			if n.Digest() != st.GetGood().GetDigest() {
				return false
			}
		}
		return true
	})
	if bad[st.GetGood().GetDigest()] {
		t.Errorf("a bad configuration is the good one: %v", st.GetGood())
	}
	for digest := range published {
		if touched := 0; bad[digest] {
			for _, n := range nodes {
				if n.Ran(digest) {
					touched++
				}
			}
			if touched > 2 { // one, and one that bears it out
				t.Errorf("a bad configuration was on %d nodes", touched)
			}
		}
	}
	for _, n := range nodes {
		if err := n.Broken(); err != nil {
			t.Error(err)
		}
	}
	history, err := client.History(ctx, &configpb.HistoryRequest{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	digests := map[uint64]string{}
	last := uint64(1 << 62)
	for _, r := range history.GetRevisions() {
		if r.GetRevision() >= last {
			t.Errorf("revision %d comes after %d", r.GetRevision(), last)
		}
		last = r.GetRevision()
		digests[last] = r.GetDigest()
		if !published[r.GetDigest()] {
			t.Errorf("revision %d has a digest that nobody has published: %s", last, r.GetDigest())
			continue
		}
		if r.GetDigest() == "" {
			continue
		}
		if got, err := client.Snapshot(ctx, &configpb.SnapshotRequest{
			Digest: r.GetDigest(),
		}); err != nil || configstore.Digest(got.GetConfig()) != r.GetDigest() {
			t.Errorf("the snapshot of revision %d: %v", last, err)
		}
	}
	for revision, digest := range acknowledged {
		if digests[revision] != digest {
			t.Errorf("revision %d was acknowledged with %s, and the history has %q", revision,
				digest, digests[revision])
		}
	}
	t.Logf("%d kills, %d revisions, %d acknowledged", kills, len(digests), len(acknowledged))
	if len(acknowledged) < kills/10 {
		t.Errorf("only %d publishes were acknowledged: the test kills too soon", len(acknowledged))
	}
	if err := p.End(syscall.SIGTERM); err != nil {
		t.Errorf("it ends with %v", err)
	}
}
