package program_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/program"
)

// reader is who reads a log. It takes nothing while it is stopped.
type reader struct {
	mu      sync.Mutex
	got     bytes.Buffer  // guarded by mu
	gone    bool          // guarded by mu
	stopped chan struct{} // nil: it reads
	slow    time.Duration // of each write
}

func (r *reader) Write(p []byte) (int, error) {
	if r.stopped != nil {
		<-r.stopped
	}
	time.Sleep(r.slow) // in a bubble
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return 0, errors.New("broken pipe")
	}
	return r.got.Write(p)
}

func (r *reader) leave(gone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = gone
}

func (r *reader) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Split(strings.TrimSuffix(r.got.String(), "\n"), "\n")
}

func TestAnOutletKeepsOrderAndLosesNothing(t *testing.T) {
	t.Parallel()
	var r reader
	o := program.NewOutlet(&r, program.Text)
	for i := range 10_000 {
		fmt.Fprintf(o, "line %d %s\n", i, strings.Repeat("x", i%100))
	}
	fmt.Fprintln(o, strings.Repeat("long ", 5000))
	o.Close()
	got := r.lines()
	if len(got) != 10_001 || o.Dropped() != 0 {
		t.Fatalf("%d lines, %d lost", len(got), o.Dropped())
	}
	for i, line := range got[:10_000] {
		if !strings.HasPrefix(line, fmt.Sprintf("line %d ", i)) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

// Nobody waits for a reader that has stopped; when it goes on, it is told what it has missed.
func TestAnOutletWaitsForNoReader(t *testing.T) {
	for _, format := range []string{program.Text, program.JSON} {
		synctest.Test(t, func(t *testing.T) {
			r := &reader{stopped: make(chan struct{})}
			o := program.NewOutlet(r, format)
			line := strings.Repeat("x", 999) + "\n"
			for range 5000 { // of which a megabyte fits, and another that is being written
				fmt.Fprint(o, line)
			}
			lost := o.Dropped()
			if lost < 2500 || lost > 4500 {
				t.Errorf("%d lines are lost", lost)
			}
			close(r.stopped)
			synctest.Wait()
			fmt.Fprint(o, "the next\n")
			o.Close()
			got := r.lines()
			if n := uint64(len(got)); n != 5000-lost+2 {
				t.Errorf("%d lines came, and %d are lost", n, lost)
			}
			said := got[len(got)-2]
			if !strings.Contains(said, fmt.Sprint(lost)) || !strings.Contains(said, "lost") ||
				got[len(got)-1] != "the next" {
				t.Errorf("it says %q, then %q", said, got[len(got)-1])
			}
		})
	}
}

// What a reader that has gone does not get is lost, and no more than that.
func TestAnOutletOutlivesItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r reader
		o := program.NewOutlet(&r, program.Text)
		r.leave(true)
		for range 3 {
			fmt.Fprintln(o, "nobody")
			synctest.Wait()
		}
		if o.Dropped() != 3 {
			t.Errorf("%d are lost", o.Dropped())
		}
		r.leave(false)
		fmt.Fprintln(o, "somebody")
		o.Close()
		got := r.lines()
		if len(got) != 2 || got[0] != "somebody" || !strings.Contains(got[1], "lines=3") {
			t.Errorf("%q", got)
		}
	})
}

// At the end a slow reader gets everything, and one that has stopped holds nothing up.
func TestTheEndOfAnOutletWaitsForWhoReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{slow: 300 * time.Millisecond}
		o := program.NewOutlet(r, program.Text)
		for range 20 {
			fmt.Fprintln(o, strings.Repeat("x", 3000))
		}
		o.Close()
		if got := len(r.lines()); got != 20 {
			t.Errorf("a slow reader got %d lines", got)
		}
		r = &reader{stopped: make(chan struct{})}
		o = program.NewOutlet(r, program.Text)
		fmt.Fprintln(o, "lost")
		start := time.Now()
		o.Close()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("a stopped one held up the end for %s", took)
		}
		close(r.stopped)
	})
}
