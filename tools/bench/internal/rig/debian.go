package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const installTimeout = 5 * time.Minute

// Program is one that comes from a Debian package.
type Program struct {
	Name    string // of the command
	Package string
	version []string       // its arguments
	pattern *regexp.Regexp // finds the version in what it prints
}

// The programs a benchmark needs.
var (
	Nginx   = Program{"nginx", "nginx-light", []string{"-v"}, regexp.MustCompile(`nginx/(\S+)`)}
	HAProxy = Program{"haproxy", "haproxy", []string{"-v"}, regexp.MustCompile(`version (\S+)`)}
	H2Load  = Program{
		"h2load", "nghttp2-client", []string{"--version"}, regexp.MustCompile(`nghttp2/(\S+)`),
	}
	Wrk = Program{"wrk", "wrk", []string{"-v"}, regexp.MustCompile(`^wrk (\S+)`)}
)

// Find returns the program's path. /usr/sbin is looked at too, because a plain user's PATH lacks
// it.
func (p Program) Find() (string, bool) {
	if path, err := exec.LookPath(p.Name); err == nil {
		return path, true
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		path := filepath.Join(dir, p.Name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path, true
		}
	}
	return "", false
}

// Found is a program on this machine.
type Found struct{ Path, Version string }

// Installed finds a program, after Install, and asks it for its version.
func Installed(ctx context.Context, p Program) Found {
	// a program that is not there fails by its name when it is started
	f := Found{Path: p.Name, Version: "unknown"}
	if path, ok := p.Find(); ok {
		f.Path = path
	}
	out, _ := exec.CommandContext(ctx, f.Path, p.version...).CombinedOutput() // wrk -v ends with 1
	if m := p.pattern.FindSubmatch(out); m != nil {
		f.Version = string(m[1])
	}
	return f
}

// Install installs those of the programs that are missing, with apt-get, and says on log what it
// does. The packages are kept from starting a system service.
func Install(ctx context.Context, log io.Writer, programs ...Program) error {
	var packages []string
	for _, p := range programs {
		if _, ok := p.Find(); !ok {
			packages = append(packages, p.Package)
		}
	}
	if len(packages) == 0 {
		return nil
	}
	list := strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf(
			"these programs are missing and this is no Debian, so install them yourself: %s", list)
	}
	if os.Getuid() != 0 {
		return fmt.Errorf(
			"these packages are missing; run: sudo apt-get install --no-install-recommends %s",
			list)
	}
	_, _ = fmt.Fprintf(log, "bench: installing %s\n", list)
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	install := append([]string{"install", "-y", "--no-install-recommends"}, packages...)
	if apt(ctx, install...) == nil {
		return nil
	}
	// The package lists may be old, or missing as they are in a fresh container.
	update := apt(ctx, "update") // may fail for one source and still be enough
	if err := apt(ctx, install...); err != nil {
		return errors.Join(update, err)
	}
	return nil
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	// RUNLEVEL=1 makes Debian's invoke-rc.d leave the new service stopped.
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
