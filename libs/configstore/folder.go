package configstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// folder is a Store in one folder:
//
//	journal            the entries
//	head               how many entries the journal has; written after them
//	snapshots/DIGEST   the snapshots
//	lock               held by the process that has it open
type folder struct {
	dir    string
	lock   *os.File
	held   *os.File                        // the journal
	create func(name string) (file, error) // of temporary files; tests let it fail

	mu      sync.Mutex
	journal file              // guarded by mu
	head    *os.File          // guarded by mu
	size    int64             // guarded by mu; of the journal as far as it is good
	entries [][]byte          // guarded by mu
	posts   map[string][]byte // guarded by mu
	changed chan struct{}     // guarded by mu
	broken  error             // guarded by mu; why nothing can be appended any more
}

// file is what of *os.File is used to write.
type file interface {
	io.Writer
	io.Closer
	Name() string
	Sync() error
	Truncate(size int64) error
	Seek(offset int64, whence int) (int64, error)
}

// Open opens a store in a folder, which it makes if it is not there. Whatever a crash left half
// written is removed.
func Open(dir string) (Store, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func openFolder(dir string) (f *folder, err error) {
	snapshots := filepath.Join(dir, "snapshots")
	if err := os.MkdirAll(snapshots, 0o700); err != nil {
		return nil, fmt.Errorf("make the store: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("the store %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			_ = unlock(lock)
		}
	}()
	left, err := os.ReadDir(snapshots)
	if err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	for _, e := range left {
		if strings.HasPrefix(e.Name(), temporary) {
			_ = os.Remove(filepath.Join(snapshots, e.Name()))
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "journal")); errors.Is(err, fs.ErrNotExist) &&
		len(left) > 0 {
		return nil, fmt.Errorf("the store %s: %w: the journal is missing, and there are snapshots",
			dir, ErrDamaged)
	}
	journal, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	defer func() {
		if err != nil {
			_ = journal.Close()
		}
	}()
	if err := hold(journal); err != nil {
		return nil, fmt.Errorf("the store %s: %w", dir, err)
	}
	data, err := io.ReadAll(journal)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	entries, good, err := parseJournal(data)
	if err != nil {
		return nil, fmt.Errorf("the store %s: %w", dir, err)
	}
	head, err := openHead(filepath.Join(dir, "head"), uint64(len(entries)))
	if err != nil {
		return nil, fmt.Errorf("the store %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			_ = head.Close()
		}
	}()
	f = &folder{
		dir: dir, lock: lock, held: journal, journal: journal, head: head, size: int64(good),
		entries: entries,
		posts:   map[string][]byte{}, changed: make(chan struct{}),
		create: func(name string) (file, error) {
			return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		},
	}
	if err := f.rewind(); err != nil {
		return nil, fmt.Errorf("the journal: %w", err)
	}
	// The names of the journal and of the folder itself.
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := syncDir(d); err != nil {
			return nil, fmt.Errorf("the store %s: %w", dir, err)
		}
	}
	return f, nil
}

// temporary begins the names of files that are not whole yet.
const temporary = "new-"

// rewind cuts off what is behind the last good entry. It needs mu held, or nobody else to have f.
func (f *folder) rewind() error {
	if err := f.journal.Truncate(f.size); err != nil {
		return err
	}
	if _, err := f.journal.Seek(f.size, io.SeekStart); err != nil {
		return err
	}
	return f.journal.Sync()
}

func (f *folder) Put(_ context.Context, snapshot []byte) (string, error) {
	if len(snapshot) > MaxSnapshot {
		return "",
			fmt.Errorf("a snapshot has at most %d bytes, and this one %d", MaxSnapshot,
				len(snapshot))
	}
	digest := Digest(snapshot)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed == nil {
		return "", ErrClosed
	}
	path := f.path(digest)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, snapshot) {
		return digest, nil
	}
	if err := f.write(path, snapshot); err != nil {
		return "", fmt.Errorf("store a snapshot: %w", full(err))
	}
	return digest, nil
}

func (f *folder) path(digest string) string { return filepath.Join(f.dir, "snapshots", digest) }

// write makes a file that is there whole or not at all.
func (f *folder) write(path string, data []byte) (err error) {
	name := filepath.Join(filepath.Dir(path), temporary+filepath.Base(path))
	_ = os.Remove(name) // of a write that failed, and whose removal did
	to, err := f.create(name)
	if err != nil {
		return err
	}
	_, err = to.Write(data)
	if err == nil {
		err = to.Sync()
	}
	err = errors.Join(err, to.Close())
	if err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		_ = os.Remove(name)
		return err
	}
	return syncDir(filepath.Dir(path))
}

func (f *folder) Get(_ context.Context, digest string) ([]byte, error) {
	if !validDigest(digest) {
		return nil, ErrNotFound
	}
	data, err := os.ReadFile(f.path(digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("read a snapshot: %w", err)
	case Digest(data) != digest:
		return nil, fmt.Errorf("%w: the snapshot %s has other bytes", ErrDamaged, digest)
	}
	return data, nil
}

func (f *folder) Append(_ context.Context, after uint64, entry []byte) error {
	if err := checkEntry(entry); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.changed == nil:
		return ErrClosed
	case f.broken != nil:
		return f.broken
	case after != uint64(len(f.entries)):
		return ErrConflict
	}
	line := appendLine(nil, after+1, entry)
	if _, err := f.journal.Write(line); err != nil {
		err = fmt.Errorf("append to the journal: %w", full(err))
		if e := f.rewind(); e != nil {
			f.broken = fmt.Errorf("the journal can't be written since it was cut off: %w", e)
			return errors.Join(err, f.broken)
		}
		return err
	}
	if err := f.journal.Sync(); err != nil {
		// What is on disk now nobody can say: the system may have dropped the bytes and say next
		// time that all is well. A process that reads the file afresh finds out.
		f.broken = fmt.Errorf("the journal could not be made durable, restart to go on: %w",
			full(err))
		return f.broken
	}
	f.size += int64(len(line))
	f.entries = append(f.entries, bytes.Clone(entry))
	// A head that is too low, since it could not be written, hides damage; it makes up none.
	_ = writeHead(f.head, uint64(len(f.entries)))
	f.wake()
	return nil
}

func checkEntry(entry []byte) error {
	switch {
	case len(entry) > MaxEntry:
		return fmt.Errorf("an entry has at most %d bytes, and this one %d", MaxEntry, len(entry))
	case bytes.IndexByte(entry, '\n') >= 0:
		return errors.New("an entry is one line")
	}
	return nil
}

// wake needs mu held.
func (f *folder) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *folder) Entries(_ context.Context, after uint64) ([][]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after > uint64(len(f.entries)) {
		return nil, nil
	}
	return append([][]byte(nil), f.entries[after:]...), nil
}

func (f *folder) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

func (f *folder) Shared() bool { return false }

// Posts have nobody to go to but this process.
func (f *folder) Post(_ context.Context, name string, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posts[name] = bytes.Clone(data)
	return nil
}

func (f *folder) Posts(context.Context) (map[string][]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.posts), nil
}

// Lead leads always: the lock keeps others out.
func (f *folder) Lead(ctx context.Context, _ string, lead func(context.Context)) error {
	for ctx.Err() == nil {
		lead(ctx)
	}
	return nil
}

func (f *folder) Trouble() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

func (f *folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed == nil {
		return nil
	}
	close(f.changed)
	f.changed = nil
	return errors.Join(release(f.held), f.journal.Close(), f.head.Close(), unlock(f.lock))
}

// full marks errors of a disk, or a quota, that is full.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, errQuota) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
