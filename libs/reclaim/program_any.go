//go:build unix && !linux

package reclaim

func unmapProgram() {}
