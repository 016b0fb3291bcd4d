package netx

import (
	"errors"
	"os"
)

// restrict does nothing: on Windows the folder of a socket says who may connect.
func restrict(uintptr, os.FileMode) {}

// lockFolder does nothing: folders of Windows have no lock.
func lockFolder(string) (unlock func()) { return func() {} }

// permit refuses what Windows has not. There is no mode of a socket's file either: a user who may
// write to its folder may connect.
func permit(path string, p Permissions) error {
	if p.User != "" || p.Group != "" {
		return &os.PathError{Op: "permit", Path: path, Err: errors.New("Windows gives the file " +
			"of a socket no user and no group; leave unix.user and unix.group out, and let the " +
			"permissions of the folder say who may connect")}
	}
	return nil
}
