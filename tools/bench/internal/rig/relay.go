package rig

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
)

// Relay is the name of the project's own proxy of TCP sessions.
const Relay = "relay"

const (
	relayPackage  = "./services/relay"
	relayRunfiles = "_main/services/relay/relay_/relay"
)

// StreamModule is where Debian has nginx's module for TCP; the package is libnginx-mod-stream.
const StreamModule = "/usr/lib/nginx/modules/ngx_stream_module.so"

// Carry is the duty of passing TCP on.
func Carry(name string) Duty { return Duty{Name: name} }

// TCPUpstream is behind proxies of TCP: a program of the benchmark's.
func TCPUpstream(program, addr string, args []string) Server {
	return Server{
		Name: "tcp-upstream", Addr: addr, Argv: append([]string{program}, args...),
		Speaks: load.TCP,
	}
}

// RelayProxy is the project's own proxy of TCP sessions, with every default but its limits on
// connections.
func RelayProxy(s Site, program Found, addr string) (Server, error) {
	conf, err := s.write("relay.yaml", fmt.Sprintf(`version: 1
listeners:
  - {name: bench, address: %q, protocol: tcp, cluster: bench}
clusters:
  - {name: bench, endpoints: [{address: %q}], limits: {max_connections: 10000}}
admin: {address: "127.0.0.1:0"}
access_log: {output: "off"}
`, addr, s.Upstream))
	return Server{
		Name: Relay, Version: program.Version, Addr: addr,
		Argv: []string{program.Path, "--config", conf}, Speaks: load.TCP,
	}, err
}

// HAProxyTCP is HAProxy in TCP mode. It splices what is large, both ways, as its manual advises for
// such traffic.
func HAProxyTCP(s Site, program Found, addr string) (Server, error) {
	conf, err := s.write("haproxy.cfg", fmt.Sprintf(`global
    nbthread 1
    maxconn 4000
defaults
    mode tcp
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    option splice-auto
listen bench
    bind %s backlog 8192
    server upstream %s
`, addr, s.Upstream))
	return Server{
		Name: HAProxy.Name, Version: program.Version, Addr: addr,
		Argv: []string{program.Path, "-db", "-f", conf}, Speaks: load.TCP,
	}, err
}

// NginxStream is nginx with its module for TCP, and buffers of the size that suits it best: its own
// 16 KiB halve its throughput.
func NginxStream(s Site, program Found, addr string) (Server, error) {
	var b strings.Builder
	if os.Getuid() == 0 {
		b.WriteString("user root;\n")
	}
	if _, err := os.Stat(StreamModule); err == nil {
		// elsewhere it may be part of the program
		fmt.Fprintf(&b, "load_module %s;\n", StreamModule)
	}
	fmt.Fprintf(&b, `worker_processes 1;
worker_rlimit_nofile 12000;
daemon off;
pid %s;
error_log stderr crit;
events {
    worker_connections 12000;
    multi_accept on;
}
stream {
    proxy_buffer_size 64k;
    upstream bench { server %s; }
    server {
        listen %s backlog=8192;
        proxy_pass bench;
        proxy_timeout 300s;
    }
}
`, filepath.Join(s.Dir, s.Duty.file("nginx.pid")), s.Upstream, addr)
	conf, err := s.write("nginx.conf", b.String())
	return Server{
		Name: Nginx.Name, Version: program.Version, Addr: addr,
		Argv: nginxArgv(program.Path, s.Dir, conf), Speaks: load.TCP,
	}, err
}

// FindRelay returns the relay to measure: BENCH_RELAY, or the one Bazel built beside the benchmark,
// or one that it builds in dir with the go command, as a release would be built.
func FindRelay(ctx context.Context, dir string) (string, error) {
	if path := os.Getenv("BENCH_RELAY"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("the relay: %w", err)
		}
		return filepath.Abs(path)
	}
	if path, ok := inRunfiles(relayRunfiles); ok {
		return path, nil
	}
	return build(ctx, relayPackage, filepath.Join(dir, Relay))
}
