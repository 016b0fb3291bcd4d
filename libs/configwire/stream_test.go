package configwire

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
)

// brokenWatch is a stream whose server goes away: sending finds that out before receiving does. As
// with a real one, the reason is told to one call of Recv, and another would wait.
type brokenWatch struct {
	grpc.ClientStream
	ctx    context.Context
	come   chan *configpb.Assignment
	reason chan error
	why    error
}

func (b *brokenWatch) Send(m *configpb.NodeMessage) error {
	select {
	case b.reason <- b.why:
	default:
	}
	return io.EOF
}

func (b *brokenWatch) Recv() (*configpb.Assignment, error) {
	select {
	case a := <-b.come:
		return a, nil
	case err := <-b.reason:
		return nil, err
	case <-b.ctx.Done():
		return nil, b.ctx.Err()
	}
}

// A stream that breaks while the node speaks ends with the reason. It did not end at all when both
// the goroutine that speaks and the one that listens asked for it: the node stayed away for good.
func TestAStreamThatBreaksWhileTheNodeSpeaksEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c := New(Options{
		Node: "n", Log: logrus.New(), Counts: func() Counts { return Counts{} },
		Running: func() (Config, string) { return Config{}, "" },
	})
	c.options.Log.SetOutput(io.Discard)
	c.life = ctx
	c.beats = newBeats(c.options.Counts(), time.Now())
	w := &brokenWatch{
		ctx: ctx, come: make(chan *configpb.Assignment, 3), reason: make(chan error, 1),
		why: errors.New("the server went away"),
	}
	for range cap(w.come) {
		w.come <- &configpb.Assignment{HeartbeatInterval: durationpb.New(minBeat)}
	}
	if err := c.converse(ctx, cancel, w, "server"); err != w.why {
		t.Errorf("it ends with %v, want %v", err, w.why)
	}
}
