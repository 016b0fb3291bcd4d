package configstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func open(t *testing.T, dir string) *folder {
	t.Helper()
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestAFolderIsAStore(t *testing.T) {
	t.Parallel()
	behaves(t, func(t *testing.T) Store {
		return open(t, filepath.Join(t.TempDir(), "a", "store"))
	})
}

func TestAFolderIsForOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := open(t, dir)
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("opened twice: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("opened twice, since the lock was removed: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Append(t.Context(), 0, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	open(t, dir)
}

func TestAFolderIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "store")
	f := open(t, dir)
	digest, err := f.Put(t.Context(), []byte("version: 1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"", "journal", "snapshots", "snapshots/" + digest} {
		info, err := os.Stat(filepath.Join(dir, p))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %s", p, info.Mode())
		}
	}
}

// Wherever the last line was cut off, or whatever came in place of its end, the lines before it are
// the history, and it goes on after them.
func TestATornLineIsCutOff(t *testing.T) {
	t.Parallel()
	whole := appendLine(appendLine(nil, 1, []byte(`{"a":1}`)), 2, []byte(`{"b":2}`))
	last := appendLine(nil, 3, []byte(`{"c":3}`))
	for cut := range len(last) {
		for _, rest := range []string{"", "\x00\x00\x00", "\n", "garbage\n\n"} {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "journal"),
				append(append(bytes.Clone(whole), last[:cut]...), rest...), 0o600); err != nil {
				t.Fatal(err)
			}
			f := open(t, dir)
			want := 2
			if cut == len(last)-1 && strings.HasPrefix(rest, "\n") {
				want = 3 // whole after all
			}
			if len(f.entries) != want {
				t.Fatalf("cut at %d with %q: %d entries", cut, rest, len(f.entries))
			}
			if err := f.Append(t.Context(), uint64(want), []byte("next")); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if again := open(t, dir); len(again.entries) != want+1 ||
				string(again.entries[want]) != "next" {
				t.Fatalf("cut at %d with %q: then %q", cut, rest, again.entries)
			}
		}
	}
}

func TestDamageInTheMiddleIsNotTakenForAnEnd(t *testing.T) {
	t.Parallel()
	var data []byte
	for i := range 4 {
		data = appendLine(data, uint64(i)+1, fmt.Appendf(nil, `{"n":%d}`, i))
	}
	data[bytes.IndexByte(data, '\n')+3] ^= 1
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "journal"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrDamaged) ||
		!strings.Contains(err.Error(), "line 2") {
		t.Errorf("opened: %v", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "journal"))
	if err != nil || !bytes.Equal(after, data) {
		t.Error("the file was changed")
	}
}

func TestASnapshotThatHasChangedIsNotHandedOut(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	digest, err := f.Put(t.Context(), []byte("version: 1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path(digest), []byte("version: 2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), digest); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
	if _, err := f.Put(t.Context(), []byte("version: 1")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), digest); err != nil {
		t.Errorf("stored anew: %v", err)
	}
}

// A disk has room for some bytes and then none.
type disk struct{ room int }

type onDisk struct {
	file
	disk *disk
}

func (f onDisk) Write(p []byte) (int, error) {
	n, _ := f.file.Write(p[:min(len(p), f.disk.room)])
	f.disk.room -= n
	if n < len(p) {
		return n, &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	return n, nil
}

func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	for room := range 60 {
		dir := t.TempDir()
		f := open(t, dir)
		if err := f.Append(t.Context(), 0, []byte("first")); err != nil {
			t.Fatal(err)
		}
		d := &disk{room: room}
		create := f.create
		f.create = func(name string) (file, error) {
			to, err := create(name)
			return onDisk{to, d}, err
		}
		f.journal = onDisk{f.journal, d}
		stored, put := f.Put(t.Context(), []byte("a snapshot of 24 bytes.."))
		entry := f.Append(t.Context(), 1, []byte("second"))
		for _, err := range []error{put, entry} {
			if err != nil && !errors.Is(err, ErrFull) {
				t.Fatalf("room for %d bytes: %v", room, err)
			}
		}
		d.room = 1 << 20 // the disk was cleaned up
		next := uint64(2)
		if entry != nil {
			next = 1
		}
		if err := f.Append(t.Context(), next, []byte("third")); err != nil {
			t.Fatalf("room for %d bytes, then more: %v", room, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, dir)
		if uint64(len(again.entries)) != next+1 || string(again.entries[next]) != "third" {
			t.Fatalf("room for %d bytes: %q", room, again.entries)
		}
		files, err := os.ReadDir(filepath.Join(dir, "snapshots"))
		if err != nil || len(files) > 1 || put == nil != (len(files) == 1) {
			t.Fatalf("room for %d bytes: snapshots %v, %v", room, files, err)
		}
		if put == nil {
			if _, err := again.Get(t.Context(), stored); err != nil {
				t.Fatal(err)
			}
		}
	}
}

type unsynced struct{ file }

func (unsynced) Sync() error { return syscall.EIO }

// Whether the bytes are on disk nobody can say then, so nothing is built on them.
func TestAJournalThatCanNotBeMadeDurableTakesNoMore(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir())
	whole := f.journal
	f.journal = unsynced{whole}
	if err := f.Append(t.Context(), 0, []byte("first")); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	f.journal = whole
	if err := f.Append(t.Context(), 0, []byte("first")); err == nil || f.Trouble() == nil {
		t.Error("it goes on as if nothing was")
	}
}

func FuzzJournal(f *testing.F) {
	whole := appendLine(appendLine(nil, 1, []byte(`{"a":1}`)), 2, []byte(`{"b":2}`))
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte("1 00000000 x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, good, err := parseJournal(data)
		if err != nil {
			return
		}
		var again []byte
		for i, e := range entries {
			again = appendLine(again, uint64(i)+1, e)
		}
		back, n, err := parseJournal(again)
		if err != nil || n != len(again) || len(back) != len(entries) {
			t.Fatalf("%q is read as %q, %d, %v", again, back, n, err)
		}
		if good > len(data) || parsedBefore(data[:good]) != len(entries) {
			t.Fatalf("%d bytes of %q are good", good, data)
		}
	})
}

func parsedBefore(data []byte) int {
	entries, _, err := parseJournal(data)
	if err != nil {
		return -1
	}
	return len(entries)
}

// A journal that was cut off between two lines, or is gone, is damage like any other.
func TestAJournalThatWasCutIsDamage(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(journal string) error{
		"after a line": func(journal string) error {
			text, err := os.ReadFile(journal)
			if err != nil {
				return err
			}
			return os.Truncate(journal, int64(bytes.IndexByte(text, '\n')+1))
		},
		"within a line": func(journal string) error { return os.Truncate(journal, 5) },
		"empty":         func(journal string) error { return os.Truncate(journal, 0) },
		"gone":          os.Remove,
	} {
		dir := t.TempDir()
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range []string{"one", "two"} {
			if err := s.Append(t.Context(), uint64(i), []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := cut(filepath.Join(dir, "journal")); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(dir); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}
