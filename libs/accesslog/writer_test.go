package accesslog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

// output is a bytes.Buffer that can be read while it is written.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Split(strings.TrimSuffix(o.buf.String(), "\n"), "\n")
}

func TestLinesAreWrittenWithinTheFlushInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out output
		w := accesslog.NewWriter(&out, accesslog.Options{Flush: time.Second})
		e := entry()
		w.Log(&e)
		synctest.Wait()
		if got := out.lines(); got[0] != "" {
			t.Errorf("written at once: %s", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := out.lines(); len(got) != 1 || !json.Valid([]byte(got[0])) {
			t.Errorf("after the interval: %s", got)
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseWritesEverythingFromEveryGoroutine(t *testing.T) {
	var out output
	w := accesslog.NewWriter(&out, accesslog.Options{Flush: time.Hour, Buffer: 64 << 20})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			e := entry()
			for range 500 {
				w.Log(&e)
			}
		})
	}
	wg.Wait()
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := out.lines()
	if len(got) != 4000 || w.Dropped() != 0 {
		t.Errorf("%d lines, %d dropped", len(got), w.Dropped())
	}
	for _, l := range got {
		if !json.Valid([]byte(l)) {
			t.Fatalf("torn line: %s", l)
		}
	}
	e := entry()
	w.Log(&e)
	if w.Dropped() != 1 {
		t.Error("a line after Close is not counted as dropped")
	}
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStuckOutputDropsLinesAndHoldsNobody(t *testing.T) {
	r, out := io.Pipe() // nobody reads
	w := accesslog.NewWriter(out, accesslog.Options{Buffer: 64 << 10, Flush: time.Millisecond})
	e := entry()
	const lines = 10_000
	for range lines {
		w.Log(&e)
	}
	if w.Dropped() < lines/2 {
		t.Errorf("%d dropped of %d", w.Dropped(), lines)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	r.Close() // unsticks it
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if w.Dropped() != lines {
		t.Errorf("%d counted as lost, want all %d", w.Dropped(), lines)
	}
}

func TestSamplingKeepsErrors(t *testing.T) {
	for name, c := range map[string]struct {
		options   accesslog.Options
		ok, fails int // of 1000 each
	}{
		"all":            {accesslog.Options{}, 1000, 1000},
		"none":           {accesslog.Options{SampleNone: true}, 0, 1000},
		"half":           {accesslog.Options{Sample: 0.5}, 500, 1000},
		"errors sampled": {accesslog.Options{Sample: 0.5, Errors: accesslog.Sampled}, 500, 500},
		"errors never":   {accesslog.Options{Errors: accesslog.Never}, 1000, 0},
	} {
		var out output
		c.options.Buffer = 16 << 20
		w := accesslog.NewWriter(&out, c.options)
		for _, status := range []int{200, 503} {
			e := entry()
			e.Status = status
			for range 1000 {
				w.Log(&e)
			}
		}
		if err := w.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(out.lines(), "\n")
		const tolerance = 100 // six standard deviations
		if n := strings.Count(text, `"status":200`); n < c.ok-tolerance || n > c.ok+tolerance ||
			c.ok == 0 && n > 0 {
			t.Errorf("%s: %d lines of 200, want about %d", name, n, c.ok)
		}
		if n := strings.Count(text, `"status":503`); n < c.fails-tolerance ||
			n > c.fails+tolerance || c.fails == 0 && n > 0 {
			t.Errorf("%s: %d lines of 503, want about %d", name, n, c.fails)
		}
	}
}

func TestLogAllocatesNothing(t *testing.T) {
	w := accesslog.NewWriter(io.Discard, accesslog.Options{Buffer: 64 << 20, Flush: time.Hour})
	defer w.Close(t.Context())
	e := entry()
	for range 3000 { // let the buffers grow first
		w.Log(&e)
	}
	if n := testing.AllocsPerRun(1000, func() { w.Log(&e) }); n > 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkLog(b *testing.B) {
	w := accesslog.NewWriter(io.Discard, accesslog.Options{})
	defer w.Close(context.Background())
	e := entry()
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.Log(&e)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			mine := e
			for pb.Next() {
				w.Log(&mine)
			}
		})
	})
	b.ReportMetric(float64(w.Dropped()), "dropped")
}

// A line is encoded where it waits. One that does not fit is taken back whole, and the memory that
// it took as well; what waited before, and what comes after, is written.
func TestALineThatDoesNotFitIsTakenBack(t *testing.T) {
	var out output
	w := accesslog.NewWriter(&out, accesslog.Options{Flush: time.Hour, Buffer: 64 << 10})
	small, huge := entry(), entry()
	huge.Path = bytes.Repeat([]byte{'\n'}, 1<<20)
	for _, e := range []*accesslog.Entry{&small, &huge, &small} {
		w.Log(e)
	}
	if got := w.Dropped(); got != 1 {
		t.Errorf("%d lines are dropped, want the huge one", got)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := out.lines()
	if len(got) != 2 {
		t.Fatalf("%d lines are written, want 2", len(got))
	}
	for _, l := range got {
		if !json.Valid([]byte(l)) {
			t.Errorf("torn line: %s", l)
		}
	}
}

// Lines of one second have the same text of it, and those of others their own, in any order.
func TestEachLineHasItsTime(t *testing.T) {
	start := entry().Time
	var want []string
	got := written(t, accesslog.Options{}, func(w *accesslog.Writer) {
		for _, d := range []time.Duration{
			0, time.Millisecond, time.Second, 0, -time.Hour, 24 * time.Hour, -time.Millisecond,
		} {
			e := entry()
			e.Time = start.Add(d)
			w.Log(&e)
			want = append(want, e.Time.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	})
	seen := map[string]int{}
	for _, line := range strings.Split(got, "\n") {
		var e struct{ Time string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		seen[e.Time]++
	}
	for _, w := range want {
		if seen[w] == 0 {
			t.Errorf("no line of %s: %v", w, seen)
		}
	}
}
