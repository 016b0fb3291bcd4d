package artefacts

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// program is the path of a program that a test needs. Where it is missing the test is skipped, but
// not in CI.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: CI installs it (tools/wrapper/versions.sh, .ci/run)", name)
	}
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// run runs a program and returns what it says.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// installedFiles are those of a package beside the manual.
var installedFiles = []string{
	"/etc/gateway/gateway.yaml",
	"/usr/bin/configsync", "/usr/bin/edge", "/usr/bin/gateway", "/usr/bin/healthagg",
	"/usr/bin/relay",
	"/usr/lib/systemd/system/gateway-configsync.service",
	"/usr/lib/systemd/system/gateway-edge.service",
	"/usr/lib/systemd/system/gateway-healthagg.service",
	"/usr/lib/systemd/system/gateway-relay.service",
	"/usr/lib/systemd/system/gateway.service", "/usr/lib/systemd/system/gateway.socket",
	"/usr/lib/sysusers.d/gateway.conf",
	"/usr/share/bash-completion/completions/gateway",
	"/usr/share/doc/gateway/CHANGELOG.md", "/usr/share/doc/gateway/NOTICES",
	"/usr/share/doc/gateway/copyright",
	"/usr/share/fish/vendor_completions.d/gateway.fish",
	"/usr/share/gateway/gateway.schema.json",
	"/usr/share/zsh/site-functions/_gateway",
}

// accounts are the files of users. Those of a package stay when it goes: another may get their
// numbers.
var accounts = []string{
	"/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/group-", "/etc/shadow", "/etc/shadow-",
	"/etc/gshadow", "/etc/gshadow-", "/etc/.pwd.lock",
}

// ours are the regular files of a list without the manual, what dpkg keeps for itself, and
// accounts.
func ours(paths []string) (found []string, manual int) {
	for _, path := range paths {
		switch {
		case strings.HasPrefix(path, "/usr/share/man/man1/"):
			manual++
		case !strings.HasPrefix(path, "/var/lib/dpkg/") && !slices.Contains(accounts, path):
			found = append(found, path)
		}
	}
	slices.Sort(found)
	return found, manual
}

func below(t *testing.T, root string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, strings.TrimPrefix(path, root))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// TestDebsAreInstalledAndRemoved has dpkg do both in the root of a system that has nothing else.
// Its scripts run, for that root.
func TestDebsAreInstalledAndRemoved(t *testing.T) {
	t.Parallel()
	r := built(t)
	dpkg := program(t, "dpkg")
	if os.Getuid() != 0 {
		t.Skip("dpkg installs for root alone")
	}
	for _, platform := range r.platforms {
		deb, _, ok := r.packages(platform)
		if !ok {
			continue
		}
		root := t.TempDir()
		for _, dir := range []string{"info", "updates", "triggers"} {
			if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		status := filepath.Join(root, "var/lib/dpkg/status")
		if err := os.WriteFile(status, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		do := func(args ...string) string {
			return run(t, dpkg, append([]string{
				"--root=" + root, "--force-script-chrootless", "--force-not-root",
				"--force-architecture", "--log=/dev/null",
			}, args...)...)
		}
		do("--install", r.files[deb])
		checkInstalled(t, platform, root)
		if state := do("--status", "gateway"); !strings.Contains(state, "install ok installed") ||
			!strings.Contains(state, "Version: "+r.version+"\n") {
			t.Errorf("%s: dpkg says\n%s", deb, state)
		}
		// A file that differs from what the package has would be listed.
		if changed := do("--verify", "gateway"); changed != "" {
			t.Errorf("%s: dpkg --verify says\n%s", deb, changed)
		}
		mine := filepath.Join(root, "etc/gateway/gateway.yaml")
		if err := os.WriteFile(mine, []byte("version: 1 # mine\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		do("--remove", "gateway")
		left, manual := ours(below(t, root))
		if !slices.Equal(left, []string{"/etc/gateway/gateway.yaml"}) || manual != 0 {
			t.Errorf("%s: a removal leaves %q and %d pages", deb, left, manual)
		}
		do("--purge", "gateway")
		if left, _ := ours(below(t, root)); len(left) != 0 {
			t.Errorf("%s: a purge leaves %q", deb, left)
		}
	}
}

func checkInstalled(t *testing.T, platform, root string) {
	t.Helper()
	got, manual := ours(below(t, root))
	if !slices.Equal(got, installedFiles) || manual < 30 {
		t.Errorf("%s: installed are\n%q and %d pages, want\n%q", platform, got, manual,
			installedFiles)
	}
	if platform == runtime.GOOS+"/"+runtime.GOARCH {
		said := run(t, filepath.Join(root, "usr/bin/gateway"), "version")
		if versionLine.FindString(said) == "" {
			t.Errorf("the installed gateway says %q", said)
		}
		run(t, filepath.Join(root, "usr/bin/gateway"), "config", "validate",
			filepath.Join(root, "etc/gateway/gateway.yaml"))
	}
}

func TestRPMsAreWhatRPMReads(t *testing.T) {
	t.Parallel()
	r := built(t)
	rpm := program(t, "rpm")
	for _, platform := range r.platforms {
		_, name, ok := r.packages(platform)
		if !ok {
			continue
		}
		file := r.files[name]
		// rpm reads the digests of head and payload, and says when one is wrong.
		if said := run(t, rpm, "--checksig", "--nosignature", file); !strings.Contains(said, "OK") {
			t.Errorf("%s: rpm --checksig says %q", name, said)
		}
		listed := strings.Fields(run(t, rpm, "-qpl", "--nosignature", file))
		got, manual := ours(listed)
		if !slices.Equal(got, installedFiles) || manual < 30 {
			t.Errorf("%s lists\n%q and %d pages, want\n%q", name, got, manual, installedFiles)
		}
		if got := strings.Fields(run(t, rpm, "-qpc", "--nosignature", file)); !slices.Equal(got,
			[]string{"/etc/gateway/gateway.yaml"}) {
			t.Errorf("%s: configuration files are %q", name, got)
		}
		const format = "%{NAME} %{VERSION} %{RELEASE} %{LICENSE} %{BUILDHOST}"
		if got := run(t, rpm, "-qp", "--nosignature", "--qf", format, file); got !=
			"gateway "+r.version+" 1 Apache-2.0 gateway" {
			t.Errorf("%s says %q", name, got)
		}
	}
}
