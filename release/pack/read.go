package pack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// maxBody bounds what is read of one file in an archive. The largest binary has a tenth of it.
const maxBody = 512 << 20

// Read opens an archive by the end of its name, as Write does, and returns its files in their
// order.
func Read(name string) ([]File, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var files []File
	switch {
	case strings.HasSuffix(name, ".tar"):
		files, err = ReadTar(bytes.NewReader(content))
	case strings.HasSuffix(name, ".tar.gz"):
		files, err = ReadTarGz(bytes.NewReader(content))
	case strings.HasSuffix(name, ".zip"):
		files, err = readZip(content)
	default:
		err = errors.New("archives are .tar, .tar.gz or .zip")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return files, nil
}

// ReadTarGz returns the files of a compressed tar archive in their order.
func ReadTarGz(r io.Reader) ([]File, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	return ReadTar(z)
}

// ReadTar returns the files of a tar archive in their order.
func ReadTar(r io.Reader) ([]File, error) {
	var files []File
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		f := File{
			Name: path.Clean(h.Name), Mode: h.FileInfo().Mode(), Link: h.Linkname,
			UID: h.Uid, GID: h.Gid,
		}
		if f.Body, err = io.ReadAll(io.LimitReader(t, maxBody)); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
}

func readZip(content []byte) ([]File, error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	var files []File
	for _, entry := range z.File {
		body, err := fs.ReadFile(z, entry.Name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: entry.Name, Mode: entry.Mode(), Body: body})
	}
	return files, nil
}
