package program

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// CommitOf is the commit that a binary was built from: what it was stamped with, else what the Go
// command noted, else "unknown".
func CommitOf(stamped string) string {
	if stamped != "" {
		return stamped
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}

// VersionLine is what --version prints. Commit is what the binary was stamped with.
func VersionLine(name, version, commit string) string {
	return fmt.Sprintf("%s %s, commit %s, %s, %s/%s",
		name, version, CommitOf(commit), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
