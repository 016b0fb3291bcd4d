package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// A MissingError is a program that is not installed.
type MissingError struct{ Program, Package string }

// Error says what to install.
func (e *MissingError) Error() string {
	return fmt.Sprintf(
		"%s is not installed: it is in the Debian package %[2]s (apt-get install %[2]s)", e.Program,
		e.Package)
}

// packages are the Debian packages of the programs.
func packages() map[string]string {
	const redis, postgres, prometheus = "redis-server", "postgresql", "prometheus"
	return map[string]string{
		"redis-server": redis, "redis-cli": redis,
		"initdb": postgres, "postgres": postgres, "psql": postgres,
		"prometheus": prometheus, "promtool": prometheus,
	}
}

// Find returns the path of a program: redis-server, redis-cli, initdb, postgres, psql, prometheus
// or promtool. Those of PostgreSQL are the newest version's; Debian keeps them out of the PATH, and
// what it has there under the same names are scripts with settings of their own.
func Find(program string) (string, error) {
	pkg, ok := packages()[program]
	if !ok {
		return "", fmt.Errorf("%q is none of the programs that examples run", program)
	}
	if pkg == "postgresql" {
		if all, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + program); err == nil &&
			len(all) > 0 {
			return slices.MaxFunc(all, func(a, b string) int {
				return version(a) - version(b)
			}), nil
		}
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", &MissingError{program, pkg}
	}
	return path, nil
}

// version is the version in the path of a program of PostgreSQL; 0 if it is no number.
func version(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

// environment is the machine's, with messages in English: they are waited for.
func environment() []string { return append(os.Environ(), "LC_ALL=C") }
