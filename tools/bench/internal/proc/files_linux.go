package proc

import "syscall"

// AllowFiles has this process and what it starts from now on open so many files at least.
func AllowFiles(n uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	if l.Cur >= n && l.Max >= n {
		// Setting it even so keeps the runtime from giving children the lower limit that it found at its own start.
		return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
	}
	l.Cur, l.Max = max(l.Cur, n), max(l.Max, n)
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
}
