//go:build unix

package filewatch

import (
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// stamp returns a text that differs when a path leads to another file, and one that differs when
// the file does, as far as that shows without reading it, and which begins with its size.
//
// The time of change (ctime) is the system's own. `cp -p` and `tar x` write other bytes into a file
// and then give it the size and the time (mtime) of before; ctime is what they can't put back.
func stamp(path string) (file, now string, err error) {
	var st unix.Stat_t
	for {
		err := unix.Stat(path, &st)
		if err == unix.EINTR {
			continue // a signal, and some file systems do not start again by themselves
		}
		if err != nil {
			return "", "", &fs.PathError{Op: "stat", Path: path, Err: err}
		}
		return fmt.Sprintf("%d/%d", st.Dev, st.Ino), fmt.Sprintf("%d %o %d %d", st.Size, st.Mode,
			unix.TimespecToNsec(st.Mtim), unix.TimespecToNsec(st.Ctim)), nil
	}
}
