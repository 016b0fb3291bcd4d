package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	slsa "github.com/gatewayhomebrew/gateway/release/internal/provenance"
	"github.com/gatewayhomebrew/gateway/release/pack"
)

// provenance writes what the files of a release were built from.
func provenance(args []string) error {
	o := newOptions("provenance")
	out := o.text("out", "the `file` to write")
	version := o.text("version", "the `version` of the release")
	status := o.text("status", "the status `file` of Bazel that has the commit")
	list := o.text("sums", "the `file` SHA256SUMS of what is described")
	if err := o.parse(args); err != nil {
		return err
	}
	text, err := os.ReadFile(*list)
	if err != nil {
		return err
	}
	files, err := checksums.Parse(string(text))
	if err != nil {
		return err
	}
	commit, err := commitIn(*status)
	if err != nil {
		return err
	}
	return pack.WriteFile(*out, func(w io.Writer) error {
		return slsa.Write(w, slsa.Release{
			// One SDK builds this program and the binaries.
			Version: *version, Commit: commit, Go: runtime.Version(), Files: files,
		})
	})
}

// commitIn finds the commit in a status file, as tools/status.sh writes it.
func commitIn(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		switch key, value, _ := strings.Cut(lines.Text(), " "); key {
		case "STABLE_COMMIT", "GATEWAY_COMMIT":
			return value, nil
		}
	}
	return "", fmt.Errorf("%s has no line with the commit", file)
}
