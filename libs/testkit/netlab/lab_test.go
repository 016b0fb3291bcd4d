package netlab_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/testkit/netlab"
)

const port = 7000

// wires sends numbered packets from a to b.
type wires struct {
	*netlab.Lab
	a, b *netlab.Node
	from *net.UDPConn
	to   *net.UDPConn
}

func newWires(t *testing.T) *wires {
	t.Helper()
	l := netlab.New(t, 1)
	w := &wires{Lab: l, a: l.Node(t, "a"), b: l.Node(t, "b")}
	w.from, w.to = udp(t, w.a), udp(t, w.b)
	return w
}

func udp(t *testing.T, n *netlab.Node) (c *net.UDPConn) {
	t.Helper()
	var err error
	n.Do(func() { c, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(addr(t, n))) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addr(t *testing.T, n *netlab.Node) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(n.At(port))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// send sends n packets, slowly enough for any queue.
func (w *wires) send(t *testing.T, n int) {
	t.Helper()
	before := w.taken()
	for i := range n {
		if _, err := w.from.WriteToUDPAddrPort(binary.BigEndian.AppendUint32(nil, uint32(i)),
			addr(t, w.b)); err != nil {
			t.Fatal(err)
		}
		if i%100 == 99 {
			testkit.Eventually(t, "the router takes them", func() bool {
				return w.taken() >= before+uint64(i+1)
			})
		}
	}
}

func (w *wires) taken() uint64 {
	c := w.Counts()
	return c.Delivered + c.Lost + c.Cut
}

// receive returns the numbers of the packets that come until none has come for d.
func (w *wires) receive(t *testing.T, d time.Duration) (numbers []uint32) {
	t.Helper()
	b := make([]byte, 4)
	for {
		_ = w.to.SetReadDeadline(time.Now().Add(d))
		if _, err := w.to.Read(b); errors.Is(err, os.ErrDeadlineExceeded) {
			return numbers
		} else if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, binary.BigEndian.Uint32(b))
	}
}

func TestPacketsArriveInOrder(t *testing.T) {
	t.Parallel()
	w := newWires(t)
	w.send(t, 100)
	got := w.receive(t, 200*time.Millisecond)
	if len(got) != 100 {
		t.Fatalf("%d of 100 came", len(got))
	}
	for i, n := range got {
		if int(n) != i {
			t.Fatalf("packet %d is the %d.", n, i)
		}
	}
}

func TestLossIsOfTheShareThatIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWires(t)
	w.Set(func(from, _ string) netlab.Link {
		return netlab.Link{Loss: map[string]float64{"a": 0.3}[from]}
	})
	got := 0
	for range 5 { // what a socket holds
		w.send(t, 200)
		got += len(w.receive(t, 100*time.Millisecond))
	}
	lost := int(w.Counts().Lost)
	if got+lost < 1000 || got < 650 || got > 750 {
		t.Errorf("%d came, %d got lost, want 700 and 300", got, lost)
	}
}

func TestACutLinkLetsNothingThroughOneWay(t *testing.T) {
	t.Parallel()
	w := newWires(t)
	w.Set(func(from, _ string) netlab.Link { return netlab.Link{Cut: from == "a"} })
	w.send(t, 10)
	if got := w.receive(t, 100*time.Millisecond); len(got) != 0 {
		t.Errorf("%v came", got)
	}
	if _, err := w.to.WriteToUDPAddrPort([]byte("back"), addr(t, w.a)); err != nil {
		t.Fatal(err)
	}
	_ = w.from.SetReadDeadline(time.Now().Add(testkit.Deadline))
	if _, err := w.from.Read(make([]byte, 4)); err != nil {
		t.Errorf("the other way: %v", err)
	}
	w.Set(netlab.Everywhere(netlab.Link{}))
	w.send(t, 10)
	if got := w.receive(t, 100*time.Millisecond); len(got) != 10 {
		t.Errorf("%d of 10 came after it was mended", len(got))
	}
}

func TestDelayedPacketsOvertakeEachOther(t *testing.T) {
	t.Parallel()
	w := newWires(t)
	w.Set(netlab.Everywhere(netlab.Link{
		Delay: 50 * time.Millisecond, Jitter: 50 * time.Millisecond,
	}))
	begin := time.Now()
	w.send(t, 50)
	_ = w.to.SetReadDeadline(time.Now().Add(testkit.Deadline))
	if _, err := w.to.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 50*time.Millisecond {
		t.Errorf("the first came after %v", took)
	}
	got := w.receive(t, 200*time.Millisecond)
	if len(got) != 49 || w.Counts().Overtaken == 0 {
		t.Errorf("%d of 49 came, %d of them early", len(got), w.Counts().Overtaken)
	}
}

// TCP gets through loss, and what it carries is whole: the checksums of large segments are right.
func TestTCPGetsThrough(t *testing.T) {
	t.Parallel()
	l := netlab.New(t, 2)
	a, b := l.Node(t, "a"), l.Node(t, "b")
	l.Set(netlab.Everywhere(netlab.Link{Loss: 0.02}))
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<12)
	b.Upstream(t, port,
		testkit.Answer(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body),
			body)))
	testkit.Within(t, 30*time.Second, "a connection", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		probe, err := a.DialContext(ctx, "tcp", b.At(port))
		if err != nil {
			return false
		}
		probe.Close()
		return true
	})
	c := a.Dial(t, b.At(port))
	c.SetTimeout(30 * time.Second)
	if r := c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); !bytes.Equal(r.Body,
		body) {
		t.Errorf("%d bytes came, of %d", len(r.Body), len(body))
	}
}

func TestNodesOfOtherLabsAreOutOfReach(t *testing.T) {
	t.Parallel()
	one, other := netlab.New(t, 1), netlab.New(t, 1)
	a := one.Node(t, "a")
	other.Node(t, "a")
	b := other.Node(t, "b")
	b.Upstream(t, port, func(*testkit.Conn) {})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if c, err := a.DialContext(ctx, "tcp", b.At(port)); err == nil {
		c.Close()
		t.Error("connected")
	}
	if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", b.At(port)); err == nil {
		c.Close()
		t.Error("connected from the machine")
	}
}

// A process is on its node, and goes with it.
func TestProcessesEndWithTheLab(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sleep", "60")
	t.Run("lab", func(t *testing.T) {
		n := netlab.New(t, 1).Node(t, "a")
		if err := n.Start(cmd); err != nil {
			t.Fatal(err)
		}
		own, err1 := os.Readlink("/proc/self/ns/net")
		its, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", cmd.Process.Pid))
		if err := errors.Join(err1, err2); err != nil || own == its {
			t.Errorf("the test is in %s, the process in %s (%v)", own, its, err)
		}
	})
	if cmd.Process == nil {
		t.Skip("no lab")
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
		if s := cmd.ProcessState.Sys().(syscall.WaitStatus); s.Signal() != syscall.SIGKILL {
			t.Errorf("it ended with %v", s)
		}
	case <-time.After(testkit.Deadline):
		_ = cmd.Process.Kill()
		t.Error("it goes on")
	}
}

func TestAClockIsAnHourOff(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n := netlab.New(t, 1).Node(t, "a")
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
		n.Skew(t, skew)
		var out bytes.Buffer
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), sayTime+"=1")
		cmd.Stdout = &out
		if err := n.Start(cmd); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		var at, took int64
		if _, err := fmt.Sscan(out.String(), &at, &took); err != nil {
			t.Fatalf("%q: %v", &out, err)
		}
		if off := time.Until(time.Unix(0, at)); (off-skew).Abs() > 30*time.Second || took < 0 ||
			took > int64(time.Second) {
			t.Errorf("the clock is off by %v and passed %v, want %v and little", off,
				time.Duration(took), skew)
		}
	}
}
