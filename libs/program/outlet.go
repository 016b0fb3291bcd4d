package program

import (
	"bytes"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/term"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Bounds of an Outlet.
const (
	outletRoom = 1 << 20 // bytes that wait for the reader at most
	// outletPiece is how many bytes are written at once, unless one line has more. A pipe takes as
	// many whole or not at all.
	outletPiece = 4096
	// How long Close waits for a reader: for one that takes nothing, and for any.
	idleReader, slowReader = time.Second, 10 * time.Second
)

// An Outlet is where a program writes what it says about itself. Nothing that writes to it waits
// for the reader: a pipe that nobody reads would hold up reloads and the end of the process. Lines
// wait in memory, and a goroutine writes them out in their order. Those for which there is no room
// are lost and counted, and a line says how many as soon as there is room again.
type Outlet struct {
	out    io.Writer
	format string

	mu      sync.Mutex
	pending []byte // guarded by mu
	unsaid  uint64 // guarded by mu; lost lines of which no line has told
	closed  bool   // guarded by mu

	veil     atomic.Pointer[config.Veil]
	veils    []*config.Veil // guarded by mu; that veil is made of, the newest last
	dropped  atomic.Uint64
	progress atomic.Uint64 // grows with what the reader takes
	wake     chan struct{} // capacity 1
	quit     chan struct{}
	done     chan struct{} // closed when all is written
}

// NewOutlet makes an outlet, which Close ends. format is that of the log.
func NewOutlet(out io.Writer, format string) *Outlet {
	o := &Outlet{
		out: out, format: format, wake: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	go o.run()
	return o
}

// veilsKept is how many configurations have their secrets hidden: what was made with an older one
// may still end, and be told of.
const veilsKept = 4

// Hide says that from now on no line may have a value of these secrets, also one of a library.
func (o *Outlet) Hide(v *config.Veil) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.veil.Load().Covers(v) {
		return
	}
	o.veils = append(o.veils, v)
	o.veils = o.veils[max(len(o.veils)-veilsKept, 0):]
	var all *config.Veil
	for _, one := range o.veils {
		all = all.And(one)
	}
	o.veil.Store(all)
}

// Veiled is err as it may be shown.
func (o *Outlet) Veiled(err error) error { return o.veil.Load().Error(err) }

// Write takes lines, whole ones only. It never fails and never waits.
func (o *Outlet) Write(lines []byte) (int, error) {
	taken := len(lines)
	if v := o.veil.Load(); v != nil {
		lines = []byte(v.Text(string(lines)))
	}
	o.mu.Lock()
	fits := !o.closed && len(o.pending)+len(lines) <= outletRoom
	if fits {
		o.pending = append(o.pending, lines...)
	} else {
		n := countLines(lines)
		o.unsaid += n
		o.dropped.Add(n)
	}
	o.mu.Unlock()
	if fits {
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
	return taken, nil
}

// Dropped is how many lines were lost: there was no room for them, or writing failed.
func (o *Outlet) Dropped() uint64 { return o.dropped.Load() }

// Close writes out what is left, for as long as somebody reads it: it gives up when nothing was
// taken for a second, and after ten. What is written afterwards is lost.
func (o *Outlet) Close() {
	o.mu.Lock()
	first := !o.closed
	o.closed = true
	o.mu.Unlock()
	if first {
		close(o.quit)
	}
	look := time.NewTicker(idleReader)
	defer look.Stop()
	last := o.progress.Load()
	for waited := time.Duration(0); waited < slowReader; waited += idleReader {
		select {
		case <-o.done:
			return
		case <-look.C:
		}
		now := o.progress.Load()
		if now == last {
			return
		}
		last = now
	}
}

func (o *Outlet) run() {
	defer close(o.done)
	for {
		select {
		case <-o.wake:
			o.flush()
		case <-o.quit:
			o.flush()
			return
		}
	}
}

// flush writes until nothing is pending. Only the goroutine calls it.
func (o *Outlet) flush() {
	for {
		o.mu.Lock()
		lines := o.pending
		o.pending = nil
		lost := o.unsaid
		o.unsaid = 0
		o.mu.Unlock()
		if len(lines) == 0 && lost == 0 {
			return
		}
		failed := o.write(lines)
		if failed == 0 && lost > 0 {
			// Now there is room for it, and lines were lost after those that are written.
			if o.write(o.loss(lost)) == 0 {
				lost = 0
			}
		}
		o.mu.Lock()
		o.unsaid += lost + failed
		o.mu.Unlock()
		if failed > 0 || lost > 0 {
			o.dropped.Add(failed)
			return // who has gone does not read the next line either
		}
	}
}

// write writes piece by piece, so that it shows whether somebody reads. It returns how many lines
// could not be written.
func (o *Outlet) write(lines []byte) (failed uint64) {
	for len(lines) > 0 {
		end := len(lines)
		if end > outletPiece {
			end = bytes.LastIndexByte(lines[:outletPiece], '\n') + 1
			if end == 0 {
				end = max(bytes.IndexByte(lines, '\n')+1, outletPiece)
			}
		}
		if _, err := o.out.Write(lines[:end]); err != nil {
			return countLines(lines)
		}
		o.progress.Add(1)
		lines = lines[end:]
	}
	return 0
}

// loss is the line about lost lines.
func (o *Outlet) loss(lines uint64) []byte {
	var b bytes.Buffer
	newLogger(&b, o.format, logrus.InfoLevel).WithField("lines", lines).Warn(
		"lines of this log were lost: nobody read them, or they could not be written")
	return b.Bytes()
}

// Terminal says whether a person reads what is written here.
func Terminal(out io.Writer) bool {
	if o, ok := out.(*Outlet); ok {
		out = o.out
	}
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func countLines(text []byte) uint64 {
	n := uint64(bytes.Count(text, []byte("\n")))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}
