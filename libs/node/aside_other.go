//go:build !linux

package node

// lowerPriority does nothing where a thread has no priority of its own.
func lowerPriority() {}

func mainThread() bool { return false }
