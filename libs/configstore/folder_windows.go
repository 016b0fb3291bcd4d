package configstore

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

const errQuota = windows.ERROR_DISK_FULL

// lockFile keeps other processes out for as long as the file is open; the system sees to it when
// this one dies.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
		new(windows.Overlapped))
	if err != nil {
		_ = f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			return nil, errors.New("another process has it open")
		}
		return nil, err
	}
	return f, nil
}

// hold has nothing to do: a file that is open can't be removed here.
func hold(*os.File) error { return nil }

// release is the opposite of hold.
func release(*os.File) error { return nil }

// syncDir has nothing to do: a folder can't be opened for it here, and renames are in the file
// system's own journal.
func syncDir(string) error { return nil }

// unlock lets other processes in.
func unlock(f *os.File) error { return f.Close() }
