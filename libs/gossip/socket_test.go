package gossip

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func quiet() *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	return l
}

// onLoopback starts a ring on loopback, which the end of the test ends.
func onLoopback(t *testing.T, change func(*Options)) *Ring {
	t.Helper()
	o := Options{
		Info: Info{Role: "edge", Version: "1", Digest: "d"}, Bind: "127.0.0.1:0",
		Local: health.NewRegistry(), Log: quiet(),
	}
	change(&o)
	r, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestRealNodesMeetByNameAndKnowEachOther(t *testing.T) {
	t.Parallel()
	keys := [][]byte{key(7, 32)}
	a := onLoopback(t, func(o *Options) { o.Keys = keys })
	_, port, _ := strings.Cut(a.Address(), ":")
	b := onLoopback(t, func(o *Options) {
		o.Keys, o.Join, o.Info.Role = keys, []string{"localhost:" + port}, "relay"
	})
	testkit.Eventually(t, "they meet", func() bool {
		return len(a.Members()) == 2 && len(b.Members()) == 2
	})
	if m := a.Members()[1]; m.Name != "relay@"+b.Address() ||
		m.Info != (Info{Role: "relay", Version: "1", Digest: "d"}) || m.Address != b.Address() {
		t.Errorf("the other is %+v", m)
	}
	if err := b.Set(nil, keys, Info{Role: "relay", Version: "1", Digest: "another"}); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "what it says of itself is told", func() bool {
		return a.Members()[1].Info.Digest == "another"
	})
	testkit.Eventually(t, "it has answered", func() bool { return a.Members()[1].RoundTrip > 0 })

	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(a.Collector()); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		got[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
	}
	if got["gateway_gossip_members"] != 2 || len(got) < 9 {
		t.Errorf("the metrics are %v", got)
	}
}

func TestTroubleIsToldAtTheStart(t *testing.T) {
	t.Parallel()
	taken := onLoopback(t, func(*Options) {})
	for what, change := range map[string]func(*Options){
		"there has to be a key":  func(o *Options) { o.Bind = "0.0.0.0:0" },
		"a key":                  func(o *Options) { o.Keys = [][]byte{key(1, 15)} },
		"address already in use": func(o *Options) { o.Bind = taken.Address() },
		"gossip.advertise":       func(o *Options) { o.Advertise = "nowhere" },
		"no name for a node":     func(o *Options) { o.Name = "a\nb" },
		"set gossip.advertise": func(o *Options) {
			o.Bind, o.Keys = "[::]:0", [][]byte{key(1, 16)}
		},
		"the version": func(o *Options) {
			o.Info.Version = strings.Repeat("x", maxInfo+1)
		},
	} {
		o := Options{Info: Info{Role: "edge"}, Bind: "127.0.0.1:0", Log: quiet()}
		change(&o)
		if _, err := New(t.Context(), o); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestEncryptionIsNotTurnedOnOrOffWhileRunning(t *testing.T) {
	t.Parallel()
	open := onLoopback(t, func(*Options) {})
	if err := open.Set(nil, [][]byte{key(1, 16)}, Info{}); err == nil {
		t.Error("it was turned on")
	}
	closed := onLoopback(t, func(o *Options) { o.Keys = [][]byte{key(1, 16)} })
	if err := closed.Set(nil, nil, Info{}); err == nil {
		t.Error("it was turned off")
	}
	if err := closed.Set(nil, [][]byte{key(1, 16), key(1, 3)}, Info{}); err == nil ||
		closed.keys.Count() != 1 {
		t.Error("a key that is none was taken")
	}
}

func TestARingThatIsNotRunGivesItsAddressBack(t *testing.T) {
	t.Parallel()
	o := Options{Info: Info{Role: "edge"}, Bind: "127.0.0.1:0", Log: quiet()}
	r, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	o.Bind = r.Address()
	if r, err = New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}
