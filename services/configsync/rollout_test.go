package main_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// steps are one node, half of them, all, with a bake time each. How long requests take is not
// looked at: it is the machine's.
func steps(bake time.Duration) *configpb.Rollout {
	off := -1.0
	step := func(r *configpb.Step) *configpb.Step {
		r.Bake = durationpb.New(bake)
		return r
	}
	return &configpb.Rollout{
		Steps: []*configpb.Step{
			step(&configpb.Step{Reach: &configpb.Step_Count{Count: 1}}),
			step(&configpb.Step{Reach: &configpb.Step_Percent{Percent: 50}}),
			step(&configpb.Step{Reach: &configpb.Step_Percent{Percent: 100}}),
		},
		Gates: &configpb.Gates{MaxP99Increase: &off},
	}
}

// Five edges under load get a good configuration in three steps, and no request is lost; then one
// that is valid and leads to a dead port, which two of them get for a few seconds.
func TestFiveEdgesUnderLoad(t *testing.T) {
	p := newProcess(t, "--store", store(t))
	client := p.connect(t)
	s := startSite(t, p.Address)
	connected(t, client)
	v1 := publish(t, client, &configpb.PublishRequest{
		Config: s.config("v1", false), Rollout: steps(0),
	})
	if got, why := outcome(t, client, v1.GetRevision(), 30*time.Second); got != "good" {
		t.Fatalf("the first is %s: %s", got, why)
	}
	s.load(t, "v1")

	began := time.Now()
	v2 := publish(t, client, &configpb.PublishRequest{
		Config: s.config("v2", false), Rollout: steps(2 * time.Second),
	})
	if got, why := outcome(t, client, v2.GetRevision(), 60*time.Second); got != "good" {
		t.Fatalf("the good one is %s: %s", got, why)
	}
	s.all(t, testkit.Deadline, "v2")
	took := time.Since(began)
	t.Logf("a good one: three steps of 2 s each in %s", took.Round(time.Millisecond))

	began = time.Now()
	bad := publish(t, client, &configpb.PublishRequest{
		Config: s.config("bad", true), Rollout: steps(30 * time.Second),
	})
	got, why := outcome(t, client, bad.GetRevision(), 30*time.Second)
	if got != "undone" || !strings.Contains(why, "5xx") && !strings.Contains(why, "connect") {
		t.Fatalf("the bad one is %s: %s", got, why)
	}
	s.all(t, testkit.Deadline, "v2")
	took = time.Since(began)
	touched := s.touched(failing)
	if len(touched) > 2 { // one, and one that bears it out
		t.Errorf("edges %v had the bad one", touched)
	}
	requests, failed := s.intact(t, touched...)
	t.Logf("a bad one: undone on edge %v after %s (%s); %d of %d requests failed, all there",
		touched, took.Round(time.Millisecond), why, failed, requests)
	if took > 10*time.Second {
		t.Errorf("it took %s to undo", took)
	}
}

// A node whose own trial fails goes back by itself, says so, and the rollout is taken back
// everywhere, though no gate of config-sync has looked.
func TestANodesOwnTrialTakesARolloutBack(t *testing.T) {
	p := newProcess(t, "--store", store(t))
	client := p.connect(t)
	s := startSite(t, p.Address)
	connected(t, client)
	v1 := publish(t, client, &configpb.PublishRequest{
		Config: s.config("v1", false), Rollout: steps(0),
	})
	if got, why := outcome(t, client, v1.GetRevision(), 30*time.Second); got != "good" {
		t.Fatalf("the first is %s: %s", got, why)
	}
	s.load(t, "v1")
	off := -1.0
	blind := steps(30 * time.Second)
	blind.Gates = &configpb.Gates{
		MaxP99Increase: &off, Max_5XxIncrease: &off, MaxConnectFailuresIncrease: &off,
	}
	config := append(s.config("bad", true), "reload: {trial: 20s, max_error_increase: 10%}\n"...)
	bad := publish(t, client, &configpb.PublishRequest{Config: config, Rollout: blind})
	got, why := outcome(t, client, bad.GetRevision(), 30*time.Second)
	if got != "undone" || !strings.Contains(why, "rolled back") {
		t.Errorf("it is %s: %s", got, why)
	}
	s.all(t, 15*time.Second, "v1")
	touched := s.touched(failing)
	if len(touched) != 1 {
		t.Errorf("edges %v had it", touched)
	}
	s.intact(t, touched...)
	t.Logf("undone: %s", why)
}

// connected waits until all edges are.
func connected(t *testing.T, client configpb.ConfigSyncClient) {
	t.Helper()
	testkit.Within(t, time.Minute, "all edges are connected", func() bool {
		st, err := client.Status(deadline(t), &configpb.StatusRequest{})
		return err == nil && st.GetConnected() == edges
	})
}
