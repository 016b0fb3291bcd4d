package gossip

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// hearing is a node on loopback that can be told of failures.
type hearing struct {
	*Ring
	cluster *health.Cluster
	stop    func()
}

// pair starts two nodes that know each other.
func pair(t *testing.T, key []byte) (nodes [2]hearing) {
	t.Helper()
	return pairThatRemembers(t, key, nil)
}

// pairThatRemembers is pair, where both remember something by ID.
func pairThatRemembers(
	t *testing.T, key []byte, memory map[string][]byte,
) (nodes [2]hearing) {
	t.Helper()
	var keys [][]byte
	if key != nil {
		keys = [][]byte{key}
	}
	t.Cleanup(func() { // memberlist's last goroutines wait for answers that do not come
		testkit.Within(t, 30*time.Second, "memberlist has ended", func() bool {
			var b bytes.Buffer
			_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
			return !bytes.Contains(b.Bytes(), []byte("memberlist.(*Memberlist).probe"))
		})
	})
	for i := range nodes {
		registry := health.NewRegistry()
		o := Options{
			Info: Info{Role: "edge", Version: "1", Digest: "d"}, Bind: "127.0.0.1:0",
			Local: registry, Log: quiet(), Keys: keys,
			Answer: func(id string) []byte { return memory[id] },
		}
		if i > 0 {
			o.Join = []string{nodes[0].Address()}
		}
		r, err := New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		ended := false
		stop := func() {
			if ended {
				return
			}
			ended = true
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Error("it does not end")
			}
		}
		t.Cleanup(stop)
		nodes[i] = hearing{Ring: r, stop: stop, cluster: registry.Cluster("users",
			health.Settings{}, []health.Configured{
				{Address: "a:1", Weight: 1}, {Address: "b:1", Weight: 1},
			})}
	}
	testkit.Eventually(t, "they meet", func() bool {
		return len(nodes[0].Members()) == 2 && len(nodes[1].Members()) == 2
	})
	return nodes
}

// stillHear wants that each of two nodes hears what the other sees, and that both can end.
func stillHear(t *testing.T, nodes [2]hearing) {
	t.Helper()
	for i, n := range nodes {
		other := nodes[1-i]
		testkit.Within(t, 30*time.Second, fmt.Sprintf("%d hears the other", 1-i), func() bool {
			for range 20 {
				n.cluster.Endpoint(i).Record(health.ConnectFailure)
				n.cluster.Endpoint(1 - i).Record(health.Success)
			}
			n.cluster.Judge(time.Now())
			for _, s := range other.Standing() {
				if s.Observer == n.Name() && s.Sight.Loss > 0 {
					return true
				}
			}
			return false
		})
	}
	for _, n := range nodes {
		n.stop()
	}
}
