//go:build !linux || !amd64

package netlab

import (
	"errors"
	"os/exec"
	"time"
)

const skewable = false

func startSkewed(*exec.Cmd, time.Duration) error { return errors.ErrUnsupported }
