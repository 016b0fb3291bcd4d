//go:build !linux

package memlimit

func ofGroup() int64 { return 0 }
