package configserver_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A disk that is full for a while.
type filling struct {
	configstore.Store
	full atomic.Bool
}

func (f *filling) Append(ctx context.Context, after uint64, entry []byte) error {
	if f.full.Load() {
		return fmt.Errorf("%w: %w", configstore.ErrFull, syscall.ENOSPC)
	}
	return f.Store.Append(ctx, after, entry)
}

func TestAFullDiskHoldsARolloutAndLosesNothing(t *testing.T) {
	t.Parallel()
	store := &filling{Store: folder(t)}
	r := start(t, store, nil, nil)
	nodes := fleet(t, 4, r.address)
	a := r.publish(t, &configpb.PublishRequest{Config: document("a")})
	r.becomes(t, a.GetRevision(), "good")
	b := r.publish(t, &configpb.PublishRequest{Config: document("b")})
	touched := func() (n int) {
		for _, x := range nodes {
			if x.Ran(b.GetDigest()) {
				n++
			}
		}
		return n
	}
	testkit.Eventually(t, "one node has it", func() bool { return touched() == 1 })
	store.full.Store(true)
	testkit.Eventually(t, "it is not ready", func() bool { return r.server.Ready() != nil })
	if _, err := r.client.Publish(deadline(t), &configpb.PublishRequest{
		Config: document("c"), IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
	}); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("published: %v", err)
	}
	for range 3 { // reading works all the while, and does not make it ready
		if _, err := r.client.Publish(deadline(t), &configpb.PublishRequest{
			Config: document("d"), IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
		}); err == nil || r.server.Ready() == nil {
			t.Errorf("published: %v; ready: %v", err, r.server.Ready())
		}
	}
	if n := touched(); n != 1 {
		t.Errorf("%d nodes have it though nobody has written that down", n)
	}
	store.full.Store(false)
	r.becomes(t, b.GetRevision(), "good")
	testkit.Eventually(t, "all run it", all(nodes, b.GetDigest()))
	testkit.Eventually(t, "it is ready", func() bool { return r.server.Ready() == nil })
}
