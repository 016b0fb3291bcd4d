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
	"slices"
	"strings"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	"github.com/gatewayhomebrew/gateway/release/internal/github"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "publish:", err)
		os.Exit(1)
	}
}

// settings are what flags say.
type settings struct {
	api, repo, version, files, notes, commit, key string
	yes                                           bool
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var s settings
	o := flag.NewFlagSet("publish", flag.ContinueOnError)
	o.StringVar(&s.repo, "repo", "gatewayhomebrew/gateway", "`owner/name` on GitHub")
	o.StringVar(&s.api, "api", "https://api.github.com", "the `URL` of the API")
	o.StringVar(&s.version, "version", "", "the `version`, without v")
	o.StringVar(&s.files, "files", "", "the `files`, with spaces between them")
	o.StringVar(&s.notes, "notes", "", "a `file` with the notes, in Markdown")
	o.StringVar(&s.commit, "commit", "", "the `commit` (default: that of the checkout)")
	o.StringVar(&s.key, "key", "", "a `file` with a private key (PEM), which signs SHA256SUMS")
	o.BoolVar(&s.yes, "yes", false, "publish, and not only say what would be done")
	if err := o.Parse(args); err != nil {
		return err
	}
	if o.NArg() > 0 || s.version == "" || s.files == "" || s.notes == "" {
		return errors.New("--version, --files and --notes are needed, and no arguments")
	}
	if s.commit == "" {
		commit, err := checkout(ctx)
		if err != nil {
			return fmt.Errorf("--commit is missing, and git does not say it: %w", err)
		}
		s.commit = commit
	}
	notes, err := os.ReadFile(s.notes)
	if err != nil {
		return err
	}
	files := strings.Fields(s.files)
	if s.key != "" {
		signature, err := sign(s.key, files)
		if err != nil {
			return err
		}
		defer os.RemoveAll(filepath.Dir(signature))
		files = append(files, signature)
	}
	c := github.Client{
		API: s.api, Repo: s.repo, Token: os.Getenv("GITHUB_TOKEN"), HTTP: http.DefaultClient,
	}
	return c.Publish(ctx, github.Publication{
		Version: s.version, Commit: s.commit, Notes: string(notes), Files: files, Yes: s.yes,
		Out: out,
	})
}

// checkout is the commit of the folder that `bazel run` was called in. One with changes is none.
func checkout(ctx context.Context) (string, error) {
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = os.Getenv("BUILD_WORKSPACE_DIRECTORY")
		text, err := cmd.Output()
		return strings.TrimSpace(string(text)), err
	}
	changes, err := git("status", "--porcelain")
	if err != nil {
		return "", err
	}
	if changes != "" {
		return "", errors.New("there are changes that are in no commit")
	}
	return git("rev-parse", "HEAD")
}

// sign writes SHA256SUMS.sig into a folder of its own.
func sign(keyFile string, files []string) (string, error) {
	at := slices.IndexFunc(files, func(f string) bool { return filepath.Base(f) == "SHA256SUMS" })
	if at < 0 {
		return "", errors.New("there is no SHA256SUMS to sign")
	}
	// `bazel run` starts a program elsewhere and says where the user is.
	if dir := os.Getenv("BUILD_WORKING_DIRECTORY"); dir != "" && !filepath.IsAbs(keyFile) {
		keyFile = filepath.Join(dir, keyFile)
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(files[at])
	if err != nil {
		return "", err
	}
	signature, err := checksums.Sign(key, text)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", keyFile, err)
	}
	dir, err := os.MkdirTemp("", "sign")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "SHA256SUMS.sig")
	return file, os.WriteFile(file, []byte(signature+"\n"), 0o600)
}
