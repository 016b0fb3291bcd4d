//go:build !unix

package handover

import (
	"errors"
	"os"
)

// Supported says whether a process can give its place to another here.
const Supported = false

// errUnsupported is why it can't.
var errUnsupported = errors.New("sockets can't be handed from process to process on this system")

func (c *Channel) sendFiles(files []*os.File) error {
	if len(files) == 0 {
		return nil
	}
	return errUnsupported
}

func (c *Channel) receiveFiles(n int) ([]*os.File, error) {
	if n == 0 {
		return nil, nil
	}
	return nil, errUnsupported
}

func reset(error) bool { return false }

func pair() (*Channel, *os.File, error) { return nil, nil, errUnsupported }

func keep(*os.File) {}

func busy(error) bool { return false }

// Copy is another descriptor of an open file.
func Copy(*os.File) (*os.File, error) { return nil, errUnsupported }
