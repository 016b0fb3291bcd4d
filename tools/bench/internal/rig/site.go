package rig

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
)

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

// JSON is what is compressed: rows of a table, as an API sends them.
var JSON = Body{"gzip", "/files/100k-json", 100 << 10}

// table is an array of objects with random values, filled up to n bytes with white space.
func table(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	names := [...]string{"alice", "bob", "carol", "dave", "erin", "frank"}
	b := append(make([]byte, 0, n), '[')
	for i := 0; ; i++ {
		row := fmt.Appendf(nil, `{"id":%d,"name":"%s%d","email":"u%d@example.com","score":%.4f,`+
			`"active":%t,"tags":[%q,%q]},`, i, names[r.IntN(6)], r.IntN(1000), r.IntN(100_000),
			100*r.Float64(), r.IntN(2) == 0, names[r.IntN(6)], names[r.IntN(6)])
		if len(b)+len(row) > n {
			break
		}
		b = append(b, row...)
	}
	b[len(b)-1] = ']' // in place of the last comma
	for len(b) < n {
		b = append(b, ' ')
	}
	return b
}

// Server is one program of the benchmark, ready to be started.
type Server struct {
	Name    string
	Version string
	Addr    string   // it listens on
	Argv    []string // that runs it in the foreground
	// AccessLog is the file it logs requests to, a line for each; empty: none that is known.
	AccessLog string
	// Speaks is what clients have to speak with it.
	Speaks load.Protocol
}

// Site is the folder and the upstream address that all configurations of one benchmark refer to,
// and the duty of one of them.
type Site struct {
	Dir      string
	Upstream string
	Duty     Duty
}

// For is the site for proxies with another duty.
func (s Site) For(d Duty) Site {
	s.Duty = d
	return s
}

// RequestList writes the duty's requests to a file.
func (s Site) RequestList() (string, error) { return s.write("requests", s.Duty.Requests()) }

// logOf is where a proxy logs, if it does.
func (s Site) logOf(proxy string) string {
	if s.Duty.Log == NoLog {
		return ""
	}
	return s.accessLog(proxy)
}

// accessLog is where a proxy logs.
func (s Site) accessLog(proxy string) string {
	return filepath.Join(s.Dir, s.Duty.file(proxy+"-access.log"))
}

// write puts a file into the site's folder and returns its path.
func (s Site) write(name, text string) (string, error) {
	path := filepath.Join(s.Dir, s.Duty.file(name))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return "", fmt.Errorf("writing %s: %w", name, err)
	}
	return path, nil
}

// Ports are taken from below the range that Linux gives to outgoing connections: between being
// found and being listened on, a port from that range may become the source of one of the
// benchmark's thousands of connections.
const (
	firstPort = 18000
	lastPort  = 31999
	portTries = 100
)

// FreeAddr finds a loopback address nobody listens on. Another process could take it before it is
// used; then the start fails with that reason.
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
	return "",
		fmt.Errorf("looking for a free port: none of %d tried from %d to %d is", portTries,
			firstPort, lastPort)
}

// filler is a body of n bytes that looks like text.
func filler(n int) string {
	const line = "the quick brown fox jumps over the lazy dog 0123456789\n"
	return strings.Repeat(line, n/len(line)+1)[:n]
}
