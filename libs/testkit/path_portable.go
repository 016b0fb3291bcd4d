//go:build !linux || portable

package testkit

import "testing"

// NeedsFastPath skips a test of what only the path of Linux in libs/netx can do; reason says what
// that is.
func NeedsFastPath(t testing.TB, reason string) {
	t.Helper()
	t.Skip("the portable path of libs/netx: " + reason)
}
