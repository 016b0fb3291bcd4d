package filewatch

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openToWrite says whether somebody has a file open to write to it. The system gives a read lease
// (fcntl(2), F_SETLEASE) on a file that nobody writes to, and to its owner only: where it says
// anything but that the file is in use, nothing is known, and that is no.
func openToWrite(path string) bool {
	// Opening a pipe does not wait for its writer then.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Mode().Type() != fs.FileMode(0) {
		return false
	}
	// Closing the file gives the lease back.
	_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	return err == unix.EAGAIN
}
