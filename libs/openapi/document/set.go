package document

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
)

// Bounds of all files of a description.
const (
	// MaxFiles is how many there may be.
	MaxFiles = 500
	// MaxTotal is the most bytes of all.
	MaxTotal = 64 << 20
)

// A Set is the files of one description.
type Set struct {
	// Read reads a file.
	Read func(path string) ([]byte, error)
	// Copies says for the beginning of a URL in which folder copies of what is there are. A
	// reference to another URL is refused.
	Copies map[string]string

	// Seen is called with each file that was read; nil: nothing is.
	Seen func(f *File, text []byte)

	files map[string]*File // by URI
	order []*File
	total int
}

// Open reads the first file.
func (s *Set) Open(path string) (*File, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}
	return s.load(path, path, u.String())
}

// Files are those that were read, in their order.
func (s *Set) Files() []*File { return s.order }

// Load is the file that a URI means, without its fragment. The error says why there is none.
func (s *Set) Load(uri string) (*File, error) {
	if f := s.files[uri]; f != nil {
		return f, nil
	}
	if path, ok := s.copyOf(uri); ok {
		return s.load(path, path, uri)
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme == "":
		return nil, errors.New("it is not a URL")
	case u.Scheme != "file":
		return nil,
			fmt.Errorf("it leads to %s:, and nothing is fetched; put a copy beside the file "+
				"or name the folder that has one", u.Scheme)
	}
	path := filepath.FromSlash(u.Path)
	return s.load(path, s.shown(path), uri)
}

// shown is a path as it is called beside the first file.
func (s *Set) shown(path string) string {
	if len(s.order) == 0 || filepath.IsAbs(s.order[0].Shown) {
		return path
	}
	first, err := filepath.Abs(s.order[0].Shown)
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(filepath.Dir(first), path)
	if err != nil {
		return path
	}
	return filepath.Join(filepath.Dir(s.order[0].Shown), rel)
}

// copyOf is the path of the copy of what a URL means. The longest beginning wins.
func (s *Set) copyOf(uri string) (path string, ok bool) {
	best := ""
	for prefix := range s.Copies {
		if strings.HasPrefix(uri, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best == "" {
		return "", false
	}
	rest, err := url.PathUnescape(uri[len(best):])
	if err != nil || !filepath.IsLocal(filepath.FromSlash(strings.TrimPrefix(rest, "/"))) {
		return "", false
	}
	return filepath.Join(s.Copies[best], filepath.FromSlash(rest)), true
}

func (s *Set) load(path, shown, uri string) (*File, error) {
	if s.files == nil {
		s.files = map[string]*File{}
	}
	if len(s.order) >= MaxFiles {
		return nil, fmt.Errorf("there are more than %d files", MaxFiles)
	}
	data, err := s.Read(path)
	if err != nil {
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return nil, &Problem{
			File: shown, Message: fmt.Sprintf("can't be read: %v", err), Unread: true,
		}
	}
	if s.total += len(data); s.total > MaxTotal {
		return nil, fmt.Errorf("the files have more than %d bytes together", MaxTotal)
	}
	f := &File{Path: path, Shown: shown, URI: uri}
	s.files[uri] = f
	s.order = append(s.order, f)
	if s.Seen != nil {
		s.Seen(f, data)
	}
	if p := parse(f, data); p != nil {
		delete(s.files, uri)
		return nil, p
	}
	return f, nil
}

// Join is a reference as a URL without its fragment, and the fragment, decoded. base is the URI of
// the resource it stands in.
func Join(base, ref string) (uri, fragment string, err error) {
	ref, fragment, _ = strings.Cut(ref, "#")
	if fragment, err = url.PathUnescape(fragment); err != nil {
		return "", "", errors.New("its fragment is not encoded well")
	}
	if ref == "" {
		return base, fragment, nil
	}
	r, err := url.Parse(ref)
	if err != nil {
		return "", "", errors.New("it is not a URL")
	}
	b, err := url.Parse(base)
	if err != nil {
		return "", "", errors.New("it is not a URL")
	}
	out := b.ResolveReference(r)
	if !r.IsAbs() && b.Opaque != "" {
		out.Opaque = b.Opaque
	}
	return out.String(), fragment, nil
}
