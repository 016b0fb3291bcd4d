package pack

import (
	"archive/tar"
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Tar writes files as a tar archive, sorted.
func Tar(w io.Writer, files []File) error { return tarBelow(w, "", files) }

func tarBelow(w io.Writer, prefix string, files []File) error {
	files, err := Sorted(files)
	if err != nil {
		return err
	}
	t := tar.NewWriter(w)
	for _, f := range files {
		if err := addTar(t, prefix, f); err != nil {
			return err
		}
	}
	return t.Close()
}

func addTar(t *tar.Writer, prefix string, f File) error {
	h := tar.Header{
		Name: prefix + f.Name, Mode: int64(f.Mode.Perm()), Uid: f.UID, Gid: f.GID, ModTime: Time,
		Typeflag: tar.TypeReg,
	}
	var body []byte
	switch {
	case f.Mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, prefix+f.Name+"/"
		if f.Mode&fs.ModeSticky != 0 {
			h.Mode |= 0o1000
		}
	case f.Mode&fs.ModeSymlink != 0:
		h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, f.Link, 0o777
	default:
		var err error
		if body, err = f.Content(); err != nil {
			return err
		}
		h.Size = int64(len(body))
	}
	if err := t.WriteHeader(&h); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if _, err := t.Write(body); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	return nil
}

// Gzip writes what write writes, compressed. The header has neither a name nor a time. The module
// that compresses is faster than the standard library, and what it makes does not change with Go.
func Gzip(w io.Writer, write func(io.Writer) error) error {
	z := gzip.NewWriter(w)
	if err := write(z); err != nil {
		return err
	}
	return z.Close()
}

// TarGz writes files as a compressed tar archive, sorted.
func TarGz(w io.Writer, files []File) error {
	return Gzip(w, func(w io.Writer) error { return Tar(w, files) })
}

// TarGzBelow is TarGz with something before every name, such as "./".
func TarGzBelow(w io.Writer, prefix string, files []File) error {
	return Gzip(w, func(w io.Writer) error { return tarBelow(w, prefix, files) })
}

// Zip writes files as a zip archive, sorted. Folders are not in it, and links are refused: not
// every program that opens a zip can make them.
func Zip(w io.Writer, files []File) error {
	files, err := Sorted(files)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, f := range files {
		if f.Mode.IsDir() {
			continue
		}
		if f.Mode&fs.ModeSymlink != 0 {
			return fmt.Errorf("%s is a link, which a zip of ours does not have", f.Name)
		}
		body, err := f.Content()
		if err != nil {
			return err
		}
		h := zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: Time}
		h.SetMode(f.Mode)
		entry, err := z.CreateHeader(&h)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if _, err := entry.Write(body); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return z.Close()
}

// Write writes files in the format that the name of the archive ends with: .tar, .tar.gz or .zip.
func Write(name string, files []File) error {
	for suffix, write := range map[string]func(io.Writer, []File) error{
		".tar": Tar, ".tar.gz": TarGz, ".zip": Zip,
	} {
		if strings.HasSuffix(name, suffix) {
			return WriteFile(name, func(w io.Writer) error { return write(w, files) })
		}
	}
	return fmt.Errorf("%s: archives are .tar, .tar.gz or .zip", name)
}
