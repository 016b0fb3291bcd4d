//go:build linux

package main_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Config-sync is killed a hundred times while five edges under load follow it, at random moments of
// rollouts, every third of them bad. The edges serve all the time, requests fail by the dead port
// of a bad one and by nothing else, and none ends on another configuration than the others.
func TestEdgesServeWhileConfigSyncIsKilled(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 5
	}
	p := newProcess(t, "--store", store(t), "--heartbeat", "100ms", "--lost-after", "5s", "--grace",
		"5s")
	client := p.connect(t)
	s := startSite(t, p.Address)
	connected(t, client)
	first := publish(t, client, &configpb.PublishRequest{
		Config: s.config("good-0", false), Rollout: steps(0),
	})
	if got, why := outcome(t, client, first.GetRevision(), 30*time.Second); got != "good" {
		t.Fatalf("the first is %s: %s", got, why)
	}
	s.load(t, "good-0")
	random := rand.New(rand.NewPCG(11, uint64(time.Now().UnixNano())))
	acknowledged := 0
	for i := range kills {
		version, bad := fmt.Sprintf("good-%d", i), i%3 == 1
		if bad {
			version = fmt.Sprintf("bad-%d", i)
		}
		answered := make(chan bool, 1)
		go func() {
			_, err := client.Publish(deadline(t), &configpb.PublishRequest{
				Config: s.config(version, bad), Rollout: steps(200 * time.Millisecond),
				IfBusy: configpb.IfBusy(1 + i%3),
			}, grpc.WaitForReady(true))
			answered <- err == nil
		}()
		after := time.NewTimer(time.Duration(random.Int64N(int64(800 * time.Millisecond))))
		<-after.C
		_ = p.End(syscall.SIGKILL)
		p.Start(t)
		if <-answered {
			acknowledged++
		}
	}
	last := ""
	testkit.Within(t, 4*time.Minute, "all rollouts end", func() bool {
		st, err := client.Status(deadline(t), &configpb.StatusRequest{})
		if err != nil || len(st.GetWaiting()) > 0 || st.GetConnected() != edges {
			return false
		}
		got, err := client.Snapshot(deadline(t), &configpb.SnapshotRequest{
			Digest: st.GetGood().GetDigest(),
		})
		if err != nil {
			return false
		}
		_, rest, _ := strings.Cut(string(got.GetConfig()), "X-Version: \"")
		last, _, _ = strings.Cut(rest, "\"")
		state := st.GetRollout().GetState()
		return state == configpb.RolloutState_ROLLOUT_STATE_DONE ||
			state == configpb.RolloutState_ROLLOUT_STATE_UNDONE
	})
	if !strings.HasPrefix(last, "good-") {
		t.Errorf("the good one is %q", last)
	}
	s.all(t, 30*time.Second, last)
	touched := s.touched(failing)
	requests, failed := s.intact(t, touched...)
	t.Logf("%d kills, %d publishes acknowledged; %d requests, %d failed while edges had a bad "+
		"one; all ended with %s", kills, acknowledged, requests, failed, last)
}

// An edge that was away for some revisions starts from what it had, and then gets what is in force.
// One that never met config-sync and finds it away serves its own file.
func TestAnEdgeThatWasAwayRejoins(t *testing.T) {
	p := newProcess(t, "--store", store(t))
	client := p.connect(t)
	s := startSite(t, p.Address)
	connected(t, client)
	to := func(version string) {
		t.Helper()
		out := publish(t, client, &configpb.PublishRequest{
			Config: s.config(version, false), Rollout: steps(0),
		})
		if got, why := outcome(t, client, out.GetRevision(), 60*time.Second); got != "good" {
			t.Fatalf("%s is %s: %s", version, got, why)
		}
	}
	to("v1")
	for i, e := range s.edges {
		testkit.Eventually(t, fmt.Sprintf("edge-%d serves v1", i), func() bool {
			return serves(e, "v1")
		})
	}
	away := s.edges[2]
	away.Kill()
	testkit.Within(t, time.Minute, "it is missed", func() bool {
		st, err := client.Status(deadline(t), &configpb.StatusRequest{})
		return err == nil && st.GetConnected() == edges-1
	})
	to("v2")
	to("v3")
	if _, err := client.Rollback(deadline(t), &configpb.RollbackRequest{}); err != nil { // to v2
		t.Fatal(err)
	}
	if err := p.End(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	s.startEdge(t, 2)
	testkit.Eventually(t, "it serves what it had, without config-sync", func() bool {
		return serves(s.edges[2], "v1")
	})
	p.Start(t)
	testkit.Within(t, time.Minute, "it has what is in force", func() bool {
		return serves(s.edges[2], "v2")
	})
	connected(t, client)
	for i, e := range s.edges {
		testkit.Within(t, time.Minute, fmt.Sprintf("edge-%d serves v2", i), func() bool {
			return serves(e, "v2")
		})
	}
}

// The disk of the history is full: publishes are refused and say so, edges serve, and when there is
// room it goes on.
func TestTheDiskOfTheHistoryIsFull(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
			t.Skip("a small disk needs a mount, which only root may make")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	p := newProcess(t, "--store", filepath.Join(dir, "store"))
	client := p.connect(t)
	s := startSite(t, p.Address)
	connected(t, client)
	v1 := publish(t, client, &configpb.PublishRequest{
		Config: s.config("v1", false), Rollout: steps(0),
	})
	if got, why := outcome(t, client, v1.GetRevision(), 60*time.Second); got != "good" {
		t.Fatalf("the first is %s: %s", got, why)
	}
	s.load(t, "v1")
	hog := filepath.Join(dir, "hog")
	fill(t, hog)
	refused := 0
	for i := range 20 {
		_, err := client.Publish(deadline(t), &configpb.PublishRequest{
			Config: append(s.config(fmt.Sprint("full-", i), false),
				strings.Repeat("#\n", 10<<10)...), Rollout: steps(0),
			IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
		})
		if status.Code(err) == codes.ResourceExhausted {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("%d of 20 publishes were refused on a full disk", refused)
	}
	_ = p.End(syscall.SIGKILL) // and it starts again on the full disk
	p.Start(t)
	connected(t, client)
	if err := os.Remove(hog); err != nil {
		t.Fatal(err)
	}
	v2 := publish(t, client, &configpb.PublishRequest{
		Config: s.config("v2", false), Rollout: steps(0), IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
	})
	if got, why := outcome(t, client, v2.GetRevision(), 60*time.Second); got != "good" {
		t.Fatalf("after it was full: %s: %s", got, why)
	}
	s.all(t, 30*time.Second, "v2")
	s.intact(t)
}

// fill writes until nothing fits any more.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 4096; size > 0; {
		if _, err := f.Write(make([]byte, size)); err == nil {
			continue
		} else if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		size /= 2
	}
}
