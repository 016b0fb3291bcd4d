package peer

import (
	"fmt"
	"strings"
)

// Edge is the name of the project's own proxy.
const Edge = "edge"

// EdgeProxy is the project's own proxy. An empty text means the configuration that gives it the peers' duty; in another
// one {listen} and {upstream} are filled in.
func EdgeProxy(s Site, program Found, addr, text string) (Server, error) {
	if text == "" {
		text = edgeConf(s, addr)
	}
	text = s.filler(addr).Replace(text)
	conf, err := s.write("edge.yaml", text)
	return Server{Name: Edge, Version: program.Version, Addr: addr, Argv: []string{program.Path, "--config", conf}}, err
}

func edgeConf(s Site, addr string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `version: 1
listeners:
  - name: bench
    address: %s
    timeouts: {keepalive: 300s}
clusters:
  - name: bench
    endpoints:
      - {address: %q}
routes:
`, addr, s.Upstream)
	for _, r := range routes {
		fmt.Fprintf(&b, "  - {name: %s, hosts: [%s], path_prefix: %s, cluster: bench}\n", r.name, r.host, r.prefix)
	}
	b.WriteString("admin: {address: 127.0.0.1:0}\naccess_log: {output: \"off\"}\n")
	return b.String()
}

// Other is a proxy the caller brings: a command in which {listen}, {upstream} and {dir} are filled in. It is for
// comparing two builds of the edge, or with a peer the benchmark does not know.
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
