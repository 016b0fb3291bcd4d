package logs_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// pipe is a pipe that is full soon.
func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	edgetest.Must(t, err)
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	_, err = unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096)
	edgetest.Must(t, err)
	return r, w
}

// Nobody reads stdout: requests go on, lost lines are counted and told of once, and when somebody
// reads again the lines are whole.
func TestAStoppedReaderHoldsUpNoRequest(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	o := start(t, testkit.EdgeBinary, answering("output: stdout"), w)
	edgetest.Must(t, w.Close())
	long := strings.Repeat("x", 4000)
	c := testkit.Dial(t, o.public)
	for range 600 { // more than the memory has room for
		c.Exchange(t, "GET", "GET /"+long+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
	}
	o.losing(t, `why="its reader is too slow, or has stopped"`)
	lines := make(chan error, 1)
	go func() {
		in := bufio.NewReader(r)
		for {
			text, err := in.ReadString('\n')
			if err != nil {
				lines <- nil
				return
			}
			if !json.Valid([]byte(text)) {
				lines <- fmt.Errorf("a line is torn: %.200q", text)
				return
			}
		}
	}()
	o.recovers(t)
	o.stop(t)
	edgetest.Must(t, <-lines)
}

// A reader that has gone away comes back, as one of a named pipe may.
func TestAReaderThatComesBackGetsLinesAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fifo")
	edgetest.Must(t, unix.Mkfifo(path, 0o600))
	opened := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
		edgetest.Must(t, err)
		return f
	}
	first := opened()
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	edgetest.Must(t, err)
	o := start(t, testkit.EdgeBinary, answering("output: stdout"), w)
	edgetest.Must(t, w.Close())
	edgetest.Must(t, first.Close())
	o.losing(t, `why="broken pipe"`)
	second := opened()
	defer second.Close()
	go func() { _, _ = io.Copy(io.Discard, second) }()
	o.recovers(t)
	o.stop(t)
}

// A full disk: as stdout, and as the file of the log.
func TestAFullDiskHoldsUpNoRequest(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	edgetest.Must(t, err)
	defer full.Close()
	for _, output := range []string{"stdout", "/dev/full"} {
		t.Run(output, func(t *testing.T) {
			t.Parallel()
			stdout, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			edgetest.Must(t, err)
			defer stdout.Close()
			o := start(t, testkit.EdgeBinary, answering("output: "+output), stdout)
			o.losing(t, `why="no space left on device"`)
			o.stop(t)
		})
	}
}

// lines are those of files, all JSON, with how many of them there are.
func lines(t testing.TB, files ...string) (n int) {
	t.Helper()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		edgetest.Must(t, err)
		n += len(linesOf(t, string(text)))
	}
	return n
}

// However a file is rotated, with a signal or without, the log goes on in the new one, and no line
// is lost.
func TestAFileIsRotated(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]func(*testing.T, *own, string){
		"moved away": func(t *testing.T, _ *own, file string) {
			edgetest.Must(t, os.Rename(file, file+".1"))
		},
		"replaced": func(t *testing.T, _ *own, file string) {
			edgetest.Must(t, os.Rename(file, file+".1"))
			edgetest.Must(t, os.WriteFile(file, nil, 0o600))
		},
		"moved away, with SIGUSR1": func(t *testing.T, o *own, file string) {
			edgetest.Must(t, os.Rename(file, file+".1"))
			edgetest.Must(t, o.cmd.Process.Signal(syscall.SIGUSR1))
		},
		"moved away, with SIGHUP": func(t *testing.T, o *own, file string) {
			edgetest.Must(t, os.Rename(file, file+".1"))
			edgetest.Must(t, o.cmd.Process.Signal(syscall.SIGHUP))
		},
		"copied and cut": func(t *testing.T, _ *own, file string) {
			text, err := os.ReadFile(file)
			edgetest.Must(t, err)
			edgetest.Must(t, os.WriteFile(file+".1", text, 0o600))
			edgetest.Must(t, os.Truncate(file, 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "access.log")
			o := start(t, testkit.EdgeBinary, answering(fmt.Sprintf("output: %q", file)), nil)
			o.get(t, 10)
			testkit.Eventually(t, "ten lines", func() bool { return lines(t, file) == 10 })
			rotate(t, o, file)
			sent := 10
			testkit.Eventually(t, "the new file has lines", func() bool {
				o.get(t, 1)
				sent++
				return lines(t, file) > 0
			})
			testkit.Eventually(t, "all lines are somewhere", func() bool {
				return lines(t, file, file+".1") == sent
			})
			before := lines(t, file)
			o.get(t, 5)
			testkit.Eventually(t, "the new file has the rest", func() bool {
				return lines(t, file) == before+5
			})
			if o.dropped(t) != 0 {
				t.Error("lines were lost")
			}
			o.stop(t)
		})
	}
}

// A file that was removed with its folder: the log goes on into the old one, and says so.
func TestAFolderThatIsGone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "logs")
	edgetest.Must(t, os.Mkdir(folder, 0o700))
	o := start(t, testkit.EdgeBinary, answering("output: "+filepath.Join(folder, "a.log")), nil)
	edgetest.Must(t, os.RemoveAll(folder))
	testkit.Eventually(t, "the log says so", func() bool {
		return strings.Contains(o.stderr.String(), "could not be reopened")
	})
	looked := time.Now()
	testkit.Eventually(t, "it was looked for again", func() bool {
		o.get(t, 1)
		return time.Since(looked) > 3*time.Second
	})
	edgetest.Must(t, os.Mkdir(folder, 0o700))
	testkit.Eventually(t, "the file is back", func() bool {
		o.get(t, 1)
		return lines(t, filepath.Join(folder, "a.log")) > 0
	})
	if n := strings.Count(o.stderr.String(), "could not be reopened"); n != 1 {
		t.Errorf("the log has said %d times that it can't", n)
	}
	o.stop(t)
}
