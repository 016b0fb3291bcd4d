package fleettest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
)

// A Node watches config-sync and takes what it is given. A configuration with "fail: WORD" in a
// comment does to it what the word says: "5xx" fails half of its requests, "refuse" is refused.
type Node struct {
	Name     string
	Labels   map[string]string
	Requests uint64 // of each heartbeat

	mu       sync.Mutex
	digest   string          // guarded by mu
	revision uint64          // guarded by mu
	config   []byte          // guarded by mu
	ran      map[string]bool // guarded by mu; digests
	given    []uint64        // guarded by mu; revisions, as they came
	lie      uint64          // guarded by mu; requests that it says it had; 0: it does not lie
	broken   error           // guarded by mu; what config-sync has done that it must not
}

// Run connects again and again until ctx ends.
func (n *Node) Run(ctx context.Context, connect func() (*grpc.ClientConn, error)) error {
	conn, err := connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	for ctx.Err() == nil {
		_ = n.Watch(ctx, configpb.NewConfigSyncClient(conn))
		wait := time.NewTimer(50 * time.Millisecond)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
	return nil
}

// Watch is one stream, to its end.
func (n *Node) Watch(ctx context.Context, client configpb.ConfigSyncClient) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := client.Watch(ctx)
	if err != nil {
		return err
	}
	n.mu.Lock()
	hello := &configpb.Hello{
		Node: n.Name, Service: "edge", Version: "test", Labels: n.Labels, BootId: "boot",
		Digest: n.digest, Revision: n.revision,
		LatencyBounds: []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5},
	}
	n.mu.Unlock()
	if err := w.Send(&configpb.NodeMessage{
		Message: &configpb.NodeMessage_Hello{Hello: hello},
	}); err != nil {
		return err
	}
	assignments := make(chan *configpb.Assignment)
	ended := make(chan error, 1)
	go func() {
		for {
			a, err := w.Recv()
			if err != nil {
				ended <- err
				return
			}
			select {
			case assignments <- a:
			case <-ctx.Done():
				ended <- ctx.Err()
				return
			}
		}
	}()
	defer func() { cancel(); <-ended }()
	ticker, last := time.NewTicker(time.Second), time.Now()
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			return err
		case a := <-assignments:
			ticker.Reset(a.GetHeartbeatInterval().AsDuration())
			report := n.take(a)
			if report == nil {
				continue
			}
			if err := w.Send(&configpb.NodeMessage{
				Message: &configpb.NodeMessage_Report{Report: report},
			}); err != nil {
				return err
			}
		case now := <-ticker.C:
			h := n.heartbeat(now.Sub(last))
			last = now
			if err := w.Send(&configpb.NodeMessage{
				Message: &configpb.NodeMessage_Heartbeat{Heartbeat: h},
			}); err != nil {
				return err
			}
		}
	}
}

// take runs what it is given, or refuses it.
func (n *Node) take(a *configpb.Assignment) *configpb.Report {
	n.mu.Lock()
	defer n.mu.Unlock()
	if a.GetRevision() == 0 {
		return nil
	}
	n.given = append(n.given, a.GetRevision())
	if a.GetRevision() < n.revision {
		n.broken = fmt.Errorf("%s has revision %d and was given %d", n.Name, n.revision,
			a.GetRevision())
		return nil
	}
	n.revision = a.GetRevision()
	report := &configpb.Report{Revision: a.GetRevision(), Digest: a.GetDigest()}
	config := a.GetConfig()
	switch {
	case a.GetDigest() == "":
	case len(config) == 0 && a.GetDigest() == n.digest:
		config = n.config
	case configstore.Digest(config) != a.GetDigest():
		n.broken = fmt.Errorf("%s was given %d bytes that are not %s", n.Name, len(config),
			a.GetDigest())
		return nil
	}
	if strings.Contains(string(config), "fail: refuse") {
		report.Reason = "it does not like it"
		return report
	}
	if n.ran == nil {
		n.ran = map[string]bool{}
	}
	n.ran[a.GetDigest()] = true
	n.digest, n.config = a.GetDigest(), config
	report.Applied = true
	return report
}

// heartbeat is about the time since the one before. A replica adds such times up for the others,
// and what claims to be of longer ago than a gate looks is not counted.
func (n *Node) heartbeat(window time.Duration) *configpb.Heartbeat {
	n.mu.Lock()
	defer n.mu.Unlock()
	h := &configpb.Heartbeat{
		Digest: n.digest, Revision: n.revision, Window: durationpb.New(window),
		Requests: n.Requests, Latency: []uint64{0, n.Requests},
	}
	if n.lie > 0 {
		h.Requests, h.Latency = n.lie, []uint64{0, n.lie}
		return h
	}
	if strings.Contains(string(n.config), "fail: 5xx") {
		h.Responses_5Xx = n.Requests / 2
	}
	return h
}

// Lie makes it say from now on that it had so many good requests in each second.
func (n *Node) Lie(requests uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lie = requests
}

// Digest is what it runs.
func (n *Node) Digest() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.digest
}

// Ran says whether it ever ran a digest.
func (n *Node) Ran(digest string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ran[digest]
}

// Broken is what config-sync has done that it must not, nil if it has behaved.
func (n *Node) Broken() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.broken
}
