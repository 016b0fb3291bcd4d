//go:build unix

package netx

import (
	"os"
	"os/user"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// restrict gives the file of a socket that is about to be bound its permissions. Linux gives the
// file none that the socket does not have, so that there is no moment in which too many could
// connect. Elsewhere this fails, and the umask alone counts until permit.
func restrict(fd uintptr, mode os.FileMode) { _ = unix.Fchmod(int(fd), uint32(mode)) }

// lockFolder waits until nobody else binds a socket in a folder, and returns what lets others on.
// Where it cannot be locked there is no lock.
func lockFolder(dir string) (unlock func()) {
	f, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	end := time.Now().Add(lookTime)
	for unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil && time.Now().Before(end) {
		time.Sleep(10 * time.Millisecond)
	}
	return func() { _ = f.Close() }
}

// permit gives a socket its owner and mode.
func permit(path string, p Permissions) error {
	uid, gid := -1, -1
	if p.User != "" {
		id, err := numberOf(p.User, func(name string) (string, error) {
			u, err := user.Lookup(name)
			if err != nil {
				return "", err
			}
			return u.Uid, nil
		})
		if err != nil {
			return err
		}
		uid = id
	}
	if p.Group != "" {
		id, err := numberOf(p.Group, func(name string) (string, error) {
			g, err := user.LookupGroup(name)
			if err != nil {
				return "", err
			}
			return g.Gid, nil
		})
		if err != nil {
			return err
		}
		gid = id
	}
	if uid >= 0 || gid >= 0 {
		if err := os.Lchown(path, uid, gid); err != nil {
			return err
		}
	}
	return os.Chmod(path, p.Mode.Perm())
}

// numberOf is the number of a user or a group.
func numberOf(name string, find func(string) (string, error)) (int, error) {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return int(n), nil
	}
	id, err := find(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(id, 10, 31)
	return int(n), err
}
