// Package memlimit says when the process is about to run out of memory, so that it can refuse what
// is new before the system ends it.
//
//	memlimit.go       how much is used, and when that is too much
//	group_linux.go    what the control group allows
//	group_other.go    systems without control groups
//
// The limit is that of the Go runtime, GOMEMLIMIT. Where nobody has set one, Adopt takes nine
// tenths of what the control group of the process allows, which containers and systemd units have.
package memlimit
