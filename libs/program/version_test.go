package program

import (
	"runtime/debug"
	"testing"
)

func TestWhatTheGoCommandNotedIsTheCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings []debug.BuildSetting
		want     string
	}{
		"no repository": {want: "unknown"},
		"a commit": {
			settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}}, want: "abc",
		},
		"changes beside it": {
			settings: []debug.BuildSetting{
				{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "abc"},
			},
			want: "abc-dirty",
		},
		"changes to nothing": {
			settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}, want: "unknown",
		},
	} {
		if got := commitIn(&debug.BuildInfo{Settings: c.settings}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAStampComesFirst(t *testing.T) {
	t.Parallel()
	if got := CommitOf("abc"); got != "abc" {
		t.Errorf("commit %q", got)
	}
	// What Bazel leaves where a build has no value.
	if got := CommitOf("{STABLE_COMMIT}"); got == "{STABLE_COMMIT}" {
		t.Errorf("commit %q", got)
	}
	if got := VersionOf("1.2.3"); got != "1.2.3" {
		t.Errorf("version %q", got)
	}
}

func TestTheVersionOfTheModuleIsTheVersion(t *testing.T) {
	t.Parallel()
	for module, want := range map[string]string{
		"": "dev", "(devel)": "dev", "v0.6.1": "0.6.1",
		"v0.6.2-0.20261201040000-0123456789ab+dirty": "0.6.2-0.20261201040000-0123456789ab+dirty",
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: module}}
		if got := versionIn(info); got != want {
			t.Errorf("%q: %q, want %q", module, got, want)
		}
	}
}
