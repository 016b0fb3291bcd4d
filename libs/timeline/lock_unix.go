//go:build unix

package timeline

import (
	"os"

	"golang.org/x/sys/unix"
)

// unlock gives up the lock of bbolt.
func unlock(file *os.File) { _ = unix.Flock(int(file.Fd()), unix.LOCK_UN) }
