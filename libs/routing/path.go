package routing

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/pattern"
)

// readPath reads what a rule says of the path: a prefix or a whole path in normal form, or an
// expression.
func readPath(r *Rule) (path string, exact bool, regex *regexp.Regexp, err error) {
	switch {
	case r.Path != "" && (r.PathPrefix != "" || r.PathRegex != "") ||
		r.PathPrefix != "" && r.PathRegex != "":
		return "", false, nil, errors.New("a path, a path prefix and a path regex are three; " +
			"one is the most")
	case r.Path != "":
		path, err = normalPath(r.Path)
		return path, true, nil, err
	case r.PathRegex != "":
		if regex, err = pattern.Compile(r.PathRegex); err != nil {
			err = fmt.Errorf("path regex %q %w", r.PathRegex, err)
		}
		return "", false, regex, err
	}
	path, err = normalPrefix(r.PathPrefix)
	return path, false, nil, err
}

// pathText names what a rule says of the path.
func pathText(r *Rule) string {
	switch {
	case r.Path != "":
		return fmt.Sprintf("path %q", r.Path)
	case r.PathRegex != "":
		return fmt.Sprintf("path regex %q", r.PathRegex)
	}
	return fmt.Sprintf("path prefix %q", r.PathPrefix)
}

// normalPath checks a whole path, in which a slash at the end has a meaning.
func normalPath(path string) (string, error) {
	if path[0] != '/' {
		return "", fmt.Errorf("path %q does not start with a slash", path)
	}
	if len(path) > maxPrefix {
		return "", fmt.Errorf("path of %d bytes; %d are the most", len(path), maxPrefix)
	}
	return path, nil
}

// normalPrefix returns a path prefix without the slash at its end, unless that is all of it.
func normalPrefix(prefix string) (string, error) {
	if prefix == "" || prefix == "/" {
		return "/", nil
	}
	if prefix[0] != '/' {
		return "", fmt.Errorf("path prefix %q does not start with a slash", prefix)
	}
	if len(prefix) > maxPrefix {
		return "", fmt.Errorf("path prefix of %d bytes; %d are the most", len(prefix), maxPrefix)
	}
	normal := strings.TrimSuffix(prefix, "/")
	if depthOf(normal) > maxDepth {
		return "", fmt.Errorf("path prefix %q has more than %d segments", prefix, maxDepth)
	}
	for s := range strings.SplitSeq(normal[1:], "/") {
		if s == "" || s == "." || s == ".." {
			return "",
				fmt.Errorf(
					"path prefix %q has an empty or dot segment, which no normalised path has",
					prefix)
		}
	}
	return normal, nil
}

// depthOf returns how many segments a normal prefix has.
func depthOf(prefix string) int {
	if prefix == "/" {
		return 0
	}
	return strings.Count(prefix, "/")
}
