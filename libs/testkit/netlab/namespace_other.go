//go:build !linux

package netlab

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
)

// namespace is Linux's; New skips elsewhere.
type namespace struct{ device *os.File }

func newNamespace(netip.Prefix) (*namespace, error) { return nil, errors.ErrUnsupported }

func (n *namespace) do(f func()) { f() }
func (n *namespace) close()      {}

func mortal(*exec.Cmd) {}
