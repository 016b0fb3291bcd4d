//go:build unix

package limits_test

import (
	"syscall"
	"testing"
)

// raiseFileLimit skips the test where this process may not open n files.
func raiseFileLimit(t *testing.T, n uint64) {
	t.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Skip(err)
	}
	if l.Cur >= n {
		return
	}
	if l.Max < n {
		t.Skipf("the limit of open files is %d, this needs %d (ulimit -n)", l.Max, n)
	}
	l.Cur = n
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Skip(err)
	}
}
