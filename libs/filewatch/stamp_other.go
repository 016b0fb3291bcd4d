//go:build !unix

package filewatch

import (
	"fmt"
	"os"
)

// stamp is a text that differs when a file does, as far as that shows without reading it.
func stamp(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %s %d", info.Size(), info.Mode(), info.ModTime().UnixNano()), nil
}
