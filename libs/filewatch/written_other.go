//go:build !linux

package filewatch

// openToWrite is not known here: a file is whole when it has not changed for a moment.
func openToWrite(string) bool { return false }
