package reload

import "golang.org/x/sys/unix"

// asidePriority leaves a thread a quarter of a processor that somebody else wants
// all of: a reload under full load takes longer, but ends.
const asidePriority = 5

// lowerPriority is of the calling thread alone, as priorities are on Linux.
func lowerPriority() {
	// without it requests notice more
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), asidePriority)
}

func mainThread() bool { return unix.Gettid() == unix.Getpid() }
