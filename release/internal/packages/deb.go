package packages

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// DebName is the file name of a package, as Debian's archive names files.
func (p Package) DebName() string {
	return fmt.Sprintf("%s_%s_%s.deb", p.Name, p.sortable(), p.Arch)
}

// WriteDeb writes a .deb: an ar archive of the format's version, the control files, and the files
// that are installed (deb(5)).
func (p Package) WriteDeb(w io.Writer) error {
	arch, err := p.arch(map[string]string{"amd64": "amd64", "arm64": "arm64"})
	if err != nil {
		return err
	}
	files, err := pack.Sorted(append(p.folders(), p.Files...))
	if err != nil {
		return err
	}
	sums, size, err := digest(files)
	if err != nil {
		return err
	}
	control, err := p.control(arch, sums, size)
	if err != nil {
		return err
	}
	var data bytes.Buffer
	// dpkg wants names that begin with "./".
	if err := pack.TarGzBelow(&data, "./", files); err != nil {
		return err
	}
	return writeAr(w, []member{
		{"debian-binary", []byte("2.0\n")}, {"control.tar.gz", control},
		{"data.tar.gz", data.Bytes()},
	})
}

// digest returns the lines of md5sums, which dpkg --verify reads, and the installed size in KiB.
func digest(files []pack.File) (sums string, size int64, err error) {
	var b strings.Builder
	for _, f := range files {
		if !f.Mode.IsRegular() {
			size++
			continue
		}
		body, err := f.Content()
		if err != nil {
			return "", 0, err
		}
		size += (int64(len(body)) + 1023) / 1024
		fmt.Fprintf(&b, "%x  %s\n", md5.Sum(body), f.Name)
	}
	return b.String(), size, nil
}

func (p Package) control(arch, sums string, size int64) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: %s\n"+
		"Installed-Size: %d\nSection: net\nPriority: optional\nHomepage: %s\nDescription: %s\n",
		p.Name, p.sortable(), arch, p.Maintainer, size, p.Homepage, p.Summary)
	for line := range strings.Lines(strings.TrimRight(p.Description, "\n")) {
		line = strings.TrimRight(line, "\n")
		if line == "" {
			line = "." // an empty line would end the field
		}
		fmt.Fprintf(&b, " %s\n", line)
	}
	files := []pack.File{
		{Name: "control", Body: []byte(b.String())}, {Name: "md5sums", Body: []byte(sums)},
	}
	if len(p.Config) > 0 {
		names := slices.Clone(p.Config)
		slices.Sort(names)
		files = append(files, pack.File{
			Name: "conffiles", Body: []byte("/" + strings.Join(names, "\n/") + "\n"),
		})
	}
	for name, script := range map[string]string{
		"postinst": p.Scripts.AfterInstall, "prerm": p.Scripts.BeforeRemove,
		"postrm": p.Scripts.AfterRemove,
	} {
		if script != "" {
			files = append(files, pack.File{
				Name: name, Mode: fs.FileMode(0o755), Body: []byte(script),
			})
		}
	}
	files, err := pack.Sorted(files)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = pack.TarGzBelow(&out, "./", files)
	return out.Bytes(), err
}

// member is a file of an ar archive.
type member struct {
	name string
	body []byte
}

// writeAr writes the common form of ar(5): a head of 60 bytes for each member, which begins at an
// even place.
func writeAr(w io.Writer, members []member) error {
	if _, err := io.WriteString(w, "!<arch>\n"); err != nil {
		return err
	}
	for _, m := range members {
		body := m.body
		head := fmt.Sprintf("%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.name, pack.Time.Unix(), 0, 0,
			"100644", len(body))
		if len(body)%2 == 1 {
			body = append(slices.Clip(body), '\n')
		}
		if _, err := w.Write(append([]byte(head), body...)); err != nil {
			return err
		}
	}
	return nil
}
