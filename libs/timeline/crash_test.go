package timeline_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

const (
	// childEnv tells a copy of this program to be a writer, and where to.
	childEnv = "TIMELINE_TEST_CHILD"
	// perBatch is how many events the writer puts in a batch.
	perBatch = 7
)

// child appends batches until it is killed, and says the last ID of each one that is
// kept. It does not return.
func child(path string) {
	s, err := timeline.Open(path, timeline.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := s.Stats().Newest; ; n += perBatch {
		batch := make([]timeline.Event, perBatch)
		for i := range batch {
			batch[i] = event(address(int(n)%11), "edge-1", timeline.Weak)
			batch[i].Sequence = n + uint64(i) + 1
		}
		if err := s.Append(batch...); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n + perBatch)
	}
}

// A process that is killed in the middle of a write loses nothing that it was told is
// kept, and leaves no half of a batch.
func TestAKillLosesNothingThatWasKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	for round := range 12 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^$")
		cmd.Env = append(os.Environ(), childEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		kept := uint64(0)
		// At a moment that has nothing to do with what the writer does.
		var killer *time.Timer
		for lines.Scan() {
			n, err := strconv.ParseUint(lines.Text(), 10, 64)
			if err != nil {
				t.Errorf("the writer says: %s", lines.Text())
				break
			}
			kept = n
			if killer == nil {
				killer = time.AfterFunc(time.Duration(rand.IntN(30_000))*time.Microsecond, func() {
					_ = cmd.Process.Kill()
				})
			}
		}
		if killer == nil || cmd.Wait() == nil {
			t.Fatal("the writer ended by itself, or wrote nothing")
		}
		s, err := timeline.Open(path, timeline.Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		st := s.Stats()
		if st.Newest < kept || st.Newest%perBatch != 0 || uint64(st.Events) != st.Newest {
			t.Errorf("round %d: %d were kept, and there are %+v", round, kept, st)
		}
		next := st.Newest
		for before := uint64(0); next > 0; before = next + 1 {
			events, _, err := s.Events(timeline.Query{Limit: timeline.MaxLimit, Before: before})
			if err != nil || len(events) == 0 {
				t.Fatalf("round %d: %d are missing, %v", round, next, err)
			}
			for _, e := range events {
				if e.ID != next || e.Sequence != next {
					t.Fatalf("round %d: event %d has the sequence %d, want %d", round, e.ID,
						e.Sequence, next)
				}
				next--
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTwoProcessesDoNotShareAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.db")
	open(t, path, timeline.Options{})
	if _, err := timeline.Open(path, timeline.Options{}); !errors.Is(err, timeline.ErrLocked) {
		t.Error(err)
	}
	_, broken, err := timeline.OpenOrReplace(path, timeline.Options{})
	if !errors.Is(err, timeline.ErrLocked) || broken != "" {
		t.Errorf("%q, %v", broken, err)
	}
}

func TestAPlaceWhereNothingCanBeWrittenIsNoDamage(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		filepath.Join(t.TempDir(), "nowhere", "history.db"), t.TempDir(),
	} {
		if _, err := timeline.Open(path, timeline.Options{}); err == nil ||
			errors.Is(err, timeline.ErrBroken) || errors.Is(err, timeline.ErrLocked) {
			t.Errorf("%v", err)
		}
	}
}

// history is the bytes of a file with some events.
func history(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	s, err := timeline.Open(path, timeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		var batch []timeline.Event
		for j := range 100 {
			batch = append(batch, event(address(i*j%40), "a", timeline.Weak))
		}
		appendAll(t, s, batch...)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestADamagedFileIsPutAsideAndANewOneBegun(t *testing.T) {
	t.Parallel()
	sound := history(t)
	for name, damage := range map[string]func([]byte) []byte{
		"something else": func([]byte) []byte { return []byte("version: 1\n") },
		"long text": func(b []byte) []byte {
			return append([]byte("version: 1\n"), make([]byte, len(b))...)
		},
		"cut off":       func(b []byte) []byte { return b[:len(b)/2] },
		"cut off early": func(b []byte) []byte { return b[:10_000] },
		"zeros": func(b []byte) []byte {
			for i := 3 * os.Getpagesize(); i < len(b); i++ {
				b[i] = 0
			}
			return b
		},
		"both heads": func(b []byte) []byte {
			b[20], b[os.Getpagesize()+20] = ^b[20], ^b[os.Getpagesize()+20]
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "history.db")
			if err := os.WriteFile(path, damage(append([]byte(nil), sound...)), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := timeline.Open(path, timeline.Options{})
			if !errors.Is(err, timeline.ErrBroken) {
				t.Fatal(s, err)
			}
			s, broken, err := timeline.OpenOrReplace(path, timeline.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := os.Stat(broken); err != nil || broken == path {
				t.Errorf("the broken file is in %q: %v", broken, err)
			}
			appendAll(t, s, event(address(1), "a", timeline.Up))
			if st := s.Stats(); st.Events != 1 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// Bytes that flip on the disk are found, or make no difference; they never end the process.
func TestFlippedBytesEndNothing(t *testing.T) {
	t.Parallel()
	sound := history(t)
	found := 0
	path := filepath.Join(t.TempDir(), "history.db")
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := append([]byte(nil), sound...)
		for range 1 + r.IntN(20) {
			b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := timeline.Open(path, timeline.Options{})
		if errors.Is(err, timeline.ErrBroken) {
			found++
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if _, _, err := s.Events(timeline.Query{Limit: timeline.MaxLimit}); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if found < 10 {
		t.Errorf("%d of 150 damaged files were found out", found)
	}
}
