package configwire_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configwire"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A server is a config-sync that says what the test wants it to, on a real socket.
type server struct {
	configpb.UnimplementedConfigSyncServer
	address string
	streams chan *stream
	stop    func()
}

// A stream is one connection of the node.
type stream struct {
	hello *configpb.Hello
	w     grpc.BidiStreamingServer[configpb.NodeMessage, configpb.Assignment]
	heard chan *configpb.NodeMessage
	end   chan error
}

func (s *server) Watch(
	w grpc.BidiStreamingServer[configpb.NodeMessage, configpb.Assignment],
) error {
	first, err := w.Recv()
	if err != nil {
		return err
	}
	st := &stream{
		hello: first.GetHello(), w: w, heard: make(chan *configpb.NodeMessage, 1000),
		end: make(chan error, 1),
	}
	go func() {
		defer close(st.heard)
		for {
			m, err := w.Recv()
			if err != nil {
				return
			}
			select {
			case st.heard <- m:
			case <-w.Context().Done():
				return
			}
		}
	}()
	select {
	case s.streams <- st:
	case <-w.Context().Done():
		return nil
	}
	select {
	case err := <-st.end:
		return err
	case <-w.Context().Done():
		return nil
	}
}

func serve(t *testing.T, address string) *server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: l.Addr().String(), streams: make(chan *stream, 10)}
	g := grpc.NewServer()
	configpb.RegisterConfigSyncServer(g, s)
	var group sync.WaitGroup
	group.Go(func() { _ = g.Serve(l) })
	var once sync.Once
	s.stop = func() { once.Do(func() { g.Stop(); group.Wait() }) }
	t.Cleanup(s.stop)
	return s
}

// next is the next connection of the node.
func (s *server) next(t *testing.T) *stream {
	t.Helper()
	select {
	case st := <-s.streams:
		return st
	case <-time.After(testkit.Deadline):
		t.Fatal("the node does not connect")
		return nil
	}
}

func (st *stream) assign(t *testing.T, a *configpb.Assignment) {
	t.Helper()
	a.HeartbeatInterval = durationpb.New(20 * time.Millisecond)
	if err := st.w.Send(a); err != nil {
		t.Fatal(err)
	}
}

// report waits for the next report, and returns the heartbeats before it too.
func (st *stream) report(t *testing.T) (*configpb.Report, []*configpb.Heartbeat) {
	t.Helper()
	var beats []*configpb.Heartbeat
	give := time.After(testkit.Deadline)
	for {
		select {
		case m, ok := <-st.heard:
			if !ok {
				t.Fatal("the stream has ended")
			}
			if r := m.GetReport(); r != nil {
				return r, beats
			}
			beats = append(beats, m.GetHeartbeat())
		case <-give:
			t.Fatal("no report came")
		}
	}
}

// A node is what a Client serves: it applies what it is given, unless that says that it does not
// want to be.
type node struct {
	mu      sync.Mutex
	running configwire.Config // guarded by mu
	applied []string          // guarded by mu
	refuse  error             // guarded by mu
	why     string            // guarded by mu
	counts  configwire.Counts // guarded by mu
}

func (n *node) apply(_ context.Context, c configwire.Config) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != nil {
		return n.refuse
	}
	n.applied = append(n.applied, string(c.Data))
	n.running = configwire.Config{Revision: c.Revision, Digest: c.Digest}
	n.counts = configwire.Counts{Of: len(n.applied), Latency: n.counts.Latency}
	return nil
}

func (n *node) change(f func(*node)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(n)
}

func (n *node) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.applied...)
}

func options(n *node, address string, edit func(*configwire.Options)) configwire.Options {
	log := logrus.New()
	log.SetOutput(io.Discard)
	o := configwire.Options{
		Addresses: []string{address}, Node: "edge-1", Service: "edge", Version: "test",
		Labels: map[string]string{"zone": "a"},
		Apply:  n.apply, Log: log, LatencyBounds: []float64{0.1, 1},
		FirstPause: 10 * time.Millisecond, LongestPause: 100 * time.Millisecond,
		Running: func() (configwire.Config, string) {
			n.mu.Lock()
			defer n.mu.Unlock()
			return n.running, n.why
		},
		Counts: func() configwire.Counts { n.mu.Lock(); defer n.mu.Unlock(); return n.counts },
	}
	if edit != nil {
		edit(&o)
	}
	return o
}

// run starts a client as a node does: with what is cached, or nothing.
func run(t *testing.T, n *node, o configwire.Options) (c *configwire.Client, stop func()) {
	t.Helper()
	c = configwire.New(o)
	cached, ok := c.Cached()
	if ok {
		n.change(func(n *node) {
			n.running = configwire.Config{Revision: cached.Revision, Digest: cached.Digest}
		})
	}
	c.Started(cached)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(testkit.Deadline):
				t.Error("the client does not end")
			}
		})
	}
	t.Cleanup(stop)
	return c, stop
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// revision is an assignment with its bytes.
func revision(number uint64, text string) *configpb.Assignment {
	return &configpb.Assignment{Revision: number, Digest: digest(text), Config: []byte(text)}
}

func cacheFile(t *testing.T) string { return filepath.Join(t.TempDir(), "last-good.yaml") }

var errNo = errors.New("it does not like it")
