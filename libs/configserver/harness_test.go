package configserver_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configserver"
	"github.com/gatewayhomebrew/gateway/libs/configserver/fleettest"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A replica is a server on a real socket.
type replica struct {
	server  *configserver.Server
	address string
	client  configpb.ConfigSyncClient
	stop    func()
}

// start serves a store until the test ends or stop is called.
func start(
	t *testing.T, store configstore.Store, creds credentials.TransportCredentials,
	edit func(*configserver.Options),
) *replica {
	t.Helper()
	o := configserver.Options{
		Store: store, Name: "one", Version: "test", Bake: 300 * time.Millisecond,
		Heartbeat: 50 * time.Millisecond,
		Settings:  rollout.Settings{LostAfter: 2 * time.Second, Grace: 3 * time.Second},
	}
	if edit != nil {
		edit(&o)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{server: configserver.New(o), address: l.Addr().String()}
	options := configserver.ServerOptions()
	if creds != nil {
		options = append(options, grpc.Creds(creds))
	}
	g := grpc.NewServer(options...)
	r.server.Register(g)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := r.server.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	group.Go(func() { _ = g.Serve(l) })
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			g.Stop()
			group.Wait()
		})
	}
	t.Cleanup(r.stop)
	if creds == nil {
		conn := dial(t, r.address, insecure.NewCredentials())
		r.client = configpb.NewConfigSyncClient(conn)
	}
	testkit.Eventually(t, "the journal is read", func() bool { return r.server.Ready() == nil })
	return r
}

func dial(t *testing.T, address string, creds credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func folder(t *testing.T) configstore.Store {
	t.Helper()
	s, err := configstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// fleet connects nodes to the addresses in turn.
func fleet(t *testing.T, count int, addresses ...string) []*fleettest.Node {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	t.Cleanup(func() { cancel(); group.Wait() })
	var nodes []*fleettest.Node
	for i := range count {
		n := &fleettest.Node{Name: fmt.Sprintf("n%d", i), Requests: 30}
		nodes = append(nodes, n)
		address := addresses[i%len(addresses)]
		group.Go(func() {
			_ = n.Run(ctx, func() (*grpc.ClientConn, error) {
				return grpc.NewClient(address,
					grpc.WithTransportCredentials(insecure.NewCredentials()))
			})
		})
	}
	t.Cleanup(func() {
		for _, n := range nodes {
			if err := n.Broken(); err != nil {
				t.Error(err)
			}
		}
	})
	return nodes
}

// document is a configuration that is like no other.
func document(text string) []byte {
	return fmt.Appendf(nil,
		"version: 1\nlisteners: [{name: public, address: \"127.0.0.1:8080\"}]\n"+
			"clusters: [{name: users, endpoints: [{address: \"127.0.0.1:9001\"}]}]\n"+
			"routes: [{name: all, cluster: users}]\n# %s\n", text)
}

// steps are one node, then all.
func steps(bake time.Duration) *configpb.Rollout {
	return &configpb.Rollout{Steps: []*configpb.Step{
		{Reach: &configpb.Step_Count{Count: 1}, Bake: durationpb.New(bake)},
		{Reach: &configpb.Step_Percent{Percent: 100}, Bake: durationpb.New(bake)},
	}}
}

func (r *replica) publish(t *testing.T, in *configpb.PublishRequest) *configpb.PublishResponse {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if in.Rollout == nil {
		in.Rollout = steps(200 * time.Millisecond)
	}
	out, err := r.client.Publish(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *replica) outcome(t *testing.T, revision uint64) *configpb.Revision {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	h, err := r.client.History(ctx, &configpb.HistoryRequest{})
	if err != nil {
		return &configpb.Revision{}
	}
	for _, rev := range h.GetRevisions() {
		if rev.GetRevision() == revision {
			return rev
		}
	}
	return &configpb.Revision{}
}

func (r *replica) becomes(t *testing.T, revision uint64, outcome string) *configpb.Revision {
	t.Helper()
	var last *configpb.Revision
	defer func() {
		if last.GetOutcome() != outcome {
			t.Logf("it is %v", last)
		}
	}()
	testkit.Within(t, 30*time.Second, fmt.Sprintf("revision %d is %s", revision, outcome),
		func() bool {
			last = r.outcome(t, revision)
			return last.GetOutcome() == outcome
		})
	return last
}

func all(nodes []*fleettest.Node, digest string) func() bool {
	return func() bool {
		for _, n := range nodes {
			if n.Digest() != digest {
				return false
			}
		}
		return true
	}
}
