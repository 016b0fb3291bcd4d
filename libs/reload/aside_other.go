//go:build !linux

package reload

// lowerPriority does nothing where a thread has no priority of its own.
func lowerPriority() {}

func mainThread() bool { return false }
