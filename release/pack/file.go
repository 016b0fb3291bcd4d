package pack

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Time is when everything in an archive was changed: no moment that means something, and late
// enough for what zip can say (1980) and for tar, which warns of files of 1970.
var Time = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// A File is one entry of an archive.
type File struct {
	// Name is the path in the archive, with slashes, relative and clean.
	Name string
	// Mode is the permissions, with fs.ModeDir or fs.ModeSymlink for what is no regular file. A
	// regular file with no permissions gets 0644.
	Mode fs.FileMode
	// Body is the content, unless From is set.
	Body []byte
	// From is the file that has the content.
	From string
	// Link is where a symbolic link leads.
	Link string
	// UID and GID are the owner: 0, unless a file of an image has to be another's.
	UID, GID int
}

// Content is what the file holds.
func (f File) Content() ([]byte, error) {
	if f.From == "" {
		return f.Body, nil
	}
	body, err := os.ReadFile(f.From)
	if err != nil {
		return nil, fmt.Errorf("read what becomes %s: %w", f.Name, err)
	}
	return body, nil
}

func (f File) check() error {
	switch {
	case f.Name == "" || f.Name == ".":
		return errors.New("a file of an archive has no name")
	case path.IsAbs(f.Name), f.Name != path.Clean(f.Name), strings.HasPrefix(f.Name, "../"),
		f.Name == "..", strings.ContainsAny(f.Name, "\\\x00"):
		return fmt.Errorf("%q is no name for a file of an archive", f.Name)
	case f.Mode&fs.ModeSymlink != 0 && f.Link == "":
		return fmt.Errorf("%s is a link that leads nowhere", f.Name)
	case f.Mode.Type()&^(fs.ModeDir|fs.ModeSymlink) != 0:
		return fmt.Errorf("%s is neither a file, a folder nor a link", f.Name)
	}
	return nil
}

// Sorted returns the files in the order of their names, which is the order in archives: a folder
// comes before what is in it. A name that is there twice is an error.
func Sorted(files []File) ([]File, error) {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	for i, f := range files {
		if err := f.check(); err != nil {
			return nil, err
		}
		if i > 0 && files[i-1].Name == f.Name {
			return nil, fmt.Errorf("%s is there twice", f.Name)
		}
		if f.Mode == 0 {
			files[i].Mode = 0o644
		}
	}
	return files, nil
}

// WriteFile has a file written by write, whole or not at all.
func WriteFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(name)
		}
	}()
	if err := write(f); err != nil {
		f.Close()
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
