package accesslog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

// file is an output that can be closed, and held while it is written to.
type file struct {
	output
	// gets a value when a write begins, which then waits until free is closed; nil: no write waits
	stuck  chan struct{}
	free   chan struct{}
	closed chan struct{} // gets a value on Close
}

func newFile() *file { return &file{closed: make(chan struct{}, 9)} }

func (f *file) Write(p []byte) (int, error) {
	if f.stuck != nil {
		select {
		case f.stuck <- struct{}{}:
		default:
		}
		<-f.free
	}
	return f.output.Write(p)
}

func (f *file) Close() error {
	f.closed <- struct{}{}
	return nil
}

// to opens an output that is there.
func to(out io.Writer) func() (io.Writer, error) {
	return func() (io.Writer, error) { return out, nil }
}

func logLine(w *accesslog.Writer, route string) {
	e := entry()
	e.Route = route
	w.Log(&e)
}

func routes(t *testing.T, lines []string) (names []string) {
	t.Helper()
	for _, l := range lines {
		var e struct {
			Route string `json:"route"`
		}
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		names = append(names, e.Route)
	}
	return names
}

func TestRotatedFileGetsWhatWasLoggedBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	open := func() (io.Writer, error) {
		return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	}
	first, err := open()
	if err != nil {
		t.Fatal(err)
	}
	w := accesslog.NewWriter(first, accesslog.Options{Flush: time.Hour})
	logLine(w, "before")
	if err := os.Rename(path, path+".1"); err != nil { // as logrotate does it
		t.Fatal(err)
	}
	logLine(w, "between")
	if err := w.Reopen(open, accesslog.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("after Reopen: %v", err)
	}
	logLine(w, "after")
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := func(path string) []string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return routes(t, strings.Fields(string(b)))
	}
	old, both := read(path+".1"), append(read(path+".1"), read(path)...)
	slices.Sort(both) // lines of two buffers have no order
	// The line after Reopen may still be in the flush that was asked for before it.
	if !slices.Contains(old, "before") || !slices.Contains(old, "between") ||
		!slices.Equal(both, []string{"after", "before", "between"}) {
		t.Errorf("moved away: %q; with the new one: %q", old, both)
	}
	if _, err := first.(*os.File).Write(nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the old file is not closed: %v", err)
	}
}

func TestOutputThatDoesNotOpenChangesNothing(t *testing.T) {
	out := newFile()
	w := accesslog.NewWriter(out, accesslog.Options{Flush: time.Hour})
	if err := w.Reopen(func() (io.Writer, error) {
		return nil, os.ErrPermission
	}, accesslog.Options{}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("%v", err)
	}
	logLine(w, "kept")
	if len(out.closed) != 0 {
		t.Error("the output in use was closed")
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := routes(t, out.lines()); len(got) != 1 || len(out.closed) != 1 {
		t.Errorf("%v, closed %d times", got, len(out.closed))
	}
}

// The old output hangs in the middle of a flush. What was logged before Reopen belongs to it all
// the same, also where that flush had passed already.
func TestStuckOutputHoldsUpNeitherReopenNorLog(t *testing.T) {
	old, unused, next := newFile(), newFile(), newFile()
	old.stuck, old.free = make(chan struct{}, 1), make(chan struct{})
	w := accesslog.NewWriter(old, accesslog.Options{Flush: time.Millisecond})
	logLine(w, "first")
	<-old.stuck
	for range 8 { // in every shard
		logLine(w, "before")
	}
	for _, f := range []*file{unused, next} {
		if err := w.Reopen(to(f), accesslog.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(unused.closed) != 1 || len(old.closed) != 0 {
		t.Errorf("the one never used was closed %d times, the one in use %d times",
			len(unused.closed), len(old.closed))
	}
	close(old.free)
	<-old.closed
	logLine(w, "after")
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(routes(t, old.lines()), " "); got != "first"+
		strings.Repeat(" before", 8) {
		t.Errorf("the old output has %q", got)
	}
	if got := routes(t, next.lines()); len(got) != 1 || got[0] != "after" {
		t.Errorf("the new output has %q", got)
	}
	if len(old.closed) != 0 || len(next.closed) != 1 || unused.lines()[0] != "" ||
		w.Dropped() != 0 {
		t.Errorf("closed %d times more and %d times, unused has %q, %d dropped", len(old.closed),
			len(next.closed), unused.lines(), w.Dropped())
	}
}

func TestReopenAfterCloseClosesWhatItOpened(t *testing.T) {
	w := accesslog.NewWriter(newFile(), accesslog.Options{})
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := newFile()
	if err := w.Reopen(func() (io.Writer, error) {
		return late, nil
	}, accesslog.Options{}); !errors.Is(err, accesslog.ErrClosed) || len(late.closed) != 1 {
		t.Errorf("%v, closed %d times", err, len(late.closed))
	}
}

func TestNoLineIsLostOrTornWhileOutputsAndSamplingChange(t *testing.T) {
	const goroutines, each, changes = 4, 2000, 200
	outputs := []*file{newFile()}
	w := accesslog.NewWriter(outputs[0], accesslog.Options{
		Buffer: 64 << 20, Flush: time.Millisecond,
	})
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				logLine(w, fmt.Sprintf("%d-%d", g, i))
			}
		})
	}
	for range changes {
		f := newFile()
		outputs = append(outputs, f)
		if err := w.Reopen(to(f), accesslog.Options{}); err != nil {
			t.Fatal(err)
		}
		// all lines are of a 502
		w.Change(accesslog.Options{Errors: accesslog.Always, Sample: 1})
		w.Change(accesslog.Options{SampleNone: true})
	}
	wg.Wait()
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, f := range outputs {
		if len(f.closed) != 1 {
			t.Errorf("output %d was closed %d times", i, len(f.closed))
		}
		if f.lines()[0] == "" {
			continue
		}
		for _, r := range routes(t, f.lines()) {
			if seen[r] {
				t.Errorf("%s is there twice", r)
			}
			seen[r] = true
		}
	}
	if len(seen) != goroutines*each || w.Dropped() != 0 {
		t.Errorf("%d lines, %d dropped", len(seen), w.Dropped())
	}
}

func TestSamplingChangesWhileRunning(t *testing.T) {
	out := newFile()
	w := accesslog.NewWriter(out, accesslog.Options{})
	for i, o := range []accesslog.Options{
		{}, {Errors: accesslog.Never}, {SampleNone: true, Errors: accesslog.Sampled},
		{SampleNone: true},
	} {
		w.Change(o)
		for _, status := range []int{200, 502} {
			e := entry()
			e.Status, e.Route = status, fmt.Sprintf("%d:%d", i, status)
			w.Log(&e)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := routes(t, out.lines())
	slices.Sort(got) // one after the other, but not always into one buffer
	if !slices.Equal(got, []string{"0:200", "0:502", "1:200", "3:502"}) {
		t.Errorf("%q", got)
	}
}

// full is a disk with room for so many bytes, which changes.
type full struct {
	mu   sync.Mutex
	buf  bytes.Buffer // guarded by mu
	room func() int   // guarded by mu
}

func (f *full) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.room(); n < len(p) {
		f.buf.Write(p[:n])
		return n, errors.New("no space left on device")
	}
	return f.buf.Write(p)
}

func TestPartOfALineIsNotMergedWithTheNext(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	disk := &full{}
	disk.room = func() int {
		if r.IntN(3) > 0 {
			return r.IntN(900)
		}
		return 1 << 20
	}
	w := accesslog.NewWriter(disk, accesslog.Options{Flush: time.Hour})
	const lines = 600
	for i := range lines {
		logLine(w, fmt.Sprint(i))
		if i%3 == 0 { // flushes, and leaves a part for the "new" output, which is the same
			if err := w.Reopen(to(disk), accesslog.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		runtime.Gosched() // lets the writer in between
	}
	disk.mu.Lock()
	disk.room = func() int { return 1 << 20 }
	disk.mu.Unlock()
	logLine(w, "last")
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole, torn := 0, 0
	for _, l := range strings.Split(strings.TrimSuffix(disk.buf.String(), "\n"), "\n") {
		if json.Valid([]byte(l)) {
			whole++
		} else if torn++; strings.Count(l, `{"time"`) != 1 && len(l) > len(`{"time"`) {
			t.Fatalf("merged: %s", l)
		}
	}
	if torn == 0 || uint64(lines+1-whole) != w.Dropped() {
		t.Errorf("%d whole and %d torn lines, %d counted as lost, of %d", whole, torn, w.Dropped(),
			lines+1)
	}
}
