package program

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// unstamped is the version of a binary that nobody has told its version.
const unstamped = "dev"

// CommitOf is the commit that a binary was built from: what it was stamped with, else what the Go
// command noted, else "unknown". "-dirty" after it says that there were changes beside it.
func CommitOf(stamped string) string {
	// Bazel leaves the name of a key where a build knows no value for it.
	if stamped != "" && !strings.HasPrefix(stamped, "{") {
		return stamped
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return commitIn(info)
	}
	return "unknown"
}

func commitIn(info *debug.BuildInfo) string {
	commit, dirty := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if commit == "unknown" {
		return commit
	}
	return commit + dirty
}

// VersionOf is the version of a binary: what it was stamped with, else the version of the module
// that `go install` took, else "dev".
func VersionOf(stamped string) string {
	if stamped != "" && stamped != unstamped {
		return stamped
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return versionIn(info)
	}
	return unstamped
}

func versionIn(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return strings.TrimPrefix(v, "v")
	}
	return unstamped
}

// VersionLine is what --version prints. Version and commit are as VersionOf and CommitOf have them.
func VersionLine(name, version, commit string) string {
	return fmt.Sprintf("%s %s, commit %s, %s, %s/%s", name, version, commit,
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
