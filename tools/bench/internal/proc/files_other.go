//go:build !linux

package proc

import "errors"

// Files is for where the benchmark runs.
func Files(uint64) (uint64, error) { return 0, errors.ErrUnsupported }
