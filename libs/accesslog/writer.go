package accesslog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Writer takes lines from any number of goroutines and writes them to one output.
//
// It has one buffer per processor, each with its own lock that is held while a line is encoded into
// it, some hundred nanoseconds. A goroutine finds its buffer through a sync.Pool, which keeps to
// the processor it runs on, so connections on different processors do not meet. Lines of one
// processor keep their order; lines of different ones may come a flush apart.
type Writer struct {
	out      io.Writer // the goroutine's
	torn     bool      // the goroutine's; what out has got does not end with a line's end
	sampling atomic.Pointer[sampling]
	format   atomic.Pointer[format] // changed while all shards are locked
	interval time.Duration

	mu    sync.Mutex
	next  io.Writer // guarded by mu; takes out's place after the next flush, nil none
	over  bool      // guarded by mu; the goroutine looks at next no more
	epoch uint64    // guarded by mu; counts the outputs that Reopen has brought

	shards []shard
	near   sync.Pool // of *shard
	nextID atomic.Uint32

	shared  atomic.Bool
	dropped atomic.Uint64
	failed  atomic.Uint64
	taken   atomic.Uint64         // writes that the output has taken
	trouble atomic.Pointer[error] // what the last write failed with, nil: nothing

	wake chan struct{} // a shard is half full or there is another output; capacity 1
	quit chan struct{}
	done chan struct{}
	once sync.Once
}

type shard struct {
	mu      sync.Mutex
	pending []byte // guarded by mu
	// before is what was pending when Reopen came, for the output that was in use; guarded by mu
	before []byte
	epoch  uint64 // guarded by mu; that what is pending is of
	closed bool   // guarded by mu
	begun  int    // guarded by mu; where the line begins that is being appended
	whole  bool   // guarded by mu; it has its end
	spare  []byte // the goroutine's; swapped with pending
	limit  int
	clock  clock    // guarded by mu
	_      [64]byte // keep two shards out of one cache line
}

// NewWriter starts a writer on out. Close stops it. An output that is an
// io.Closer is closed when it is no longer used.
func NewWriter(out io.Writer, o Options) *Writer {
	if o.Buffer <= 0 {
		o.Buffer = 1 << 20
	}
	if o.Flush <= 0 {
		o.Flush = 100 * time.Millisecond
	}
	w := &Writer{
		out: out, interval: o.Flush,
		shards: make([]shard, runtime.GOMAXPROCS(0)),
		wake:   make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	w.Change(o)
	for i := range w.shards {
		w.shards[i].limit = max(o.Buffer/len(w.shards)/2, 4096) // two buffers each
	}
	w.near.New = func() any { return &w.shards[int(w.nextID.Add(1))%len(w.shards)] }
	go w.run()
	return w
}

// Log writes a line for the entry, unless sampling leaves it out. It never blocks on the output and
// allocates nothing in steady state. The entry is the caller's again when Log returns. After Close,
// lines are dropped.
func (w *Writer) Log(e *Entry) {
	if !w.wants(e.gravity(), e.pace()) {
		return
	}
	s := w.take()
	defer w.give(s) // also where a panic comes between: others use the shard
	if !s.open() {
		return
	}
	if f := w.format.Load(); f.text {
		s.pending = e.appendText(s.pending, f)
	} else {
		s.pending = e.appendJSON(s.pending, f, &s.clock)
	}
	s.whole = true
}

// take locks the shard of the processor that the caller runs on, for a line that is appended to
// what is pending. The form of the lines does not change before give.
func (w *Writer) take() *shard {
	s := &w.shards[0]
	if len(w.shards) > 1 {
		s = w.near.Get().(*shard)
	}
	s.mu.Lock()
	s.begun, s.whole = len(s.pending), false
	return s
}

// open reports whether there is room for a line. It needs mu held.
func (s *shard) open() bool { return !s.closed && len(s.before)+len(s.pending) < s.limit }

// give ends the line, or takes it back where it does not fit, and unlocks the shard.
func (w *Writer) give(s *shard) {
	before := s.begun
	fits := s.whole && len(s.before)+len(s.pending) < s.limit
	if fits {
		s.pending = append(s.pending, '\n')
	} else {
		s.pending = s.pending[:before]
		if cap(s.pending) > 2*s.limit { // one monstrous path must not stay in memory
			s.pending = append(make([]byte, 0, s.limit), s.pending...)
		}
	}
	after := len(s.pending)
	s.mu.Unlock()
	if len(w.shards) > 1 {
		w.near.Put(s)
	}
	if !fits {
		w.dropped.Add(1)
	}
	if before <= s.limit/2 && after > s.limit/2 {
		w.flushSoon()
	}
}

// Change changes which lines are written, and how they look, from now on. Of the options those
// about the buffer do not count.
func (w *Writer) Change(o Options) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sampling.Store(newSampling(o))
	w.switchTo(newFormat(o.Form), w.epoch)
}

// switchTo changes the form of the lines, for all shards at once. In a new epoch all lines from now
// on are for another output, and none from before. It needs mu held.
func (w *Writer) switchTo(f *format, epoch uint64) {
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.epoch != epoch {
			s.epoch = epoch
			s.before = append(s.before, s.pending...)
			s.pending = s.pending[:0]
		}
	}
	w.format.Store(f)
}

// ErrClosed is what Reopen returns after Close.
var ErrClosed = errors.New("the access log is closed")

// Reopen puts another output in the place of the one in use, as after a log file was moved away.
// open is called at once; if it fails, nothing changes. All that was logged before goes to the old
// output, which is then closed, and all that is logged later to the new one, with these options:
// those about the buffer do not count. Neither Reopen nor Log waits for that: an output that is
// stuck is left when it lets go.
func (w *Writer) Reopen(open func() (io.Writer, error), o Options) error {
	out, err := open()
	if err != nil {
		return err
	}
	w.mu.Lock()
	unused, over := w.next, w.over
	if over {
		unused = out
	} else {
		w.next = out
		w.sampling.Store(newSampling(o))
		w.epoch++
		w.switchTo(newFormat(o.Form), w.epoch)
	}
	w.mu.Unlock()
	if unused != nil {
		closeOutput(unused)
	}
	if over {
		return ErrClosed
	}
	w.flushSoon()
	return nil
}

func (w *Writer) flushSoon() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// closeOutput closes an output that can be. What it held has been written, so an
// error has nothing to tell.
func closeOutput(out io.Writer) {
	if c, ok := out.(io.Closer); ok {
		_ = c.Close()
	}
}

// Dropped returns how many lines were lost: there was no room for them, or the output failed.
func (w *Writer) Dropped() uint64 { return w.dropped.Load() + w.failed.Load() }

// Trouble is what the output failed with last, nil where it has taken the last lines.
func (w *Writer) Trouble() error {
	if err := w.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// Taken grows for as long as the output takes something. It tells a slow output from a stuck one.
func (w *Writer) Taken() uint64 { return w.taken.Load() }

// Close writes what is in memory, closes the output and ends the goroutine. If the output is stuck
// it gives up when ctx ends; the goroutine then ends when the output lets it. Lines that are logged
// afterwards are dropped.
func (w *Writer) Close(ctx context.Context) error {
	w.once.Do(func() { close(w.quit) })
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *Writer) run() {
	defer close(w.done)
	tick := time.NewTicker(w.interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.flush(false)
		case <-w.wake:
			w.flush(false)
		case <-w.quit:
			w.flush(true)
			return
		}
	}
}

// flush writes out what every shard holds. Only the writer's goroutine calls it.
func (w *Writer) flush(last bool) {
	next, before, epoch := w.takeNext(last)
	if next != nil {
		for _, lines := range before {
			w.pass(lines)
		}
		w.mend() // the new output may be the same file
		closeOutput(w.out)
		w.out = next
	}
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		if s.epoch != epoch { // what is there now is for an output that is not in use yet
			s.mu.Unlock()
			continue
		}
		full := s.pending
		s.pending = s.spare[:0]
		s.closed = s.closed || last
		s.mu.Unlock()
		s.spare = full[:0]
		w.pass(full)
	}
	if last {
		w.mend()
		closeOutput(w.out)
	}
}

// takeNext takes the output that Reopen has brought, nil for none, and what is for the one in use
// before that. Lines of a later epoch are for yet another.
func (w *Writer) takeNext(last bool) (next io.Writer, before [][]byte, epoch uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	next = w.next
	w.next, w.over = nil, w.over || last
	if next == nil {
		return nil, nil, w.epoch
	}
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		before = append(before, s.before)
		s.before = nil
		s.mu.Unlock()
	}
	return next, before, w.epoch
}

// pass writes lines, and counts those that the output does not take.
func (w *Writer) pass(lines []byte) {
	if len(lines) > 0 {
		w.failed.Add(countLines(lines[w.write(lines):]))
	}
}

// piece is how many bytes the output gets at once, unless one line has more. A reader that is slow
// has taken some of them then, which Close can see.
const piece = 64 << 10

// pipePiece is how many bytes a pipe takes whole or not at all (PIPE_BUF of Linux).
const pipePiece = 4 << 10

// Shared says whether another process writes to the same output. Where that is a pipe it gets no
// more bytes at once than it takes whole, so that no line is torn by one of the other process.
func (w *Writer) Shared(yes bool) { w.shared.Store(yes) }

// write returns how many bytes the output has taken.
func (w *Writer) write(lines []byte) (taken int) {
	most := piece
	if w.shared.Load() {
		most = pipePiece
	}
	for taken < len(lines) {
		rest := lines[taken:]
		if len(rest) > most {
			end := bytes.LastIndexByte(rest[:most], '\n') + 1
			if end == 0 {
				end = bytes.IndexByte(rest, '\n') + 1
			}
			rest = rest[:end]
		}
		n := w.writeOnce(rest)
		taken += n
		if n < len(rest) {
			return taken
		}
		w.taken.Add(1)
	}
	return taken
}

// writeOnce returns how many bytes the output has taken. A line that it took a part of, as a full
// disk does, is ended before the next one.
func (w *Writer) writeOnce(lines []byte) int {
	if !w.mend() {
		return 0
	}
	n, err := w.out.Write(lines)
	switch {
	case err != nil:
		w.trouble.Store(&err)
	case w.trouble.Load() != nil:
		w.trouble.Store(nil)
	}
	n = min(max(n, 0), len(lines))
	w.torn = n > 0 && lines[n-1] != '\n'
	return n
}

// mend ends a line of which the output has a part, and says whether there is none.
func (w *Writer) mend() bool {
	if w.torn {
		n, err := w.out.Write([]byte{'\n'})
		if w.torn = n != 1; w.torn && err != nil {
			w.trouble.Store(&err)
		}
	}
	return !w.torn
}

func countLines(b []byte) (n uint64) {
	for _, c := range b {
		if c == '\n' {
			n++
		}
	}
	return n
}
