package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

// Names below openspec.
const (
	released = "released"
	accepted = "accepted.txt"
)

// change is a change that breaks clients.
type change struct {
	text     string // "admin.yaml: GET /status: …"
	accepted bool
}

func (c change) String() string {
	if c.accepted {
		return c.text + " (accepted)"
	}
	return c.text
}

// since compares the documents of two folders. It fails where a line of accepted.txt names no
// change: it would let one through later.
func since(before, now string) (all []change, err error) {
	old, err := documents(before)
	if err != nil {
		return nil, err
	}
	for _, name := range old {
		texts, err := compare(filepath.Join(before, name), filepath.Join(now, name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, text := range texts {
			all = append(all, change{text: name + ": " + text})
		}
	}
	return all, accept(all, filepath.Join(before, accepted))
}

func documents(dir string) (names []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no document in %s", dir)
	}
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	return names, err
}

// beside the errors of oasdiff: clients act on the status of an error, too.
const statusRemoved = "response-non-success-status-removed"

// compare returns what breaks clients of a document, each once, sorted.
func compare(before, now string) ([]string, error) {
	if _, err := os.Stat(now); errors.Is(err, fs.ErrNotExist) {
		return []string{"the document is gone"}, nil
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	old, err := load.NewSpecInfo(loader, load.NewSource(before))
	if err != nil {
		return nil, err
	}
	loader = openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	new, err := load.NewSpecInfo(loader, load.NewSource(now))
	if err != nil {
		return nil, err
	}
	d, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), old, new)
	if err != nil {
		return nil, err
	}
	var texts []string
	changes := checker.CheckBackwardCompatibilityUntilLevel(
		checker.NewConfig(checker.GetAllChecks()), d, sources, checker.INFO)
	for _, c := range changes {
		// a value more, of a field or an error code, is what clients have to put up with
		if c.GetLevel() != checker.ERR && c.GetId() != statusRemoved ||
			c.GetId() == "response-property-enum-value-added" {
			continue
		}
		texts = append(texts, fmt.Sprintf("%s %s: %s", c.GetOperation(), c.GetPath(),
			c.GetUncolorizedText(checker.NewDefaultLocalizer())))
	}
	texts = append(texts, values(old.Spec, new.Spec)...)
	slices.Sort(texts)
	return slices.Compact(texts), nil
}

// values returns the values of enumerations in components that are gone. A document without paths,
// as that of the errors, has nothing else, and oasdiff looks at what operations use.
func values(old, new *openapi3.T) (texts []string) {
	if old.Components == nil {
		return nil
	}
	for name, was := range old.Components.Schemas {
		if was.Value == nil || len(was.Value.Enum) == 0 {
			continue
		}
		var left []any
		if new.Components != nil {
			if is := new.Components.Schemas[name]; is != nil && is.Value != nil {
				left = is.Value.Enum
			}
		}
		for _, value := range was.Value.Enum {
			if !slices.Contains(left, value) {
				texts = append(texts, fmt.Sprintf("components %s: %v is gone", name, value))
			}
		}
	}
	return texts
}

// accept marks the changes that a file names, a line each. # begins a comment, which says why.
func accept(all []change, file string) error {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		i := slices.IndexFunc(all, func(c change) bool { return c.text == line })
		if i < 0 {
			return fmt.Errorf("%s:%d: there is no such change (any more); remove the line", file,
				number)
		}
		all[i].accepted = true
	}
	return lines.Err()
}

// take makes the documents of a folder those of the release, and forgets what was accepted before.
func take(now, into string) error {
	names, err := documents(now)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	gone, err := filepath.Glob(filepath.Join(into, "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range append(gone, filepath.Join(into, accepted)) {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(now, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(into, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
