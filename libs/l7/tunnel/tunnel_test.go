package tunnel

import (
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A scripted is an End that brings pieces and then ends as it is told.
type scripted struct {
	brings []string
	ends   error         // what Receive gives in the end; nil waits until it is interrupted
	takes  error         // what Send gives
	first  chan struct{} // closed before it brings anything; nil: at once

	mu          sync.Mutex
	got         string // guarded by mu
	closed      bool   // guarded by mu
	interrupted chan struct{}
	once        sync.Once
	waits       []time.Duration // belongs to the goroutine that receives
}

func newScripted(ends error, brings ...string) *scripted {
	return &scripted{brings: brings, ends: ends, interrupted: make(chan struct{})}
}

func (s *scripted) Receive(idle time.Duration, send func([]byte) error) error {
	s.waits = append(s.waits, idle)
	if s.first != nil {
		<-s.first
	}
	for len(s.brings) > 0 {
		p := s.brings[0]
		s.brings = s.brings[1:]
		if err := send([]byte(p)); err != nil {
			return err
		}
	}
	if s.ends != nil {
		return s.ends
	}
	<-s.interrupted
	return netx.ErrInterrupted
}

func (s *scripted) Send(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.takes != nil {
		return s.takes
	}
	s.got += string(p)
	return nil
}

func (s *scripted) CloseSend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (s *scripted) Interrupt() { s.once.Do(func() { close(s.interrupted) }) }

func still() int64 { return 0 }

// Each side gets what the other sent, then its end, and the bytes are counted.
func TestBytesGoBothWaysAndEndsAreHalfCloses(t *testing.T) {
	near, far := newScripted(io.EOF, "GET", " it"), newScripted(io.EOF, "here", "", " you are")
	up, down, _ := New(0, still).Run(near, far)
	if far.got != "GET it" || near.got != "here you are" || up != 6 || down != 12 {
		t.Errorf("%q, %d bytes up; %q, %d bytes down", far.got, up, near.got, down)
	}
	if !near.closed || !far.closed {
		t.Errorf("ends: client told %v, endpoint told %v", near.closed, far.closed)
	}
}

// An end of one side leaves the other direction alone.
func TestASideMaySpeakAfterTheOtherHasEnded(t *testing.T) {
	near, far := newScripted(io.EOF, "question"), newScripted(io.EOF, "answer")
	far.first = make(chan struct{})
	go func() {
		for {
			far.mu.Lock()
			closed := far.closed
			far.mu.Unlock()
			if closed {
				close(far.first)
				return
			}
			runtime.Gosched()
		}
	}()
	New(0, still).Run(near, far)
	if near.got != "answer" {
		t.Errorf("the client got %q", near.got)
	}
}

// When a side fails, in any way, neither is waited for any longer.
func TestAFailureEndsBothDirections(t *testing.T) {
	broken := errors.New("broken")
	for name, set := range map[string]func(near, far *scripted){
		"the client breaks":   func(near, _ *scripted) { near.ends = broken },
		"the endpoint breaks": func(_, far *scripted) { far.ends = broken },
		"the client takes nothing": func(near, far *scripted) {
			near.takes, far.brings = broken, []string{"x"}
		},
		"the endpoint takes nothing": func(near, far *scripted) {
			far.takes, near.brings = broken, []string{"x"}
		},
		"a drain interrupts": func(near, _ *scripted) { near.Interrupt() },
	} {
		near, far := newScripted(nil), newScripted(nil)
		set(near, far)
		New(0, still).Run(near, far) // it returns
		select {
		case <-near.interrupted:
		default:
			t.Errorf("%s: the client's side waits on", name)
		}
		select {
		case <-far.interrupted:
		default:
			t.Errorf("%s: the endpoint's side waits on", name)
		}
		if near.closed || far.closed {
			t.Errorf("%s: it looks like an end in order", name)
		}
	}
}

// A side that waits in vain looks whether the other was busy, and then waits for what is left.
func TestATunnelIsIdleOnlyIfBothDirectionsAre(t *testing.T) {
	const idle = time.Second
	var now atomic.Int64
	busy := newScripted(io.EOF)
	quiet := &impatient{scripted: newScripted(netx.ErrTimeout)}
	tun := New(idle, now.Load)
	turns := 0
	quiet.turn = func() {
		turns++
		now.Add(int64(600 * time.Millisecond))
		if turns < 3 {
			tun.active.Store(now.Load() - int64(100*time.Millisecond)) // the other was busy
		}
	}
	tun.carry(busy, quiet, &tun.down, ClientBroke, EndpointBroke)
	if turns != 4 || quiet.waits[0] != idle || quiet.waits[1] != 900*time.Millisecond {
		t.Errorf("%d turns, with waits %v", turns, quiet.waits)
	}
	select {
	case <-busy.interrupted:
	default:
		t.Error("the other side is not told")
	}
}

// An impatient finds at each turn that its time is over.
type impatient struct {
	*scripted
	turn func()
}

func (i *impatient) Receive(idle time.Duration, _ func([]byte) error) error {
	i.waits = append(i.waits, idle)
	i.turn()
	return netx.ErrTimeout
}

// Without a limit a wait that ends is a failure: nothing asked for it.
func TestATunnelWithoutALimitAsksForNone(t *testing.T) {
	near, far := newScripted(io.EOF), newScripted(io.EOF)
	New(0, still).Run(near, far)
	if near.waits[0] != 0 || far.waits[0] != 0 {
		t.Errorf("waits %v, %v", near.waits, far.waits)
	}
}

// A stream is read in pieces until it fails; an end is one of those.
func TestAStreamIsReceivedToItsEnd(t *testing.T) {
	s := &stream{pieces: []string{"one", "two"}}
	got := ""
	err := ReceiveStream(s, func(p []byte) error { got += string(p); return nil })
	if err != io.EOF || got != "onetwo" {
		t.Errorf("%q, %v", got, err)
	}
	full := errors.New("full")
	s = &stream{pieces: []string{"one", "two"}}
	err = ReceiveStream(s, func([]byte) error { return full })
	if err != full || len(s.pieces) != 1 {
		t.Errorf("%v, with %d pieces left", err, len(s.pieces))
	}
}

type stream struct{ pieces []string }

func (s *stream) ReadBody(p []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n := copy(p, s.pieces[0])
	s.pieces = s.pieces[1:]
	return n, nil
}
