//go:build unix

package files

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// things makes what a name may lead to.
func things(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, err := range []error{
		os.WriteFile(filepath.Join(dir, "file"), []byte("bytes"), 0o600),
		os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600),
		syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600),
		os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		os.Symlink("fifo", filepath.Join(dir, "link")),
		os.Symlink("file", filepath.Join(dir, "good")),
		os.Symlink("loop", filepath.Join(dir, "loop")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	t.Parallel()
	dir := things(t)
	for name, want := range map[string]string{
		"file": "", "empty": "", "good": "",
		"fifo": "named pipe", "link": "named pipe", "folder": "folder", "loop": "too many levels",
		"none": "no such file", "file/below": "not a directory",
		"/dev/zero": "device", "/dev/null": "device", "/dev/tty": "",
	} {
		path := name
		if !filepath.IsAbs(name) {
			path = filepath.Join(dir, name)
		} else if name == "/dev/tty" {
			continue // there may be none
		}
		data, err := Read(path, 5)
		var pathErr *fs.PathError
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want != "" && (!errors.As(err, &pathErr) || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %q, %v, want %q", name, data, err, want)
		}
	}
	if _, err := Read(filepath.Join(dir, "file"), 4); !strings.Contains(fmt.Sprint(err),
		"it has 5 bytes, and 4 are the most") {
		t.Errorf("a byte too many: %v", err)
	}
}

// A shell's <(command) is a pipe that was opened before, and is meant.
func TestAPipeThatWasHandedOverIsRead(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("bytes"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	name := "/dev/fd/" + strconv.Itoa(int(r.Fd()))
	if data, err := Read(name, 10); err != nil || string(data) != "bytes" {
		t.Errorf("%q, %v", data, err)
	}
	for name, want := range map[string]bool{
		"/dev/stdin": true, "/dev/fd/3": true, "/proc/self/fd/63": true, "/proc/1/fd/1": true,
		"/dev/fd/..": false, "/dev/fd/x": false, "/dev/shm/7": false, "fd/7": false,
	} {
		if handed(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}

func TestALogIsOpenedWithoutWaiting(t *testing.T) {
	t.Parallel()
	dir := things(t)
	for name, want := range map[string]string{
		"file": "", "good": "", "fifo": "named pipe", "folder": "", "new/log": "no such file",
		"/dev/null": "",
	} {
		path := name
		if !filepath.IsAbs(name) {
			path = filepath.Join(dir, name)
		}
		if name == "folder" {
			want = "folder"
		}
		err := CheckLog(path)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: found %v, want %q", name, err, want)
		}
		f, opened := OpenLog(path, 0o600)
		if (opened == nil) != (err == nil) {
			t.Errorf("%s: found %v, and opened with %v", name, err, opened)
		}
		if opened == nil {
			f.Close()
		}
	}
	if err := CheckLog(filepath.Join(dir, "later")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "later")); err == nil {
		t.Error("looking made a file")
	}
	// A pipe with a reader opens, and is still none for a log: it is full one day.
	r, err := os.OpenFile(filepath.Join(dir, "fifo"), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if f, err := OpenLog(filepath.Join(dir, "fifo"), 0o600); err == nil {
		f.Close()
		t.Error("a named pipe was opened")
	}
}

// Files on a file system that hangs are given up, all of them in little more than the time of one.
func TestWhatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		defer close(hang)
		start := time.Now()
		_, err := within(Patience, func() ([]byte, error) {
			<-hang
			return bytes.Repeat([]byte("x"), 3), nil
		})
		if !errors.Is(err, ErrSlow) || time.Since(start) != Patience {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	reader := Reader{waited: Patience}
	name := "/dev/fd/" + strconv.Itoa(int(r.Fd()))
	start := time.Now()
	for range 3 {
		if _, err := reader.Read(name, 10); !errors.Is(err, ErrSlow) {
			t.Errorf("a pipe that gives nothing: %v", err)
		}
	}
	if took := time.Since(start); took < 3*least {
		t.Errorf("three files took %s", took)
	}
	if data, err := reader.Read("read_test.go", 1<<20); err != nil || len(data) == 0 {
		t.Errorf("a file elsewhere: %v", err)
	}
}
