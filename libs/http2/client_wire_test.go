package http2_test

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	xhttp2 "golang.org/x/net/http2"
)

// valve is a wire whose peer takes what is written until it is shut, and says what
// the test puts in.
type valve struct {
	mu          sync.Mutex
	changed     sync.Cond
	in          bytes.Buffer
	ended       bool // nothing more comes
	shut        bool // writes wait
	failing     bool // writes fail
	interrupted bool
	writing     int
	out         []byte
}

func newValve() *valve {
	v := &valve{}
	v.changed.L = &v.mu
	_ = xhttp2.NewFramer(&v.in, nil).WriteSettings()
	return v
}

var errBroken = errors.New("broken pipe")

func (v *valve) set(change func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change()
	v.changed.Broadcast()
}

func (v *valve) Read(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for v.in.Len() == 0 && !v.interrupted && !v.ended {
		v.changed.Wait()
	}
	if v.interrupted {
		return 0, netx.ErrInterrupted
	}
	return v.in.Read(p)
}

func (v *valve) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writing++
	for v.shut && !v.interrupted {
		v.changed.Wait()
	}
	v.writing--
	switch {
	case v.interrupted:
		return 0, netx.ErrInterrupted
	case v.failing:
		return 0, errBroken
	}
	v.out = append(v.out, p...)
	return len(p), nil
}

func (v *valve) Interrupt() { v.set(func() { v.interrupted = true }) }

// settle waits until the greeting is written, and nobody writes.
func (v *valve) settle(t *testing.T) {
	t.Helper()
	ack := []byte{0, 0, 0, 4, 1, 0, 0, 0, 0}
	testkit.Eventually(t, "the greeting is written", func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return bytes.Contains(v.out, ack)
	})
	<-time.After(20 * time.Millisecond) // for the goroutine that wrote it to rest
}

// busy is how many writes wait.
func (v *valve) busy() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.writing
}

// overValve is a client over a valve; its watch is the test's.
func overValve(t *testing.T) (*http2.Client, *valve, *http2.Watch, func() error) {
	t.Helper()
	v, watch := newValve(), http2.NewWatch()
	c := http2.NewClient(v, watch, http2.ClientOptions{})
	done := make(chan error, 1)
	go func() { done <- c.Serve() }()
	select {
	case <-c.Ready():
	case <-time.After(deadline):
		t.Fatal("the settings do not come")
	}
	t.Cleanup(func() {
		c.Close()
		v.Interrupt()
	})
	return c, v, watch, func() error {
		t.Helper()
		select {
		case err := <-done:
			return err
		case <-time.After(deadline):
			t.Fatal("the connection does not end")
			return nil
		}
	}
}

// tick moves the watch by a second at a time until cond holds.
func tick(t *testing.T, w *http2.Watch, what string, cond func() bool) {
	t.Helper()
	testkit.Eventually(t, what, func() bool {
		w.Tick(time.Duration(w.Now()) + time.Second)
		return cond()
	})
}

// A caller that writes by itself, because it is alone, must not hang in that for
// longer than it may wait, or when it is interrupted.
func TestAWriteOfOneWhoIsAloneEnds(t *testing.T) {
	for name, end := range map[string]func(*http2.ClientStream){
		"its limit": func(*http2.ClientStream) {},
		"interrupt": func(s *http2.ClientStream) {
			s.SetWait(0, 0)
			s.Interrupt()
		},
	} {
		c, v, watch, ended := overValve(t)
		v.settle(t)
		v.set(func() { v.shut = true })
		s := c.Open()
		s.SetWait(0, 5*time.Second)
		wrote := make(chan error, 1)
		go func() { wrote <- s.WriteHead(target("GET", "/"), nil, true) }()
		testkit.Eventually(t, "it writes", func() bool { return v.busy() > 0 })
		end(s)
		tick(t, watch, name, func() bool { return len(wrote) > 0 })
		if _, _, err := s.ReadHead(); err == nil {
			t.Errorf("%s: the stream goes on", name)
		}
		s.Close()
		if err := ended(); err != http2.ErrStalled {
			t.Errorf("%s: Serve returned %v, want %v", name, err, http2.ErrStalled)
		}
	}
}

// When a write fails because the server has closed, what it said before that is
// read: here that it did nothing with the request.
func TestTheLastWordsOfAServerAreHeard(t *testing.T) {
	c, v, _, ended := overValve(t)
	v.set(func() { v.failing = true })
	s := c.Open()
	s.SetWait(deadline, deadline)
	_ = s.WriteHead(target("GET", "/"), nil, true)
	testkit.Eventually(t, "the connection is left", func() bool { return c.GoingAway() })
	if err := s.Cause(); err != nil {
		t.Fatalf("the stream ended with %v before the end was read", err)
	}
	v.set(func() {
		_ = xhttp2.NewFramer(&v.in, nil).WriteGoAway(0, http2.CodeNo, nil)
		v.ended = true
	})
	if _, _, err := s.ReadHead(); err != http2.ErrGone || !s.Unprocessed() {
		t.Errorf("got %v, unprocessed %v", err, s.Unprocessed())
	}
	s.Close()
	if err := ended(); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("Serve returned %v", err)
	}
}

// A server that says nothing more after a write has failed does not keep anybody.
func TestAFailedWriteEndsAConnection(t *testing.T) {
	c, v, watch, ended := overValve(t)
	v.set(func() { v.failing = true })
	s := c.Open()
	_ = s.WriteHead(target("GET", "/"), nil, true)
	got := make(chan error, 1)
	go func() {
		_, _, err := s.ReadHead()
		got <- err
	}()
	tick(t, watch, "the wait ends", func() bool { return len(got) > 0 })
	if err := <-got; err != http2.ErrGone || s.Unprocessed() || s.Failure() != errBroken {
		t.Errorf("got %v because of %v, unprocessed %v", err, s.Failure(), s.Unprocessed())
	}
	s.Close()
	if err := ended(); err != errBroken {
		t.Errorf("Serve returned %v, want %v", err, errBroken)
	}
}

// One whose head has no room waits for it, not for longer than it may.
func TestAHeadWaitsForRoom(t *testing.T) {
	c, v, watch, _ := overValve(t)
	v.settle(t)
	v.set(func() { v.shut = true })
	first, second, third, fourth := c.Open(), c.Open(), c.Open(), c.Open()
	if err := first.WriteHead(target("POST", "/"), []byte("x"), true); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the first is being written", func() bool { return v.busy() > 0 })
	if err := second.WriteHead(target("POST", "/"), nil, false); err != nil {
		t.Fatal(err)
	}
	var pieces atomic.Int64
	go func() {
		for second.WriteBody(make([]byte, 1000), false) == nil {
			pieces.Add(1)
		}
	}()
	testkit.Eventually(t, "there is no room", func() bool { return pieces.Load() > 30 })
	third.SetWait(0, 10*time.Second)
	failed := make(chan error, 2)
	go func() { failed <- third.WriteHead(target("GET", "/"), nil, true) }()
	tick(t, watch, "the third's limit", func() bool { return len(failed) > 0 })
	if err := <-failed; err != http2.ErrStalled || !third.Unprocessed() {
		t.Errorf("got %v, unprocessed %v", err, third.Unprocessed())
	}
	go func() { failed <- fourth.WriteHead(target("GET", "/"), nil, true) }()
	fourth.Interrupt()
	if err := <-failed; err != netx.ErrInterrupted || !fourth.Unprocessed() {
		t.Errorf("got %v, unprocessed %v", err, fourth.Unprocessed())
	}
	c.Close()
	testkit.Eventually(t, "the second ends", func() bool { return second.Cause() != nil })
}

func TestATunnelThroughExtendedConnect(t *testing.T) {
	s := listen(t, func(st *http2.Stream) {
		if !st.Request().Connect || string(st.Request().Protocol) != "websocket" {
			_ = st.WriteHead(400, nil, true)
			return
		}
		mirror(st)
	}, func(s *server) { s.opts.ExtendedConnect = true })
	c := call(t, s.addr(), callerOptions{}).ready()
	if !c.ExtendedConnect() {
		t.Fatal("the server's leave was not heard")
	}
	st := c.open()
	defer st.Close()
	tg := target("CONNECT", "/chat")
	tg.Protocol = []byte("websocket")
	if err := st.WriteHead(tg, nil, false); err != nil {
		t.Fatal(err)
	}
	if status, end, err := st.ReadHead(); status != 200 || end || err != nil {
		t.Fatal(status, end, err)
	}
	buf := make([]byte, 100)
	for range 10 {
		if err := st.WriteBody([]byte("ping"), false); err != nil {
			t.Fatal(err)
		}
		if n, err := st.ReadBody(buf); string(buf[:n]) != "ping" || err != nil {
			t.Fatalf("%q, %v", buf[:n], err)
		}
	}
	if err := st.WriteBody(nil, true); err != nil {
		t.Fatal(err)
	}
	if _, err := st.ReadBody(buf); err != io.EOF {
		t.Errorf("got %v", err)
	}
}
