package config_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

var update = flag.Bool("update", false,
	"write what is found wrong with testdata into the source tree")

// unset is the error of a secret that does not resolve.
type unset struct{}

func (unset) Error() string { return "there is nothing of that name" }
func (unset) Hint() string  { return "put it there" }

// withSecrets resolves the secrets that files in testdata refer to.
var withSecrets = config.Options{Secrets: func(ref, dir string) (string, error) {
	if dir != "testdata" && dir != "." {
		return "", errors.New("looked for in " + dir)
	}
	value, ok := map[string]string{
		"secret:env:NOWHERE": "no/where:at-all",
		"secret:env:LINES":   "Bearer hunter2\r\nX-Admin: true",
		"secret:env:FINE":    "hunter2",
		"secret:env:SHORT":   "hunter2",
		"secret:env:TOKEN":   "0123456789abcdef-hunter2",
		"secret:env:LISTEN":  "127.0.0.3:80",
	}[ref]
	if !ok {
		return "", unset{}
	}
	return value, nil
}}

// A file of testdata beside a .txt of the same name is invalid, and the .txt is what is said about
// it; a line "…" stands for any number of lines. A file whose name begins with "valid" is valid.
func TestGoldens(t *testing.T) {
	texts, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, golden := range texts {
		base := strings.TrimSuffix(golden, ".txt")
		file := base + ".yaml"
		if _, err := os.Stat(base + ".json"); err == nil {
			file = base + ".json"
		}
		_, err := withSecrets.Load(file)
		var ps config.Problems
		if !errors.As(err, &ps) {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for i, p := range ps {
			seen[p.Code] = true
			ps[i].File = filepath.Base(p.File)
		}
		got := ps.Error() + "\n"
		if strings.Contains(got, "hunter2") || strings.Contains(got, "no/where") {
			t.Errorf("%s: a secret is shown:\n%s", file, got)
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if *update && !same(got, string(want)) {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if !same(got, string(want)) {
			t.Errorf("%s: got\n%s\nwant\n%s\nIf it is what it should be, run \"go test "+
				"./libs/config -update\"", file, got, want)
		}
	}
	for _, c := range config.Codes() {
		if !seen[c.Code] {
			t.Errorf("no file of testdata shows %s", c.Code)
		}
		delete(seen, c.Code)
	}
	for code := range seen {
		t.Errorf("%s is not in config.Codes", code)
	}
}

// same compares line by line.
func same(got, want string) bool {
	before, after, cut := strings.Cut(want, "…\n")
	if !cut {
		return got == want
	}
	return len(got) >= len(before)+len(after) && strings.HasPrefix(got, before) &&
		strings.HasSuffix(got, after)
}

func TestEveryFileOfTestdataIsValidOrHasAGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) < 30 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(file, filepath.Ext(file))
		if filepath.Ext(file) == ".txt" {
			continue
		}
		if !strings.HasPrefix(filepath.Base(file), "valid") {
			if _, err := os.Stat(base + ".txt"); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			continue
		}
		d, err := withSecrets.Load(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if ps := config.Validate(d); len(ps) > 0 {
			t.Errorf("%s is valid as a file and not as a document: %v", file, ps)
		}
		if shown := config.Canonical(d); bytes.Contains(shown, []byte("hunter2")) {
			t.Errorf("a secret is shown: %s", shown)
		}
		again, ps := withSecrets.Decode("again.json", config.Canonical(d))
		if len(ps) > 0 || config.Digest(again) != config.Digest(d) || !again.SameSecrets(d) {
			t.Errorf("%s: its canonical form is not the same: %v", file, ps)
		}
	}
}
