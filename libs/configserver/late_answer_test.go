package configserver_test

import (
	"bytes"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
)

// A node that is told to go back before it has answered may have gone forward meanwhile,
// and have nothing left of what it ran: it is sent the bytes.
func TestANodeThatHasNotAnsweredIsSentTheBytes(t *testing.T) {
	t.Parallel()
	r := start(t, folder(t), nil, nil)
	ctx := deadline(t)
	w, err := r.client.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Send(&configpb.NodeMessage{
		Message: &configpb.NodeMessage_Hello{Hello: &configpb.Hello{Node: "slow", BootId: "1"}},
	}); err != nil {
		t.Fatal(err)
	}
	next := func(digest string) *configpb.Assignment {
		t.Helper()
		for {
			a, err := w.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if a.GetDigest() == digest {
				return a
			}
		}
	}
	one, two := document("one"), document("two")
	first := r.publish(t, &configpb.PublishRequest{Config: one})
	a := next(first.GetDigest())
	if err := w.Send(&configpb.NodeMessage{
		Message: &configpb.NodeMessage_Report{
			Report: &configpb.Report{
				Revision: a.GetRevision(), Digest: a.GetDigest(), Applied: true,
			},
		},
	}); err != nil {
		t.Fatal(err)
	}
	r.becomes(t, first.GetRevision(), "good")
	second := r.publish(t, &configpb.PublishRequest{Config: two})
	next(second.GetDigest())
	if _, err := r.client.Control(ctx, &configpb.ControlRequest{
		Action: configpb.ControlAction_CONTROL_ACTION_ABORT, Author: "op",
	}); err != nil {
		t.Fatal(err)
	}
	back := next(configstore.Digest(one))
	if back.GetRevision() <= a.GetRevision() || !bytes.Equal(back.GetConfig(), one) {
		t.Errorf("it is told to run revision %d with %d bytes, and has none of them",
			back.GetRevision(), len(back.GetConfig()))
	}
}
