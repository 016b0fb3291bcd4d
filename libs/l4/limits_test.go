package l4

import (
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// held opens a session that waits.
func (r *relay) held(t testing.TB) *net.TCPConn {
	t.Helper()
	c := r.dial(t)
	send(t, c, "x")
	expect(t, c, "x")
	return c
}

func TestSessionsOverALimitAreTurnedAway(t *testing.T) {
	for name, most := range map[string]struct{ listener, all int }{"of the listener": {2, 100}, "of all": {100, 2}} {
		t.Run(name, func(t *testing.T) {
			d := document(serve(t, nil))
			d.Listeners[0].Limits.MaxConnections = most.listener
			r := start(t, build(t, d))
			r.SetMaxConnections(most.all)
			first, _ := r.held(t), r.held(t)
			r.expectRefused(t)
			r.endedFor(t, Overloaded)
			first.Close()
			testkit.Eventually(t, "there is room again", func() bool { return r.Connections() == 1 })
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
	if s := r.States()[0]; s.Open != 2 || s.MaxConnections != 2 || s.Endpoints[0].Effective != 1 || s.Endpoints[1].Effective != 1 {
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
	if r.Starved() {
		t.Error("starved before anybody came")
	}
	// The system takes the connection, the relay cannot.
	if err := syscall.Connect(raw, &syscall.SockaddrInet4{Port: waiting.Port, Addr: [4]byte(waiting.IP.To4())}); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the listener says so", r.Starved)
	for range 3 {
		send(t, c, "still here")
		expect(t, c, "still here")
	}
	free()
	testkit.Eventually(t, "it accepts again", func() bool { return !r.Starved() && r.Connections() == 2 })
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
	for _, err := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.EADDRNOTAVAIL} {
		if wrapped := (&net.OpError{Op: "dial", Err: os.NewSyscallError("socket", err)}); !exhausted(wrapped) {
			t.Errorf("%v counts against an endpoint", wrapped)
		}
	}
	if exhausted(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}) {
		t.Error("a refusal does not")
	}
}
