package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
)

// releases is where files of releases are published.
const releases = "https://github.com/gatewayhomebrew/gateway/releases/download"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o := flag.NewFlagSet("verify", flag.ContinueOnError)
	list := o.String("sums", "", "the published SHA256SUMS, a `file` (default: from GitHub)")
	jobs := o.Int("jobs", 0, "how many `actions` run at a time; 0: Bazel decides")
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return errors.New("the first argument is the tag of the release, such as v0.6.0")
	}
	tag := args[0]
	if err := o.Parse(args[1:]); err != nil {
		return err
	}
	published, err := read(ctx, tag, *list)
	if err != nil {
		return err
	}
	built, err := rebuild(ctx, tag, *jobs, out)
	if err != nil {
		return err
	}
	if err := compare(published, built); err != nil {
		return err
	}
	fmt.Fprintf(out, "match: %d files of %s are what its commit makes\n", len(published), tag)
	return nil
}

// read reads the published list.
func read(ctx context.Context, tag, list string) ([]checksums.Sum, error) {
	var text []byte
	var err error
	if list == "" {
		list = releases + "/" + tag + "/SHA256SUMS"
		text, err = download(ctx, list)
	} else {
		if dir := os.Getenv("BUILD_WORKING_DIRECTORY"); dir != "" && !filepath.IsAbs(list) {
			list = filepath.Join(dir, list)
		}
		text, err = os.ReadFile(list)
	}
	if err != nil {
		return nil, err
	}
	sums, err := checksums.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	if len(sums) == 0 {
		return nil, fmt.Errorf("%s lists nothing", list)
	}
	return sums, nil
}

func download(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, 1<<20))
}

// rebuild builds the commit of a tag in a folder, and with an output base, that are removed
// afterwards.
func rebuild(
	ctx context.Context, tag string, jobs int, out io.Writer,
) (_ []checksums.Sum, err error) {
	repository := os.Getenv("BUILD_WORKSPACE_DIRECTORY")
	dir, err := os.MkdirTemp("", "verify")
	if err != nil {
		return nil, err
	}
	// What Bazel writes has no right to be written to, folders among it.
	defer func() {
		_ = exec.Command("chmod", "-R", "u+w", dir).Run()
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	do := func(in, name string, args ...string) error {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = in, out, os.Stderr
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
		}
		return nil
	}
	source := filepath.Join(dir, "source")
	// A clone has the commit and nothing else: no changes, no files that git does not know.
	if err := do(repository, "git", "clone", "-q", "--no-checkout", ".", source); err != nil {
		return nil, err
	}
	if err := do(source, "git", "checkout", "-q", "--detach", tag+"^{commit}"); err != nil {
		return nil, err
	}
	bazel := filepath.Join(source, "tools", "bazel")
	base := "--output_base=" + filepath.Join(dir, "out")
	defer func() { err = errors.Join(err, do(source, bazel, base, "shutdown")) }()
	build := []string{base, "build", "--config=release", "--disk_cache=", "//release:all"}
	if jobs > 0 {
		build = append(build, fmt.Sprint("--jobs=", jobs))
	}
	if err := do(source, bazel, build...); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(source, "bazel-bin", "release", "all", "SHA256SUMS"))
	if err != nil {
		return nil, err
	}
	return checksums.Parse(string(text))
}

// compare returns the first difference, in the order of the published list.
func compare(published, built []checksums.Sum) error {
	have := map[string]string{}
	for _, s := range built {
		have[s.Name] = s.Hex
	}
	for _, s := range published {
		switch got := have[s.Name]; {
		case got == "":
			return fmt.Errorf("differs: %s was published, and its commit does not make it", s.Name)
		case got != s.Hex:
			return fmt.Errorf("differs: %s was published with the SHA-256\n  %s, and its commit "+
				"makes\n  %s", s.Name, s.Hex, got)
		}
		delete(have, s.Name)
	}
	for _, s := range built {
		if have[s.Name] != "" {
			return fmt.Errorf("differs: %s is made by the commit, and was not published", s.Name)
		}
	}
	return nil
}
