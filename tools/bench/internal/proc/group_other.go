//go:build !linux

package proc

import "os/exec"

// The benchmark runs on Linux only; these keep the rest of it compiling elsewhere.

func ownGroup(*exec.Cmd) {}

func terminateGroup(int) {}

func killGroup(int) {}
