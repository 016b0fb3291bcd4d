package configwire

import (
	"context"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configpb"
)

const (
	// defaultBeat is how often a node says how it is before it was told.
	defaultBeat = time.Second
	minBeat     = 20 * time.Millisecond
	maxBeat     = time.Minute
	// firstAnswer is how long config-sync has for its first assignment.
	firstAnswer = 30 * time.Second
)

type watch = grpc.BidiStreamingClient[configpb.NodeMessage, configpb.Assignment]

// follow is one stream, to its end.
func (c *Client) follow(ctx context.Context, conn *grpc.ClientConn, address string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := configpb.NewConfigSyncClient(conn).Watch(ctx)
	if err != nil {
		return err
	}
	err = w.Send(&configpb.NodeMessage{Message: &configpb.NodeMessage_Hello{Hello: c.hello()}})
	if err == io.EOF {
		_, err = w.Recv()
	}
	if err != nil {
		return err
	}
	return c.converse(ctx, cancel, w, address)
}

// converse says how the node is and does what it is told, until the stream ends. cancel ends the
// stream.
func (c *Client) converse(
	ctx context.Context, cancel context.CancelFunc, w watch, address string,
) error {
	assignments, ended := make(chan *configpb.Assignment), make(chan error, 1)
	go func() { ended <- receive(ctx, w, assignments) }()
	defer func() { cancel(); <-ended }()
	tick := time.NewTicker(defaultBeat)
	defer tick.Stop()
	first := time.NewTimer(firstAnswer)
	defer first.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			return err
		case <-first.C:
			return fmt.Errorf("no assignment came in %s", firstAnswer)
		case a := <-assignments:
			if first.Stop() {
				c.connected(address)
			}
			if d := a.GetHeartbeatInterval().AsDuration(); d > 0 {
				tick.Reset(min(max(d, minBeat), maxBeat))
			}
			if err := c.assigned(w, a); err != nil {
				return reason(err, ended, assignments)
			}
		case <-tick.C:
			err := c.beat(w)
			if err == nil {
				err = c.wentBack(w)
			}
			if err != nil {
				return reason(err, ended, assignments)
			}
		}
	}
}

// reason turns the end that a stream has on sending, io.EOF, into what receiving says of it. Only
// the goroutine that receives may ask for that: of two calls at a time one would wait for ever.
func reason(err error, ended chan error, assignments <-chan *configpb.Assignment) error {
	for err == io.EOF {
		select {
		case cause := <-ended:
			ended <- cause
			return cause
		case <-assignments: // they came before the end, and cannot be answered any more
		}
	}
	return err
}

func receive(ctx context.Context, w watch, to chan<- *configpb.Assignment) error {
	for {
		a, err := w.Recv()
		if err != nil {
			return err
		}
		select {
		case to <- a:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Client) hello() *configpb.Hello {
	running, _ := c.options.Running()
	h := &configpb.Hello{
		Node: c.options.Node, Service: c.options.Service, Version: c.options.Version,
		Labels: c.options.Labels, BootId: c.boot,
		Digest: running.Digest, Revision: c.kept.highest, LatencyBounds: c.options.LatencyBounds,
	}
	for _, k := range c.known {
		h.Has = append(h.Has, k.Digest)
	}
	return h
}

func (c *Client) connected(address string) {
	c.tracked.change(func(s *State) {
		if !s.Connected {
			s.Since = time.Now()
		}
		s.Connected, s.Server, s.LastError = true, address, ""
	})
	c.tracked.count(c.tracked.connects, "connected")
	c.options.Log.WithField("server", address).Info("config-sync: connected")
}

// beat says what happened since the last time.
func (c *Client) beat(w watch) error {
	running, _ := c.options.Running()
	h := c.beats.next(c.options.Counts(), time.Now(), running)
	return w.Send(&configpb.NodeMessage{Message: &configpb.NodeMessage_Heartbeat{Heartbeat: h}})
}

// report says what became of a revision.
func (c *Client) report(w watch, a *answer) error {
	r := &configpb.Report{
		Revision: a.Revision, Digest: a.Digest, Applied: a.reason == "", Reason: a.reason,
		Problems: problems(a.problems),
	}
	return w.Send(&configpb.NodeMessage{Message: &configpb.NodeMessage_Report{Report: r}})
}

// maxProblems of a report; the log has the rest.
const maxProblems = 20

func problems(all config.Problems) (out []*configpb.Problem) {
	for i, p := range all {
		if i == maxProblems {
			break
		}
		out = append(out, &configpb.Problem{
			File: p.File, Line: int32(p.Line), Column: int32(p.Column), Path: p.Path,
			Code: string(p.Code), Message: p.Message, Hint: p.Hint, Severity: "error",
		})
	}
	return out
}
