package packages

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// A Package is what both kinds of package are made of.
type Package struct {
	Name        string
	Version     string // such as 0.6.0, or 0.7.0-rc.1
	Arch        string // as Go names it
	Summary     string // one line
	Description string // lines
	Maintainer  string // Name <address>
	Homepage    string
	License     string // an SPDX identifier
	// Files are what is installed, their names without the first slash.
	Files []pack.File
	// Config are the names of those files that people edit: an upgrade leaves them as they are.
	Config []string
	// Scripts are run by a shell. All must honour DPKG_ROOT, the root of another system.
	Scripts Scripts
}

// Scripts run around an installation or a removal.
type Scripts struct {
	AfterInstall, BeforeRemove, AfterRemove string
}

// folders are those that files are in: packages list them, and they go with the package.
func (p Package) folders() []pack.File {
	seen := map[string]bool{}
	var dirs []pack.File
	for _, f := range p.Files {
		for dir := path.Dir(f.Name); dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			dirs = append(dirs, pack.File{Name: dir, Mode: fs.ModeDir | 0o755})
		}
	}
	return dirs
}

// sortable is a version as both kinds of package compare it: a pre-release is before the release,
// which "~" says and "-" would not.
func (p Package) sortable() string { return strings.Replace(p.Version, "-", "~", 1) }

func (p Package) arch(names map[string]string) (string, error) {
	if name := names[p.Arch]; name != "" {
		return name, nil
	}
	return "", fmt.Errorf("no packages are made for %s", p.Arch)
}
