package checksums

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A Sum is the SHA-256 of a file, in hex, and the file's name without a folder.
type Sum struct {
	Hex  string
	Name string
}

// Of computes the sum of a file.
func Of(file string) (Sum, error) {
	f, err := os.Open(file)
	if err != nil {
		return Sum{}, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return Sum{}, fmt.Errorf("read %s: %w", file, err)
	}
	return Sum{
		Hex: hex.EncodeToString(h.Sum(nil)), Name: path.Base(filepath.ToSlash(file)),
	}, nil
}

// Format writes sums as sha256sum does, sorted by name.
func Format(sums []Sum) string {
	sums = slices.Clone(sums)
	slices.SortFunc(sums, func(a, b Sum) int { return cmp.Compare(a.Name, b.Name) })
	var b strings.Builder
	for _, s := range sums {
		fmt.Fprintf(&b, "%s  %s\n", s.Hex, s.Name)
	}
	return b.String()
}

// Parse reads what Format writes, or sha256sum, for text and binary files. A name with a folder, a
// name that is there twice, and a line of any other form are errors that say which line it is.
func Parse(text string) ([]Sum, error) {
	var sums []Sum
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			continue
		}
		hash, name, ok := strings.Cut(line, " ")
		// The second of two characters says how the file was read: a space or an asterisk.
		if !ok || len(name) < 2 || name[0] != ' ' && name[0] != '*' {
			return nil, fmt.Errorf("line %d is not a SHA-256, two spaces and a name", i+1)
		}
		name = name[1:]
		raw, err := hex.DecodeString(hash)
		if err != nil || len(raw) != sha256.Size {
			return nil, fmt.Errorf("line %d: %q is no SHA-256 in hex", i+1, hash)
		}
		if strings.ContainsAny(name, "/\\\x00") || name == "." || name == ".." {
			return nil, fmt.Errorf("line %d: %q is no name of a file", i+1, name)
		}
		if seen[name] {
			return nil, fmt.Errorf("line %d: %s is there twice", i+1, name)
		}
		seen[name] = true
		sums = append(sums, Sum{Hex: strings.ToLower(hash), Name: name})
	}
	return sums, nil
}
