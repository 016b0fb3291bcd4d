package main_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configserver/fleettest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A process is config-sync with little in its log, since the tests know what they do to it.
type process struct{ *testkit.Configsync }

func newProcess(t *testing.T, args ...string) *process {
	t.Helper()
	return &process{
		testkit.StartConfigsync(t, append([]string{"--log-level", "error"}, args...)...),
	}
}

func (p *process) connect(t *testing.T) configpb.ConfigSyncClient {
	t.Helper()
	conn, err := grpc.NewClient(p.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return configpb.NewConfigSyncClient(conn)
}

// nodes connect to it until the test ends, each over a connection of its own.
func (p *process) nodes(t *testing.T, count int) []*fleettest.Node {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	t.Cleanup(func() { cancel(); group.Wait() })
	nodes, address := make([]*fleettest.Node, count), p.Address
	for i := range nodes {
		n := &fleettest.Node{Name: fmt.Sprintf("n%d", i), Requests: 30}
		nodes[i] = n
		group.Go(func() {
			_ = n.Run(ctx, func() (*grpc.ClientConn, error) {
				return grpc.NewClient(address,
					grpc.WithTransportCredentials(insecure.NewCredentials()),
					grpc.WithConnectParams(fast()))
			})
		})
	}
	return nodes
}

func document(text string) []byte {
	return fmt.Appendf(nil,
		"version: 1\nlisteners: [{name: public, address: \"127.0.0.1:8080\"}]\n"+
			"clusters: [{name: users, endpoints: [{address: \"127.0.0.1:9001\"}]}]\n"+
			"routes: [{name: all, cluster: users}]\n# %s\n", text)
}
