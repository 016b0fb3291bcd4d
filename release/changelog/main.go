package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	root := os.Getenv("BUILD_WORKSPACE_DIRECTORY")
	if root == "" {
		root = "."
	}
	if err := gather(root); err != nil {
		fmt.Fprintln(os.Stderr, "changelog:", err)
		os.Exit(1)
	}
}

// none is what the changelog says before the first release.
const none = "No release was made yet.\n"

func gather(root string) error {
	version, err := versionOf(root)
	if err != nil {
		return err
	}
	file := filepath.Join(root, "CHANGELOG.md")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if strings.Contains(string(text), "\n## "+version+"\n") {
		return nil
	}
	notes, err := os.ReadFile(filepath.Join(root, "release", "notes", version+".md"))
	if err != nil {
		return fmt.Errorf("a release has notes: %w", err)
	}
	paths, err := filepath.Glob(filepath.Join(root, "release", "notes", "unreleased", "*.md"))
	if err != nil {
		return err
	}
	section, err := section(version, string(notes), paths)
	if err != nil {
		return err
	}
	changed, err := insert(string(text), section)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	// The changelog first: what breaks off after it removes too little, and loses nothing.
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		return err
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

var moduleVersion = regexp.MustCompile(`(?s)\bmodule\([^)]*?version = "([^"]+)"`)

func versionOf(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "MODULE.bazel"))
	if err != nil {
		return "", err
	}
	found := moduleVersion.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("MODULE.bazel has no version in module()")
	}
	return string(found[1]), nil
}

// section has one item for each fragment. A fragment that is no list becomes an item of one.
func section(version, notes string, paths []string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n", version, strings.TrimSpace(notes))
	slices.Sort(paths)
	for i, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if i == 0 {
			b.WriteString("\n### Everything in it\n\n")
		}
		fragment := strings.TrimSpace(string(text))
		if fragment == "" {
			return "", fmt.Errorf("%s is empty", path)
		}
		if !strings.HasPrefix(fragment, "- ") {
			fragment = "- " + strings.ReplaceAll(fragment, "\n", "\n  ")
		}
		b.WriteString(strings.ReplaceAll(fragment, "\n  \n", "\n\n") + "\n")
	}
	return b.String(), nil
}

// insert puts a section above those that are there.
func insert(text, section string) (string, error) {
	if strings.Contains(text, none) {
		return strings.Replace(text, none, section, 1), nil
	}
	at := strings.Index(text, "\n## ")
	if at < 0 {
		return "", fmt.Errorf("it has neither a release nor the sentence %q",
			strings.TrimSpace(none))
	}
	return text[:at+1] + section + "\n" + text[at+1:], nil
}
