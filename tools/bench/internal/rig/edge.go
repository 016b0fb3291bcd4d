package rig

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Edge is the name of the project's own proxy.
const Edge = "edge"

// EdgeProxy is the project's own proxy. An empty text means the configuration that gives it the
// rivals' duty; in another one {listen} and {upstream} are filled in.
func EdgeProxy(s Site, program Found, addr, text string) (Server, error) {
	if text == "" {
		text = edgeConf(s, addr)
	}
	text = s.filler(addr).Replace(text)
	conf, err := s.write("edge.yaml", text)
	return Server{
		Name: cmp.Or(s.Duty.As, Edge), Version: program.Version, Addr: addr,
		Argv: []string{program.Path, "--config", conf}, AccessLog: s.logOf(Edge),
		Speaks: s.speaks(),
	}, err
}

func edgeConf(s Site, addr string) string {
	log := "off"
	if s.Duty.Log != NoLog {
		log = s.accessLog(Edge)
	}
	return edgeText(s, addr, "127.0.0.1:0", log, 0)
}

// edgeText is a configuration of the edge. Two with different turns differ in where a hundredth of
// the routes lead, and in one route that the odd ones have besides.
func edgeText(s Site, addr, admin, log string, turn int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `version: 1
listeners:
  - name: bench
    address: %s
    timeouts: {keepalive: 300s}
%s%sclusters:
`, addr, s.edgeTLS(), s.edgeRoom())
	cluster := func(i int) int { return i % s.Duty.clusters }
	for i := range s.Duty.clusters {
		fmt.Fprintf(&b,
			"  - name: bench-%d\n    protocol: %s\n%s    endpoints:\n      - {address: %q}\n", i,
			s.edgeProtocol(), s.edgeRoom(), s.Upstream)
	}
	b.WriteString("routes:\n")
	coded := ""
	if s.Duty.Gzip {
		coded = ", compress: {algorithms: [gzip], level: 1}"
	}
	for i, r := range s.Duty.routes {
		to := cluster(i)
		if turn > 0 && i%100 == 50 {
			to = cluster(i + turn)
		}
		more := coded
		if p := s.Duty.Policy; p != nil && r == guardedRoute && p.Route != "" {
			more += ", " + p.Route
		}
		fmt.Fprintf(&b, "  - {name: %s, hosts: [%s], path_prefix: %s, cluster: bench-%d%s}\n",
			r.name, r.host, r.prefix, to, more)
	}
	if turn%2 == 1 {
		b.WriteString("  - {name: odd, hosts: [odd.bench.test], cluster: bench-0}\n")
	}
	fmt.Fprintf(&b, "admin: {address: %q}\naccess_log: {output: %q}\n", admin, log)
	if p := s.Duty.Policy; p != nil {
		b.WriteString(p.Top)
	}
	if s.Duty.Traces != "" {
		fmt.Fprintf(&b, "tracing: {otlp: {endpoint: %q, protocol: http}, sample: 0.01}\n",
			s.Duty.Traces)
	}
	return b.String()
}

// EdgeTurn is the configuration of an edge that is to be reloaded: a new one each turn.
func EdgeTurn(s Site, addr, admin string, turn int) string {
	return edgeText(s, addr, admin, "off", turn)
}

// WriteEdge puts a configuration where EdgeProxy has it, at once and as a whole.
func WriteEdge(s Site, text string) error {
	path, err := s.write("edge.yaml.new", text)
	if err != nil {
		return err
	}
	return os.Rename(path, filepath.Join(s.Dir, s.Duty.file("edge.yaml")))
}

// Other is a proxy the caller brings: a command in which {listen}, {upstream} and {dir} are filled
// in. It is for comparing two builds of the edge, or with a rival the benchmark does not know.
func Other(s Site, name, command, addr string) Server {
	fill := s.filler(addr)
	var argv []string
	for _, word := range strings.Fields(command) {
		argv = append(argv, fill.Replace(word))
	}
	return Server{Name: name, Addr: addr, Argv: argv}
}

func (s Site) filler(addr string) *strings.Replacer {
	return strings.NewReplacer("{listen}", addr, "{upstream}", s.Upstream, "{dir}", s.Dir)
}
