//go:build unix

package l4

import (
	"context"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

func TestSessionsOverALimitAreTurnedAway(t *testing.T) {
	for name, most := range map[string]struct{ listener, all int }{
		"of the listener": {2, 100}, "of all": {100, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := document(serve(t, nil))
			d.Listeners[0].Limits.MaxConnections = most.listener
			r := start(t, build(t, d))
			r.SetMaxConnections(most.all)
			first, _ := r.held(t), r.held(t)
			r.expectRefused(t)
			r.endedFor(t, Overloaded)
			first.Close()
			testkit.Eventually(t, "there is room again", func() bool {
				return r.Connections() == 1
			})
			r.held(t)
		})
	}
}

func TestAClusterHasNoMoreConnectionsThanItMay(t *testing.T) {
	d := document(serve(t, nil), serve(t, nil))
	d.Clusters[0].Limits.MaxConnections, d.Clusters[0].Limits.MaxPending = 2, 0
	r := start(t, build(t, d))
	first, _ := r.held(t), r.held(t)
	r.expectRefused(t)
	if e := r.endedFor(t, Overloaded); e.Cluster != "c" {
		t.Errorf("logged %+v", e)
	}
	if s := r.States()[0]; s.Open != 2 || s.MaxConnections != 2 || s.Endpoints[0].Effective != 1 ||
		s.Endpoints[1].Effective != 1 {
		t.Errorf("%+v: a limit of ours is not an endpoint's fault", s)
	}
	if n := r.Counts(); n.Connects.Load() != 0 || n.Failures.Load() != 0 {
		t.Errorf("%d connections failed, %d sessions", n.Connects.Load(), n.Failures.Load())
	}
	first.Close()
	testkit.Eventually(t, "there is room again", func() bool { return r.States()[0].Open == 1 })
	r.held(t)
}

// The rest of the process has no descriptors either while this runs.
func TestWithoutDescriptorsSessionsGoOn(t *testing.T) {
	r := start(t, build(t, document(serve(t, nil))))
	c := r.held(t)
	if r.Starved() {
		t.Error("starved before anybody came")
	}
	waiting, err := net.ResolveTCPAddr("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(raw)
	var hog []*os.File
	free := func() {
		for _, f := range hog {
			f.Close()
		}
		hog = nil
	}
	defer free()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	tight := limit
	tight.Cur = 256
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &tight); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Error(err)
		}
	}()
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		hog = append(hog, f)
	}
	// The system takes the connection, the relay cannot.
	if err := syscall.Connect(raw, &syscall.SockaddrInet4{
		Port: waiting.Port, Addr: [4]byte(waiting.IP.To4()),
	}); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the listener says so", r.Starved)
	for range 3 {
		send(t, c, "still here")
		expect(t, c, "still here")
	}
	free()
	testkit.Eventually(t, "it accepts again", func() bool {
		return !r.Starved() && r.Connections() == 2
	})
	if _, err := syscall.Write(raw, []byte("now")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	if n, err := syscall.Read(raw, got); n != 3 || err != nil {
		t.Errorf("%q came, %v", got[:max(n, 0)], err)
	}
	if eps := r.States()[0].Endpoints; eps[0].Effective != 1 {
		t.Errorf("the endpoint is blamed: %+v", eps[0])
	}
}

func TestWantOfDescriptorsIsNotTheEndpointsFault(t *testing.T) {
	for _, err := range []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.EADDRNOTAVAIL,
	} {
		if wrapped := (&net.OpError{
			Op: "dial", Err: os.NewSyscallError("socket", err),
		}); !exhausted(wrapped) {
			t.Errorf("%v counts against an endpoint", wrapped)
		}
	}
	if exhausted(&net.OpError{
		Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
	}) {
		t.Error("a refusal does not")
	}
}

// waiting opens a session that stands in line, since the cluster of r is full.
func (r *relay) waiting(t testing.TB) *net.TCPConn {
	t.Helper()
	before := r.States()[0].Waiting
	c := r.dial(t)
	send(t, c, "x")
	testkit.Eventually(t, "it stands in line", func() bool {
		return r.States()[0].Waiting == before+1
	})
	return c
}

// fullCluster runs a relay whose one cluster may have one connection, and for it one in line.
func fullCluster(t *testing.T, change func(*config.Document)) (r *relay, first *net.TCPConn) {
	t.Helper()
	d := document(serve(t, nil))
	d.Clusters[0].Limits.MaxConnections, d.Clusters[0].Limits.MaxPending = 1, 1
	change(d)
	r = start(t, build(t, d))
	return r, r.held(t)
}

func patient(d *config.Document) { d.Listeners[0].Timeouts.Connect = time.Hour }

func TestASessionWaitsInLineForAConnection(t *testing.T) {
	r, first := fullCluster(t, patient)
	second := r.waiting(t)
	r.expectRefused(t)
	r.endedFor(t, Overloaded)
	if s := r.States()[0]; s.Waiting != 1 || s.Open != 1 {
		t.Errorf("%+v, want one in line and one connection", s)
	}
	first.Close()
	expect(t, second, "x")
	if s := r.States()[0]; s.Waiting != 0 || s.Open != 1 {
		t.Errorf("%+v, want nobody in line", s)
	}
}

func TestASessionWaitsInLineNoLongerThanItMayConnect(t *testing.T) {
	const limit = 200 * time.Millisecond
	for name, change := range map[string]func(*config.Document){
		"by its listener": func(d *config.Document) { d.Listeners[0].Timeouts.Connect = limit },
		"by its cluster": func(d *config.Document) {
			d.Listeners[0].Timeouts.Connect, d.Clusters[0].Timeouts.Connect = 0, limit
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, first := fullCluster(t, change)
			expectReset(t, r.waiting(t))
			e := r.endedFor(t, Overloaded)
			if e.Duration < float64(limit/time.Millisecond) || e.Cluster != "c" {
				t.Errorf("logged %+v", e)
			}
			if n := r.Counts(); n.Connects.Load() != 0 || n.Failures.Load() != 0 {
				t.Errorf("%d connections failed, %d sessions", n.Connects.Load(), n.Failures.Load())
			}
			alive(t, first)
		})
	}
}

func TestAClientThatResetsLeavesTheLine(t *testing.T) {
	r, first := fullCluster(t, patient)
	reset(r.waiting(t))
	testkit.Eventually(t, "nobody is in line", func() bool { return r.States()[0].Waiting == 0 })
	r.endedFor(t, ClientReset)
	alive(t, first)
}

// It has said all that it has to say, and may want to hear what the endpoint answers.
func TestAClientThatFinishesSendingStaysInLine(t *testing.T) {
	r, first := fullCluster(t, patient)
	second := r.dial(t)
	if err := second.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	// Of what is looked for now and then, nothing is found in two looks.
	looks := r.watch.Now() + int64(2*upstream.LookAround)
	testkit.Eventually(t, "it was looked at", func() bool { return r.watch.Now() > looks })
	if s := r.States()[0]; s.Waiting != 1 {
		t.Fatalf("%+v, want one in line", s)
	}
	first.Close()
	expectEnd(t, second)
}

func TestADrainEndsWaitingInLine(t *testing.T) {
	r, first := fullCluster(t, patient)
	second := r.waiting(t)
	r.stop()
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if n := r.Drain(now); n != 2 {
		t.Errorf("%d sessions were cut, want 2", n)
	}
	expectReset(t, first)
	expectReset(t, second)
	if got := reasonsOf(r.ended(t, 2)); got[0] != "drain_timeout" || got[1] != "drain_timeout" {
		t.Errorf("the sessions ended for %v", got)
	}
}
