package filewatch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/filewatch"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const (
	settle = 10 * time.Millisecond
	// never is a poll that does not come within a test.
	never = time.Hour
	// still is how long nothing must be reported for a test to believe that nothing will be.
	still = 10 * settle
)

// watched is a watcher that runs.
type watched struct {
	reports chan struct{}
	end     func()

	mu    sync.Mutex
	files []string // guarded by mu
}

func (w *watched) now() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.files
}

func (w *watched) follow(files ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files = files
}

// watch starts a watcher and returns once nothing is missed.
func watch(t *testing.T, poll time.Duration, files ...string) *watched {
	t.Helper()
	w := &watched{reports: make(chan struct{}, 10_000), files: files}
	begun, done := make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	f := filewatch.Watcher{
		Files:   w.now,
		Changed: func() { w.reports <- struct{}{} },
		Begun:   func() { close(begun) },
		Failed:  func(err error) { t.Logf("the watcher: %v", err) },
		Settle:  settle, Poll: poll,
	}
	go func() { done <- f.Run(ctx) }()
	w.end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the watcher: %v", err)
		}
	})
	t.Cleanup(w.end)
	<-begun
	return w
}

// report waits for a report.
func (w *watched) report(t *testing.T, of string) {
	t.Helper()
	select {
	case <-w.reports:
	case <-time.After(testkit.Deadline):
		t.Fatalf("no report of %s", of)
	}
}

// silence checks that nothing more is reported.
func (w *watched) silence(t *testing.T, after string) {
	t.Helper()
	select {
	case <-w.reports:
		t.Errorf("a report too many after %s", after)
	case <-time.After(still):
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	must(t, os.WriteFile(file, []byte(text), 0o600))
}

func TestEveryKindOfChangeIsReportedOnce(t *testing.T) {
	t.Parallel()
	type change struct {
		what string
		do   func(t *testing.T, dir, file string)
	}
	changes := []change{
		{"an edit", func(t *testing.T, _, file string) { write(t, file, "longer than before") }},
		{"an edit of the same size", func(t *testing.T, _, file string) {
			write(t, file, "length as before !")
		}},
		{"a rename over it", func(t *testing.T, _, file string) {
			must(t, testkit.Replace(file, "replaced"))
		}},
		{"another file of the same size and age", func(t *testing.T, dir, file string) {
			info, err := os.Stat(file)
			must(t, err)
			other := filepath.Join(dir, "other")
			write(t, other, "REPLACED")
			must(t, os.Chtimes(other, info.ModTime(), info.ModTime()))
			must(t, os.Rename(other, file))
		}},
		{"other bytes, then the time of before, as cp -p and tar x do", func(
			t *testing.T, _, file string,
		) {
			info, err := os.Stat(file)
			must(t, err)
			write(t, file, "Replaced")
			must(t, os.Chtimes(file, info.ModTime(), info.ModTime()))
		}},
		{"permissions", func(t *testing.T, _, file string) { must(t, os.Chmod(file, 0o400)) }},
		{"deletion", func(t *testing.T, _, file string) { must(t, os.Remove(file)) }},
		{"coming back", func(t *testing.T, _, file string) { write(t, file, "back") }},
		{"a folder in its place", func(t *testing.T, _, file string) {
			must(t, os.Remove(file))
			must(t, os.Mkdir(file, 0o755))
		}},
		{"a file in the folder's place", func(t *testing.T, _, file string) {
			must(t, os.Remove(file))
			write(t, file, "a file")
		}},
		{"a link in its place", func(t *testing.T, dir, file string) {
			write(t, filepath.Join(dir, "target"), "linked")
			must(t, os.Remove(file))
			must(t, os.Symlink("target", file))
		}},
		{"an edit of what the link leads to", func(t *testing.T, dir, _ string) {
			write(t, filepath.Join(dir, "target"), "linked, edited")
		}},
		{"the loss of what the link leads to", func(t *testing.T, dir, _ string) {
			must(t, os.Remove(filepath.Join(dir, "target")))
		}},
	}
	for name, poll := range map[string]time.Duration{"notified": never, "polled": settle} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "file")
			write(t, file, "first")
			w := watch(t, poll, file)
			w.silence(t, "the start")
			for _, c := range changes {
				c.do(t, dir, file)
				w.report(t, c.what)
				w.silence(t, c.what)
			}
		})
	}
}

// What lies beside a file is no change, however busy it is.
func TestNeighboursAreNoChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, other := filepath.Join(dir, "file"), filepath.Join(dir, "other")
	write(t, file, "first")
	w := watch(t, never, file)
	for i := range 2000 {
		write(t, other, strconv.Itoa(i))
	}
	must(t, os.Remove(other))
	w.silence(t, "changes of a neighbour")
	write(t, file, "second")
	w.report(t, "a change in a busy folder")
}

func TestSymlinksOnTheWayAreFollowed(t *testing.T) {
	t.Parallel()
	for name, poll := range map[string]time.Duration{"notified": never, "polled": settle} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			version := func(n int) string { return filepath.Join(dir, "..version"+strconv.Itoa(n)) }
			swap := func(n int) {
				must(t, os.Mkdir(version(n), 0o755))
				write(t, filepath.Join(version(n), "file"), strconv.Itoa(n))
				must(t, os.Symlink(filepath.Base(version(n)), filepath.Join(dir, "..tmp")))
				must(t, os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")))
			}
			swap(0)
			must(t, os.Symlink(filepath.Join("..data", "file"), filepath.Join(dir, "file")))
			// The file as the kubelet mounts it, and through a link to its folder from elsewhere.
			elsewhere := filepath.Join(t.TempDir(), "link")
			must(t, os.Symlink(dir, elsewhere))
			mounted, far := watch(t, poll, filepath.Join(dir, "file")),
				watch(t, poll, filepath.Join(elsewhere, "file"))
			for n := 1; n <= 5; n++ {
				swap(n)
				must(t, os.RemoveAll(version(n-1)))
				mounted.report(t, "swap "+strconv.Itoa(n))
				far.report(t, "swap "+strconv.Itoa(n)+", seen from elsewhere")
				mounted.silence(t, "swap "+strconv.Itoa(n))
				far.silence(t, "swap "+strconv.Itoa(n))
			}
			write(t, filepath.Join(version(5), "file"), "edited in place")
			mounted.report(t, "an edit behind two links")
			far.report(t, "an edit behind three links")
		})
	}
}

// A folder that is moved away with the file in it, and another put in its place, is found even
// where the notifications are about the old one.
func TestAFolderThatIsReplacedIsFound(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "dir")
	file := filepath.Join(dir, "file")
	must(t, os.Mkdir(dir, 0o755))
	write(t, file, "first")
	w := watch(t, 5*settle, file)
	for i := range 3 {
		fresh := filepath.Join(top, "fresh")
		must(t, os.Mkdir(fresh, 0o755))
		write(t, filepath.Join(fresh, "file"), "in folder "+strconv.Itoa(i))
		must(t, os.Rename(dir, filepath.Join(top, "old"+strconv.Itoa(i))))
		w.report(t, "the loss of the folder")
		must(t, os.Rename(fresh, dir))
		w.report(t, "another folder")
		w.silence(t, "another folder")
		write(t, file, "edited in folder "+strconv.Itoa(i))
		w.report(t, "an edit in the other folder")
	}
}

// A file that is being written is left alone until it is whole.
func TestAWriteInPiecesIsOneReport(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "first")
	w := watch(t, never, file)
	f, err := os.Create(file)
	must(t, err)
	defer f.Close()
	tick := time.NewTicker(settle / 4)
	defer tick.Stop()
	for range 20 {
		_, err := f.WriteString("a piece ")
		must(t, err)
		<-tick.C
	}
	w.report(t, "a file in 20 pieces")
	w.silence(t, "a file in 20 pieces")
}

// A writer may pause: to wait for a slow network, or to compute what comes next. As long as it has
// the file open, the file is not whole.
func TestAFileThatIsOpenToWriteIsLeftAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells who writes")
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "first")
	w := watch(t, settle, file)
	f, err := os.Create(file)
	must(t, err)
	defer f.Close()
	for range 3 {
		_, err := f.WriteString("a piece ")
		must(t, err)
		w.silence(t, "a piece of a file")
	}
	finished := make(chan struct{})
	go func() {
		filewatch.Finished(t.Context(), []string{file})
		close(finished)
	}()
	select {
	case <-finished:
		t.Error("a file that is open to write is finished")
	case <-time.After(still):
	}
	must(t, f.Close())
	w.report(t, "a file in three pieces")
	w.silence(t, "a file in three pieces")
	<-finished
	filewatch.Finished(t.Context(), []string{file, filepath.Dir(file), "none"})
}

// A slow copy that opens the file for each piece is one change, also where it takes longer than
// files that are replaced may.
func TestAFileThatGrowsIsWaitedFor(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "first")
	w := watch(t, never, file)
	text, end := "", time.After(filewatch.Longest+filewatch.Longest/4)
	last, rest := time.Now(), time.Duration(0)
	for {
		text += "a piece "
		write(t, file, text)
		now := time.Now()
		last, rest = now, max(rest, now.Sub(last))
		select {
		case <-end:
			w.report(t, "a file that has grown")
			w.silence(t, "a file that has grown")
			return
		case <-w.reports:
			if rest = max(rest, time.Since(last)); rest < settle {
				t.Errorf("reported while it grew, with no rest above %s", rest)
			}
			return // the machine is busy, and the writer rested for longer than a watcher waits
		case <-time.After(settle / 8):
		}
	}
}

// A file that never rests is reported all the same, about once in Longest.
func TestAFileThatNeverRestsIsReported(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "0")
	w := watch(t, never, file)
	end := time.After(2*filewatch.Longest + filewatch.Longest/2)
	tick := time.NewTicker(settle / 4)
	defer tick.Stop()
	first := time.Duration(0)
	start, reports := time.Now(), 0
	for i := 1; ; i++ {
		must(t, testkit.Replace(file, strconv.Itoa(i)))
		select {
		case <-end:
			// On a busy machine the writer rests now and then, too, and each rest may bring one.
			if most := int((2*filewatch.Longest+filewatch.Longest/2)/settle) + 1; reports < 1 ||
				reports > most {
				t.Errorf("%d reports in 2.5 s, want 1 to %d", reports, most)
			}
			if first > 2*filewatch.Longest {
				t.Errorf("the first report came after %v", first)
			}
			return
		case <-w.reports:
			if reports++; first == 0 {
				first = time.Since(start)
			}
		case <-tick.C:
		}
	}
}

// Which files are watched may change with a report: an overlay comes and goes.
func TestTheFilesAreAskedForAgain(t *testing.T) {
	t.Parallel()
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	write(t, one, "1")
	write(t, two, "2")
	w := watch(t, never, one)
	w.follow(one, two)
	write(t, two, "22")
	w.silence(t, "a change of a file that is not watched yet")
	write(t, one, "11")
	w.report(t, "a change that brings another file along")
	w.report(t, "that file, which nobody has looked at before")
	write(t, two, "222")
	w.report(t, "a change of the other file")
	w.silence(t, "all")
}

// What changes while a report is handled is reported again: the handler may have read it before.
func TestAChangeDuringAReportIsReported(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "first")
	ctx, cancel := context.WithCancel(t.Context())
	var read []string
	begun, done := make(chan struct{}), make(chan error, 1)
	f := filewatch.Watcher{
		Files: func() []string { return []string{file} }, Settle: settle, Poll: never,
		Begun: func() { close(begun) },
		Changed: func() {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Error(err)
			}
			read = append(read, string(text))
			switch len(read) {
			case 1:
				if err := os.WriteFile(file, []byte("changed while it was read"),
					0o600); err != nil {
					t.Error(err)
				}
			case 2:
				cancel()
			}
		},
	}
	go func() { done <- f.Run(ctx) }()
	<-begun
	write(t, file, "second")
	select {
	case err := <-done:
		must(t, err)
	case <-time.After(testkit.Deadline):
		cancel()
		t.Fatal("the change during the report is lost")
	}
	if len(read) != 2 || read[0] != "second" || read[1] != "changed while it was read" {
		t.Errorf("read %q", read)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "missing", "file")
	w := watch(t, settle, file)
	w.silence(t, "nothing")
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	write(t, file, "there at last")
	w.report(t, "a file whose folder was missing")
	w.end()
	write(t, file, "nobody looks")
	w.silence(t, "the end")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := filewatch.Watcher{Files: func() []string { return nil }, Changed: func() {}}
	if err := f.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
