package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// completions are the scripts of `gateway completion`, under the names that shells look for.
var completions = map[string]string{
	"bash": "completions/gateway.bash", "zsh": "completions/_gateway",
	"fish": "completions/gateway.fish", "powershell": "completions/gateway.ps1",
}

// pages has a gateway write what it says of itself: manual pages, completions, a first
// configuration. They are the same on every system.
func pages(args []string) error {
	o := newOptions("pages")
	out := o.text("out", "the `archive` to write")
	binary := o.text("gateway", "the `program` to ask, one that runs here")
	if err := o.parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "pages")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := filepath.Abs(*binary)
	if err != nil {
		return err
	}
	files, err := manual(ctx, program, dir)
	if err != nil {
		return err
	}
	for shell, name := range completions {
		script, err := ask(ctx, program, "completion", shell)
		if err != nil {
			return err
		}
		files = append(files, pack.File{Name: name, Body: script})
	}
	sample := filepath.Join(dir, "gateway.yaml")
	if _, err := ask(ctx, program, "init", sample); err != nil {
		return err
	}
	return pack.Write(*out, append(files, pack.File{Name: "gateway.yaml", From: sample}))
}

func manual(ctx context.Context, program, dir string) ([]pack.File, error) {
	if _, err := ask(ctx, program, "man", "--dir", filepath.Join(dir, "man")); err != nil {
		return nil, err
	}
	written, err := filepath.Glob(filepath.Join(dir, "man", "*.1"))
	if err != nil || len(written) == 0 {
		return nil, fmt.Errorf("%s man wrote no pages: %w", program, err)
	}
	var files []pack.File
	for _, page := range written {
		files = append(files, pack.File{Name: "man/man1/" + filepath.Base(page), From: page})
	}
	return files, nil
}

// ask runs the program without the settings of this machine. Pages say no other date than that of
// all files.
func ask(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{fmt.Sprint("SOURCE_DATE_EPOCH=", pack.Time.Unix())}
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w: %s", program, args, err, &trouble)
	}
	return out, nil
}
