package peer

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// Host is the virtual host that is asked for.
const Host = "api.bench.test"

// A route is what every proxy routes by. The first one is measured; all lead to the one upstream.
type route struct{ name, host, prefix string }

var routes = []route{
	{"api-files", Host, "/files"},
	{"api-users", Host, "/users"},
	{"www-files", "www.bench.test", "/files"},
	{"www-shop", "www.bench.test", "/shop"},
}

// Body is one resource of the upstream.
type Body struct {
	Name string // of its row
	Path string
	Size int
}

// Bodies are the rows of the benchmark.
var Bodies = []Body{
	{"100b", "/files/100b", 100},
	{"64k", "/files/64k", 64 << 10},
	{"1m", "/files/1m", 1 << 20},
}

// Server is one program of the benchmark, ready to be started.
type Server struct {
	Name    string
	Version string
	Addr    string   // it listens on
	Argv    []string // that runs it in the foreground
}

// Site is the folder and the upstream address that all configurations of one benchmark refer to.
type Site struct {
	Dir      string
	Upstream string
}

// write puts a file into the site's folder and returns its path.
func (s Site) write(name, text string) (string, error) {
	path := filepath.Join(s.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return "", fmt.Errorf("writing %s: %w", name, err)
	}
	return path, nil
}

// FreeAddr finds a loopback address nobody listens on. Somebody else could take it before it is used; then the start
// fails and says so.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	addr := l.Addr().String()
	return addr, l.Close()
}

// filler is a body of n bytes that looks like text.
func filler(n int) string {
	const line = "the quick brown fox jumps over the lazy dog 0123456789\n"
	return strings.Repeat(line, n/len(line)+1)[:n]
}
