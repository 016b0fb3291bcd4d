package config

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
)

// beside returns the path that a text means: relative to the folder of the file it stands in.
func beside(n *text.Node) string {
	switch path := n.Text; {
	case path == "" || isSecret(path) || n.At.File == nil || filepath.IsAbs(path):
		return path
	case path == OutputStdout || path == OutputStderr || path == OutputOff:
		return path
	default:
		return filepath.Join(filepath.Dir(*n.At.File), path)
	}
}

// files are the contents of the files that a document names, as digests: what is in them is part of
// what the document means.
type files map[string][sha256.Size]byte

// Files returns the paths of the files that the document names and that were read when it was
// validated, sorted.
func (d *Document) Files() []string { return slices.Sorted(maps.Keys(d.files)) }

// SameFiles says whether the files that two documents name had the same contents when they were
// validated, which the digests of the documents do not tell.
func (d *Document) SameFiles(other *Document) bool { return maps.Equal(d.files, other.files) }

// OtherFiles returns the files whose contents differ between two documents that both name them, as
// they may be shown: the path, or the reference to the secret that the path is the value of.
func (d *Document) OtherFiles(other *Document) (shown []string) {
	for _, f := range d.Files() {
		if sum, ok := other.files[f]; ok && sum != d.files[f] {
			if ref, ok := d.shownAs[f]; ok {
				f = ref
			}
			shown = append(shown, f)
		}
	}
	return shown
}

// read returns what is in a file that the document names, and notes a problem if there is none. For
// a document that is for another machine it is nil, and no problem.
func (v *validator) read(path func() string, m Material, most int64, note notes) []byte {
	if v.doc.files == nil {
		v.doc.files = files{}
	}
	if v.options.Elsewhere {
		if m.File != "" { // what a reference means is not known
			v.doc.files[m.File] = sha256.Sum256(nil)
		}
		return nil
	}
	data, err := v.reader.Read(m.File, most)
	err = withoutPath(err)
	v.doc.files[m.File] = sha256.Sum256(data) // also of what can't be read: a change is one
	if err == nil {
		return data
	}
	if isSecret(m.Shown) {
		note(v, path(), CodeFile, fmt.Sprintf("the file that %s leads to can't be read: %v",
			text.Quote(m.Shown), err), "the path is not shown, since it is the value of a secret")
		return nil
	}
	note(v, path(), CodeFile, fmt.Sprintf("%s can't be read: %v", text.Quote(m.Shown), err),
		"paths are relative to the file they stand in")
	return nil
}

// ReadMaterial reads the file of a Material that has no text. The error does not show its path.
func ReadMaterial(m Material) ([]byte, error) {
	data, err := filesystem.Read(m.File, filesystem.Most)
	return data, withoutPath(err)
}

// withoutPath returns an error of a file for a message that has the path.
func withoutPath(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
