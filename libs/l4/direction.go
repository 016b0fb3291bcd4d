package l4

import (
	"cmp"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

const (
	// blockSize is what one read takes at most.
	blockSize = 64 << 10
	// bulkFrom is how much a direction moves in one turn before it takes to a pipe. A
	// transfer of 1 GB then costs half of what copying does, and a message of 64 KiB
	// what it did. Below bulkUntil it goes back.
	bulkFrom  = 4 * blockSize
	bulkUntil = 32 << 10
	// exchanges is for how many messages a direction asks after each whether there is
	// more. Later it takes a short read for all there is, which saves a call of the
	// two or three that a message costs; an end that came with the message is then
	// found by the watch, three Intervals late at most (see Await). In a short
	// session it is passed on at once.
	exchanges = 32
	// always is a deadline that makes the watch look where nothing has one.
	always = 24 * time.Hour
)

// blocks lends buffers. A direction has one only while there are bytes.
var blocks = sync.Pool{New: func() any { return new([blockSize]byte) }}

// direction carries the bytes from one side to the other. All but the atomics and the
// fields said otherwise belongs to its goroutine.
type direction struct {
	session  *session
	src, dst *netx.Sock
	turn     func(uintptr) bool

	// seen is when bytes last came or went, on the watch's clock; negative while a
	// write is underway.
	seen    atomic.Int64
	moved   atomic.Int64 // passed on
	counted int64        // of moved, in the metrics; guarded by session.mu

	messages int

	bulk  bool // with a pipe
	heard bool // bytes have come
	ended bool // src has ended and dst was told

	// What ended the last turn: err, of the socket at.
	err error
	at  *netx.Sock
}

func (d *direction) begin(s *session, src, dst *netx.Sock) {
	d.session, d.src, d.dst = s, src, dst
	d.turn = d.onReadable
	d.seen.Store(s.engine.watch.Now())
}

func (d *direction) other() *direction {
	if d == &d.session.in {
		return &d.session.out
	}
	return &d.session.in
}

// run begins to carry.
func (d *direction) run() {
	d.wait(d.quiet)
	d.Unpark()
}

// Unpark carries until src ends, which it passes on as a half-close. While nothing comes it is
// parked, without a goroutine.
func (d *direction) Unpark() {
	s, parked := d.session, false
	defer func() {
		if !parked {
			s.done()
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			s.failed(p)
		}
	}()
	for {
		err := d.src.AwaitOrIdle(d.turn)
		if err == netx.ErrIdle {
			if parked = d.src.Park(d); parked {
				return // it may be going on in another goroutine by now
			}
			continue
		}
		if err == netx.ErrTimeout && d.mayWait() {
			continue
		}
		at := d.src
		if err == nil {
			err, at = d.err, d.at
		}
		if err == io.EOF && at == d.src && d.missedReset() {
			err = syscall.ECONNRESET
		}
		if err == io.EOF && at == d.src {
			d.close()
		} else {
			s.finish(d, at, err)
		}
		return
	}
}

// missedReset reports whether the end of src is a reset. The system tells each error of a
// socket once: the other direction, which is writing to it, may have been told of this one, and
// then reading finds an end like any other.
func (d *direction) missedReset() bool {
	return d.other().seen.Load() < 0 && d.src.WasReset()
}

// close passes the end of src on.
func (d *direction) close() {
	s := d.session
	if d.src == s.client {
		s.settle(ClientClosed)
	} else {
		s.settle(UpstreamClosed)
	}
	// When the other direction has ended too, closing dst is next and says the same.
	last := s.running.Load() == 1 && d.other().ended && d.dst.Secured() == nil
	if !last {
		// The deadline of the other direction goes on.
		if err := d.dst.CloseWrite(); err != nil {
			s.finish(d, d.dst, err)
			return
		}
	}
	d.ended = true
	s.half.Store(true)
	d.other().wait(s.patience)
}

// wait sets how long reading may wait from now on. Each direction sets its own, and the other one
// when it ends; then the shorter time has to be the last that is set.
func (d *direction) wait(long func() time.Duration) {
	half := d.session.half.Load()
	d.src.SetReadDeadline(long())
	if !half && d.session.half.Load() {
		d.src.SetReadDeadline(d.session.patience())
	}
}

// mayWait is asked when a read deadline has passed. Each direction has its own, and
// the session is idle only if both are.
func (d *direction) mayWait() bool {
	wait := d.left(d.other().seen.Load())
	if wait < 0 {
		return false
	}
	d.wait(func() time.Duration { return wait })
	return true
}

// mayWriteOn is asked when dst has taken nothing for as long as a session may be idle.
func (d *direction) mayWriteOn() bool {
	seen := d.other().seen.Load()
	if seen < 0 {
		seen = -seen // or two writes that wait would wait for one another
	}
	wait := d.left(seen)
	d.dst.WriteTimeout = wait
	return wait >= 0
}

// left is how much longer this direction may wait, given when the other was last seen;
// 0 is for ever, and less than 0 is no longer.
func (d *direction) left(other int64) time.Duration {
	s := d.session
	now := s.engine.watch.Now()
	if s.end != 0 && now >= s.end {
		return -1
	}
	wait := s.patience()
	idle := s.idle()
	if idle == 0 || other < 0 { // it writes, and looks after that itself
		return wait
	}
	mine := d.seen.Load()
	if mine < 0 {
		mine = 0 // it has waited in vain
	}
	left := idle - time.Duration(now-max(mine, other))
	if left <= 0 {
		return -1
	}
	return min(wait, left)
}

// onReadable is the step of Await.
func (d *direction) onReadable(uintptr) (done bool) {
	if d.bulk {
		if pipe := netx.BorrowPipe(); pipe != nil {
			defer pipe.Release()
			return d.move(pipe)
		}
	}
	block := blocks.Get().(*[blockSize]byte)
	defer blocks.Put(block)
	return d.copy(block[:])
}

// copy carries what is there.
func (d *direction) copy(block []byte) (done bool) {
	total := 0
	for looked := false; ; {
		n, err := d.src.TryRead(block)
		if err == syscall.EAGAIN {
			if d.src.Secured() == nil || looked {
				return false
			}
			looked = true
			d.src.Look() // for an end that came with the last bytes
			continue
		}
		if err != nil {
			return d.stop(d.src, err)
		}
		if !d.pass(block[:n]) {
			return true
		}
		if n < len(block) {
			if d.messages++; d.messages <= exchanges || d.src.Secured() != nil {
				continue // to EAGAIN
			}
			d.wait(d.quiet)
			return false
		}
		if d.yield() {
			return true
		}
		if total += n; total >= bulkFrom && d.src.Secured() == nil && d.dst.Secured() == nil {
			if pipe := netx.BorrowPipe(); pipe != nil {
				defer pipe.Release()
				d.bulk = true
				return d.move(pipe)
			}
		}
	}
}

// quiet is a deadline also where nothing has one: see always.
func (d *direction) quiet() time.Duration { return cmp.Or(d.session.patience(), always) }

// move carries what is there without looking at it.
func (d *direction) move(pipe *netx.Pipe) (done bool) {
	for total := 0; ; {
		n, err := pipe.TryFill(d.src)
		if err == syscall.EAGAIN {
			d.bulk = total >= bulkUntil
			return false
		}
		if err != nil {
			return d.stop(d.src, err)
		}
		if !d.passPipe(pipe) || d.yield() {
			return true
		}
		total += n
	}
}

// pass sends bytes on.
func (d *direction) pass(p []byte) bool {
	if !d.heard {
		d.hear()
	}
	return d.write(func() error {
		n, err := d.dst.Write(p)
		p = p[n:]
		d.moved.Add(int64(n))
		return err
	})
}

// passPipe sends on what a pipe holds.
func (d *direction) passPipe(pipe *netx.Pipe) bool {
	return d.write(func() error {
		before := pipe.Held()
		err := pipe.Drain(d.dst)
		d.moved.Add(int64(before - pipe.Held()))
		return err
	})
}

// write does a write, and goes on with it as long as the session may wait.
func (d *direction) write(once func() error) bool {
	s := d.session
	d.seen.Store(-s.engine.watch.Now())
	if s.end != 0 {
		d.dst.WriteTimeout = s.patience()
	}
	err := once()
	for err == netx.ErrTimeout && d.dst.Secured() == nil && d.mayWriteOn() {
		// TLS does not go on after a write that was given up.
		if err = once(); err == nil {
			d.dst.WriteTimeout = s.patience()
		}
	}
	if err != nil {
		d.stop(d.dst, err)
		return false
	}
	d.seen.Store(s.engine.watch.Now())
	return true
}

// hear is called once, when the first bytes come.
func (d *direction) hear() {
	d.heard = true
	if d == &d.session.out {
		worked(d.session.endpoint)
		d.session.up.Works()
	}
}

// stop ends the turn, and the direction.
func (d *direction) stop(at *netx.Sock, err error) bool {
	d.at, d.err = at, err
	return true
}

func isErrno(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno)
}

// yield lets others run between two large pieces: where both sides are fast nothing
// here waits, and the scheduler would take the processor away only every 10 ms. For
// the same reason it looks whether the session is to end; if so, it is true.
func (d *direction) yield() bool {
	runtime.Gosched()
	s := d.session
	switch {
	case d.src.Interrupted():
		return d.stop(d.src, netx.ErrInterrupted)
	case s.end != 0 && s.engine.watch.Now() >= s.end:
		return d.stop(d.src, netx.ErrTimeout)
	}
	return false
}
