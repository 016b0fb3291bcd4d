package peer

import (
	"fmt"
	"math/rand/v2"
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

// Ports are taken from below the range that Linux gives to outgoing connections: between being found and being listened
// on, a port from that range may become the source of one of the benchmark's thousands of connections.
const (
	firstPort = 18000
	lastPort  = 31999
	portTries = 100
)

// FreeAddr finds a loopback address nobody listens on. Somebody else could take it before it is used; then the start
// fails and says so.
func FreeAddr() (string, error) {
	for range portTries {
		addr := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(lastPort-firstPort+1))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return "", err
		}
		return addr, nil
	}
	return "", fmt.Errorf("looking for a free port: none of %d tried from %d to %d is", portTries, firstPort, lastPort)
}

// filler is a body of n bytes that looks like text.
func filler(n int) string {
	const line = "the quick brown fox jumps over the lazy dog 0123456789\n"
	return strings.Repeat(line, n/len(line)+1)[:n]
}
