//go:build unix

package netx

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Bounds of the reserve. With the common limit of 1024 it is 128.
const (
	reserveShare              = 8 // one of so many
	leastReserve, mostReserve = 16, 384
	unlimited                 = 1 << 30
	limitWhenUnknown          = 1024
)

// Allowed returns what the system allows now. It may change while the process runs.
func Allowed() Descriptors {
	var r unix.Rlimit
	limit := uint64(limitWhenUnknown)
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) == nil {
		limit = min(uint64(r.Cur), unlimited)
	}
	d := Descriptors{Limit: int(limit)}
	d.Reserve = min(max(d.Limit/reserveShare, leastReserve), mostReserve, d.Limit)
	return d
}

// reserved says whether a descriptor is one of the reserve. The system always gives the lowest
// number that is free, so the number tells how many are in use.
func (d Descriptors) reserved(fd int) bool { return fd >= d.Limit-d.Reserve }

// PlaceOf says where the descriptor of a new connection lies.
func PlaceOf(conn syscall.Conn) Place {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Free // it is closed, as the next call says
	}
	place := Free
	_ = raw.Control(func(fd uintptr) { // fails only on a closed connection
		d := Allowed()
		switch {
		case int(fd) >= d.Limit-d.Reserve/2:
			place = Last
		case d.reserved(int(fd)):
			place = Reserved
		}
	})
	return place
}

// Scarce reports whether less than a client needs is left beside the reserve: a descriptor for its
// own connection, and one for that to an endpoint.
func Scarce() bool { return scarce(2) }

// scarce reports whether fewer than n descriptors are left beside the reserve. It has them open for
// a moment, for the system gives away the lowest numbers first.
func scarce(n int) bool {
	fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return Exhausted(err)
	}
	defer func() { _ = unix.Close(fd) }() // it was only looked at
	return Allowed().reserved(fd) || n > 1 && scarce(n-1)
}
