//go:build unix

package configstore

import (
	"errors"
	"os"
	"syscall"
)

const errQuota = syscall.EDQUOT

// lockFile keeps other processes out for as long as the file is open; the system sees to it when
// this one dies.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := hold(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// hold locks an open file. The journal is held as well as the lock, which somebody may remove
// because it looks like the rest of a process that is gone.
func hold(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another process has it open")
	}
	return err
}

// release is the opposite of hold.
func release(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// unlock lets other processes in. The lock is given up before the file is closed: a process that is
// about to be started may still hold the file, and with it the lock, for a moment.
func unlock(f *os.File) error {
	return errors.Join(release(f), f.Close())
}
