// Package buildfile checks and mends the form of BUILD, MODULE.bazel and .bzl files as buildifier
// does, through the library that buildifier is made of. The program itself is published on a code
// host only, which a restricted machine does not reach, while the library is a Go module like every
// other dependency.
package buildfile

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/bazelbuild/buildtools/build"
	"github.com/bazelbuild/buildtools/warn"
)

// Is tells by its name whether a file is for this package.
func Is(file string) bool {
	switch path.Base(file) {
	case "BUILD.bazel", "MODULE.bazel", "WORKSPACE", "REPO.bazel":
		return true
	}
	return strings.HasSuffix(file, ".bzl")
}

// Check returns what `buildifier -mode=check -lint=warn` finds in a file, each problem with its
// line.
func Check(file string, content []byte) []string {
	parsed, err := parse(file, content)
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	for _, finding := range warn.FileWarnings(parsed, warn.DefaultWarnings, nil, warn.ModeWarn,
		nil) {
		problems = append(problems,
			fmt.Sprintf("%s:%d: %s", file, finding.Start.Line, finding.Message))
	}
	// After the warnings, because formatting changes the tree.
	build.Rewrite(parsed)
	if !bytes.Equal(build.Format(parsed), content) {
		problems = append(problems, file+" is not formatted")
	}
	return problems
}

// Fix returns the content as `buildifier -mode=fix -lint=fix` leaves it. Some problems only a
// person can mend.
func Fix(file string, content []byte) ([]byte, error) {
	parsed, err := parse(file, content)
	if err != nil {
		return nil, err
	}
	warn.FixWarnings(parsed, warn.DefaultWarnings, false, nil)
	build.Rewrite(parsed)
	return build.Format(parsed), nil
}

func parse(file string, content []byte) (*build.File, error) {
	parsed, err := build.Parse(file, content)
	if err != nil {
		return nil, err
	}
	parsed.Pkg, parsed.Label = path.Dir(file), path.Base(file)
	return parsed, nil
}
