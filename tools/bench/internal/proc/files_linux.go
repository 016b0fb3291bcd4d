package proc

import "syscall"

// Files has this process, and what it starts from now on, open so many files, or as many as it may,
// and says how many.
func Files(n uint64) (uint64, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, err
	}
	more := syscall.Rlimit{Cur: max(l.Cur, n), Max: max(l.Max, n)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more); err == nil {
		return more.Cur, nil
	}
	// Setting a limit that is there already is for the children, too: without, the runtime gives
	// them the one it found when this process started.
	l.Cur = l.Max
	return l.Cur, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
}
