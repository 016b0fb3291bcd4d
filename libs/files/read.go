package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Patience is how long one file, or the files of one Reader together, may keep a reader waiting.
const Patience = 5 * time.Second

// Most is how many bytes a certificate, a key or another small file that is read whole may have.
const Most = 1 << 20

// least is how long a file may take where others have used up the patience: the others on a file
// system that hangs hang as well, and those elsewhere need no longer.
const least = 250 * time.Millisecond

// ErrSlow is the error of a file that gave nothing in time, inside a [fs.PathError].
var ErrSlow = errors.New("nothing came of it in time; is the file system there?")

// A LargeError is that of a file with more bytes than are read, inside a [fs.PathError].
type LargeError struct {
	Size int64 // in bytes; 0 where the file does not say
	Most int64 // in bytes
}

func (e LargeError) Error() string {
	if e.Size > 0 {
		return fmt.Sprintf("it has %d bytes, and %d are the most", e.Size, e.Most)
	}
	return fmt.Sprintf("it has more than %d bytes", e.Most)
}

// Read returns what is in a regular file of at most most bytes, within [Patience]. Its errors are
// [fs.PathError].
func Read(path string, most int64) ([]byte, error) { return new(Reader).Read(path, most) }

// A Reader reads several files, for which together it has [Patience] where they hang. The zero
// value is ready. Any goroutine may use it.
type Reader struct {
	mu     sync.Mutex
	waited time.Duration // guarded by mu; for files that gave nothing in time
}

// Read returns what is in a regular file of at most most bytes. Its errors are [fs.PathError].
func (r *Reader) Read(path string, most int64) ([]byte, error) {
	r.mu.Lock()
	patience := max(Patience-r.waited, least)
	r.mu.Unlock()
	data, err := within(patience, func() ([]byte, error) { return read(path, most, patience) })
	if errors.Is(err, ErrSlow) {
		r.mu.Lock()
		r.waited += patience
		r.mu.Unlock()
	}
	return data, wrap("read", path, err)
}

// InputPatience is how long a stream may take to come to its end: what writes it may have to ask
// another machine.
const InputPatience = 30 * time.Second

// ReadInput returns what comes over a stream until its end, at most most bytes of it, within
// [InputPatience]. A read that hangs after that goes on alone.
func ReadInput(r io.Reader, most int64) ([]byte, error) {
	return within(InputPatience, func() ([]byte, error) {
		data, err := io.ReadAll(io.LimitReader(r, most+1))
		if err == nil && int64(len(data)) > most {
			err = LargeError{Most: most}
		}
		return data, err
	})
}

// OpenLog opens a file to append to, and makes it if there is none. It takes what [Read] takes, and
// devices such as /dev/null. Its errors are [fs.PathError].
func OpenLog(path string, mode fs.FileMode) (*os.File, error) {
	f, err := within(Patience, func() (*os.File, error) { return openLog(path, mode) })
	return f, wrap("open", path, err)
}

// CheckLog says what is wrong with a file that OpenLog is to open; it makes none.
func CheckLog(path string) error {
	_, err := within(Patience, func() (struct{}, error) {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			info, err = os.Stat(filepath.Dir(path))
			if err == nil && !info.IsDir() {
				err = syscall.ENOTDIR
			}
			return struct{}{}, err
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, appendable(path, info.Mode())
	})
	return wrap("open", path, err)
}

// Stat is [os.Stat], within [Patience].
func Stat(path string) (fs.FileInfo, error) {
	info, err := within(Patience, func() (fs.FileInfo, error) { return os.Stat(path) })
	return info, wrap("stat", path, err)
}

// within returns what f does if it does so in time. After that f goes on alone.
func within[T any](patience time.Duration, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		var none T
		return none, ErrSlow
	}
}

func read(path string, most int64, patience time.Duration) ([]byte, error) {
	// Opening a pipe does not wait for its writer then.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := readable(path, info.Mode()); err != nil {
		return nil, err
	}
	// So that this goroutine ends too. A regular file has no deadline, and no pipe is one.
	_ = f.SetReadDeadline(time.Now().Add(patience))
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, ErrSlow
	case err != nil:
		return nil, err
	case int64(len(data)) > most:
		return nil, LargeError{Size: info.Size(), Most: most}
	}
	return data, nil
}

func openLog(path string, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, mode)
	if errors.Is(err, syscall.ENXIO) {
		return nil, errors.New("it is a named pipe that nobody reads, or a socket; a log takes a " +
			"regular file")
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = appendable(path, info.Mode())
	}
	if err != nil {
		_ = f.Close() // it is of no use
		return nil, err
	}
	return f, nil
}

// readable says what is wrong with reading a file of a kind.
func readable(path string, mode fs.FileMode) error {
	if mode.IsRegular() || mode&fs.ModeNamedPipe != 0 && handed(path) {
		return nil
	}
	return fmt.Errorf("it is %s, and only a regular file is read", kind(mode))
}

// appendable says what is wrong with writing a log to a file of a kind.
func appendable(path string, mode fs.FileMode) error {
	switch {
	case mode.IsRegular(), mode&fs.ModeCharDevice != 0:
		return nil
	case mode&(fs.ModeNamedPipe|fs.ModeSocket) != 0 && handed(path):
		return nil
	}
	return fmt.Errorf("it is %s, and a log takes a regular file", kind(mode))
}

// handed says whether a path is that of a file that this process was given open.
func handed(path string) bool {
	folders := []string{"/dev/fd", "/proc/self/fd", "/proc/1/fd"}
	name := filepath.Clean(path)
	return name == "/dev/stdin" || name == "/dev/stdout" || name == "/dev/stderr" ||
		slices.Contains(folders, filepath.Dir(name)) &&
			strings.Trim(filepath.Base(name), "0123456789") == ""
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe (FIFO)"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}

// wrap gives an error the path, unless it has it.
func wrap(op, path string, err error) error {
	var has *fs.PathError
	if err == nil || errors.As(err, &has) {
		return err
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}
