package configserver

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

type watcher = grpc.BidiStreamingServer[configpb.NodeMessage, configpb.Assignment]

// A stream is one node that is connected here.
type stream struct {
	hello *configpb.Hello
	end   context.CancelCauseFunc // of the stream
}

// helloTimeout is how long a node may take to say who it is.
const helloTimeout = 10 * time.Second

// MaxNodes is how many nodes one replica serves.
const MaxNodes = 10_000

// Watch is a node's stream.
func (s *Server) Watch(w watcher) error {
	ctx, end := context.WithCancelCause(w.Context())
	defer end(nil)
	received := make(chan received)
	go receive(ctx, w, received, s.options.Heartbeat)
	hello, err := s.hello(ctx, received)
	if err != nil {
		return err
	}
	st := &stream{hello: hello, end: end}
	if err := s.join(st); err != nil {
		return err
	}
	defer s.leave(st)
	for last := (*rollout.Assignment)(nil); ; {
		s.mu.Lock()
		changed, next, loaded := s.assigned, s.machine.Assignment(hello.GetNode()), s.loaded
		s.mu.Unlock()
		// Before the journal is read there seems to be nothing, and saying so would be wrong.
		if loaded && (last == nil || next != *last) {
			if err := s.assign(w, hello, last, next); err != nil {
				return err
			}
			last = &next
		}
		if over, err := s.hear(ctx, st, received, changed); over {
			return err
		}
	}
}

// received is a message of a node, or why there are no more.
type received struct {
	message *configpb.NodeMessage
	err     error
}

// receive reads what a node sends, no faster than a node has reason to send: ten messages in the
// time between two heartbeats. What comes faster waits in the node's own memory.
func receive(ctx context.Context, w watcher, to chan<- received, heartbeat time.Duration) {
	const burst = 50
	began := time.Now()
	for n := 1; ; n++ {
		if n%burst == 0 {
			if rest := burst/10*heartbeat - time.Since(began); rest > 0 && !pause(ctx, rest) {
				return
			}
			began = time.Now()
		}
		m, err := w.Recv()
		select {
		case to <- received{m, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// hello waits for the first message.
func (s *Server) hello(ctx context.Context, from <-chan received) (*configpb.Hello, error) {
	timeout := time.NewTimer(helloTimeout)
	defer timeout.Stop()
	select {
	case r := <-from:
		if r.err != nil {
			return nil, r.err
		}
		hello := r.message.GetHello()
		if hello == nil {
			return nil, status.Error(codes.InvalidArgument, "the first message is hello")
		}
		if err := s.nodeName(ctx, hello.GetNode()); err != nil {
			return nil, err
		}
		if err := checkHello(hello); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "hello: %v", err)
		}
		return hello, nil
	case <-timeout.C:
		return nil, status.Error(codes.DeadlineExceeded, "no hello came")
	case <-s.lives.Done():
		return nil, status.Error(codes.Unavailable, "config-sync is stopping")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// join makes the node known, in place of an older stream of the same name: a node that comes back
// need not wait until its dead connection is noticed.
func (s *Server) join(st *stream) error {
	h := st.hello
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.paceOf(h.GetNode()).step(s.now()) {
		return status.Errorf(codes.ResourceExhausted, "node %q begins streams faster than one a "+
			"second; wait", h.GetNode())
	}
	if old := s.streams[h.GetNode()]; old != nil {
		old.end(status.Error(codes.Aborted, "another stream has come under this name"))
	} else if len(s.streams) >= MaxNodes {
		return status.Errorf(codes.ResourceExhausted, "this replica serves %d nodes already",
			MaxNodes)
	}
	now := s.now()
	s.streams[h.GetNode()] = st
	s.owners[h.GetNode()] = s.options.Name
	s.sights[h.GetNode()] = &sighting{hello: h, since: now, connected: true}
	s.machine.Seen(now, helloOf(h))
	s.seenLocked()
	s.log.WithField("node", h.GetNode()).WithField("revision",
		h.GetRevision()).Debug("a node has come")
	return nil
}

func helloOf(h *configpb.Hello) rollout.Hello {
	return rollout.Hello{
		Name: h.GetNode(), Service: h.GetService(), Version: h.GetVersion(), Boot: h.GetBootId(),
		Labels: h.GetLabels(),
		Digest: h.GetDigest(), Revision: h.GetRevision(),
	}
}

// seenLocked needs mu held.
func (s *Server) seenLocked() {
	s.dirty = true
	s.changedLocked()
}

func (s *Server) leave(st *stream) {
	name := st.hello.GetNode()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[name] != st {
		return // it is connected anew
	}
	delete(s.streams, name)
	now := s.now()
	if sight := s.sights[name]; sight != nil {
		sight.connected, sight.since = false, now
	}
	if s.owners[name] == s.options.Name {
		s.machine.Gone(now, name)
	}
	s.seenLocked()
	s.log.WithField("node", name).Debug("a node has gone")
}

// hear takes the node's messages until its assignment may have changed, or the stream is over.
func (s *Server) hear(
	ctx context.Context, st *stream, from <-chan received, changed <-chan struct{},
) (over bool, err error) {
	for {
		select {
		case r := <-from:
			if r.err != nil {
				return true, nil // a node that has left needs no error
			}
			if err := s.take(st, r.message); err != nil {
				return true, err
			}
		case <-changed:
			return false, nil
		case <-s.lives.Done():
			return true, status.Error(codes.Unavailable, "config-sync is stopping")
		case <-ctx.Done():
			return true, context.Cause(ctx)
		}
	}
}

// take notes one message.
func (s *Server) take(st *stream, m *configpb.NodeMessage) error {
	name := st.hello.GetNode()
	switch m := m.GetMessage().(type) {
	case *configpb.NodeMessage_Report:
		s.report(st, name, m.Report)
	case *configpb.NodeMessage_Heartbeat:
		if err := checkHeartbeat(m.Heartbeat, len(st.hello.GetLatencyBounds())); err != nil {
			s.doubt(name, err.Error())
			return status.Errorf(codes.InvalidArgument, "heartbeat: %v", err)
		}
		h := m.Heartbeat
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.streams[name] != st {
			return nil
		}
		s.heardLocked(name, h, st.hello.GetLatencyBounds())
		s.sights[name].beat(h)
		s.seenLocked()
	default:
		return status.Error(codes.InvalidArgument, "after hello come reports and heartbeats")
	}
	return nil
}

// heardLocked gives a heartbeat to the machine, which may not believe it. It needs mu held.
func (s *Server) heardLocked(name string, h *configpb.Heartbeat, bounds []float64) {
	why, news := s.machine.Heard(s.now(), name, h.GetDigest(), h.GetRevision(),
		traffic(h, bounds))
	if news {
		s.log.WithField("node", name).Warn("a node's numbers are not believed: " + why)
	}
}

// doubt notes that a node has sent what can't be read as numbers.
func (s *Server) doubt(name, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.machine.Doubt(s.now(), name, why) {
		s.log.WithField("node", name).Warn("a node's numbers are not believed: " + why)
	}
	s.seenLocked()
}

func (s *Server) report(st *stream, name string, r *configpb.Report) {
	short := &configpb.Report{
		Revision: r.GetRevision(), Digest: r.GetDigest(), Applied: r.GetApplied(),
		Reason: reasonOf(r),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[name] != st || len(r.GetDigest()) > 128 {
		return
	}
	s.machine.Answered(s.now(), name, answerOf(short))
	s.sights[name].report = short
	s.seenLocked()
	if r.GetApplied() {
		s.counts.acks++
	} else {
		s.counts.nacks++
		s.log.WithField("node", name).WithField("revision",
			r.GetRevision()).Warn("a node has refused a configuration: " + short.GetReason())
	}
}

func answerOf(r *configpb.Report) rollout.Answer {
	return rollout.Answer{
		Revision: r.GetRevision(), Digest: r.GetDigest(), Applied: r.GetApplied(),
		Reason: r.GetReason(),
	}
}

// messages are an assignment's, encoded once for all nodes: a thousand of them may be sent a large
// configuration at once.
type messages struct {
	revision    uint64
	bare, whole encoded
}

// keptMessages is more than the digests there can be at once.
const keptMessages = 4

// assign tells a node what to run. last is what it was told before on this stream, nil for nothing:
// while something else is on its way to the node, what it runs as far as is known here may be gone
// when this arrives.
func (s *Server) assign(
	w watcher, hello *configpb.Hello, last *rollout.Assignment, a rollout.Assignment,
) error {
	s.mu.Lock()
	n := s.machine.Node(hello.GetNode())
	runs := n != nil && n.Digest == a.Digest && (last == nil || last.Digest == a.Digest)
	whole := a.Digest != "" && !runs && !slices.Contains(hello.GetHas(), a.Digest)
	m := s.messages[a.Digest]
	if m == nil || m.revision != a.Revision {
		if len(s.messages) >= keptMessages {
			clear(s.messages)
		}
		m = &messages{revision: a.Revision}
		s.messages[a.Digest] = m
	}
	ready := m.bare
	if whole {
		ready = m.whole
	}
	var signed signature
	if r := s.machine.State().Find(a.Revision); r != nil {
		signed = signature{r.Signature, r.Signed, r.Floor}
	}
	s.mu.Unlock()
	if ready != nil {
		return w.SendMsg(ready)
	}
	out := &configpb.Assignment{
		Revision: a.Revision, Digest: a.Digest, Signature: signed.bytes,
		SignedNumber: signed.number, SignedFloor: signed.floor,
		HeartbeatInterval: durationpb.New(s.options.Heartbeat),
	}
	if whole {
		var err error
		if out.Config, err = s.snapshot(w.Context(), a.Digest); err != nil {
			return s.failed(err)
		}
	}
	bytes, err := proto.Marshal(out)
	if err != nil {
		return err
	}
	s.mu.Lock()
	switch {
	case whole && m.whole == nil:
		m.whole = bytes
	case whole:
		bytes = m.whole // another was faster, and two would be kept
	default:
		m.bare = bytes
	}
	s.mu.Unlock()
	return w.SendMsg(encoded(bytes))
}

func (s *Server) snapshot(ctx context.Context, digest string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return s.store.Get(ctx, digest)
}
