//go:build !linux

package netx

import "errors"

// A lot is where sockets are parked. Here there is none: those who wait keep their goroutines.
type lot struct{}

func newLot() (*lot, error) {
	return nil, errors.New("netx: sockets cannot be parked on this system")
}

func (*lot) arm(*Sock) bool { return false }
func (*lot) forget(*Sock)   {}
func (*lot) run()           {}
func (*lot) close()         {}
