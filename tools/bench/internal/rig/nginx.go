package rig

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// nginxHead is what the proxy and the upstream have in common. `user` keeps a worker of a
// root-started nginx able to read the benchmark's folder; the folders are those Debian compiles in,
// which a plain user may not write to.
func nginxHead(dir, name, log string) string {
	var b strings.Builder
	if os.Getuid() == 0 {
		b.WriteString("user root;\n")
	}
	fmt.Fprintf(&b, `worker_processes 1;
worker_rlimit_nofile 12000;
daemon off;
pid %[1]s/%[2]s.pid;
error_log stderr crit;
events {
    worker_connections 12000;
    multi_accept on;
}
http {
    access_log %[3]s;
    default_type application/octet-stream;
    client_body_temp_path %[1]s/%[2]s-body;
    proxy_temp_path %[1]s/%[2]s-proxy;
    fastcgi_temp_path %[1]s/%[2]s-fastcgi;
    uwsgi_temp_path %[1]s/%[2]s-uwsgi;
    scgi_temp_path %[1]s/%[2]s-scgi;
    tcp_nodelay on;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
`, dir, name, log)
	return b.String()
}

// NginxUpstream serves the bodies: the smallest from its configuration, the others from files.
func NginxUpstream(s Site, program Found) (Server, error) {
	for _, body := range Bodies {
		path := filepath.Join(s.Dir, "www", body.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return Server{}, err
		}
		if err := os.WriteFile(path, []byte(filler(body.Size)), 0o644); err != nil {
			return Server{}, err
		}
	}
	path := filepath.Join(s.Dir, "www", JSON.Path)
	if err := os.WriteFile(path, table(JSON.Size), 0o644); err != nil {
		return Server{}, err
	}
	conf, err := s.write("upstream.conf", upstreamConf(s))
	return Server{
		Name: "upstream", Version: program.Version, Addr: s.Upstream,
		Argv: nginxArgv(program.Path, s.Dir, conf),
	}, err
}

func upstreamConf(s Site) string {
	var b strings.Builder
	b.WriteString(nginxHead(s.Dir, "upstream", "off"))
	fmt.Fprintf(&b, `    sendfile on;
    tcp_nopush on;
    open_file_cache max=16 inactive=1h;
    open_file_cache_valid 1h;
    server {
        listen %[1]s backlog=8192;
        root %[2]s/www;
        location = %[3]s { return 200 "%[4]s"; }
        location %[5]s/ { return 200 "%[4]s"; }
        location = %[6]s { default_type application/json; }
        location / { }
    }
}
`, s.Upstream, s.Dir, Bodies[0].Path, strings.ReplaceAll(filler(Bodies[0].Size), "\n", " "),
		manyPath, JSON.Path)
	return b.String()
}

// NginxBuffered is the name of an nginx that collects lines of its access log before it writes
// them.
const NginxBuffered = "nginx-buffered"

// NginxProxy is nginx as the rival. With a buffered log it is another one, to be told apart by its
// name.
func NginxProxy(s Site, program Found, addr string) (Server, error) {
	name := "nginx"
	if s.Duty.Log == Buffered {
		name = NginxBuffered
	}
	conf, err := s.write(name+".conf", nginxConf(s, addr))
	return Server{
		Name: cmp.Or(s.Duty.As, name), Version: program.Version, Addr: addr,
		Argv: nginxArgv(program.Path, s.Dir, conf), AccessLog: s.logOf(name), Speaks: s.speaks(),
	}, err
}

// nginxConf follows nginx's own advice for keep-alive upstreams. A response that outgrows the
// buffers waits in the upstream's socket, not in a temporary file. The size of the buffers is the
// one nginx did best with over the rows; with 16 KiB each it takes a quarter more CPU for large
// bodies.
func nginxConf(s Site, addr string) string {
	var b strings.Builder
	name, log := "nginx", "off"
	switch s.Duty.Log {
	case Default:
		log = s.accessLog(name) // in the format "combined", with a write for each line
	case Buffered:
		name = NginxBuffered
		log = s.accessLog(name) + " combined buffer=64k flush=1s"
	}
	b.WriteString(nginxHead(s.Dir, s.Duty.file(name), log))
	b.WriteString(s.nginxTLS())
	if s.Duty.Gzip {
		b.WriteString("    gzip on;\n    gzip_comp_level 1;\n    gzip_min_length 1024;\n" +
			"    gzip_types application/json;\n    gzip_vary on;\n")
	}
	fmt.Fprintf(&b, `    server_names_hash_max_size 8192;
    server_names_hash_bucket_size 128;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Request-Id $request_id;
    proxy_set_header Via "1.1 nginx";
    proxy_buffer_size 16k;
    proxy_buffers 8 64k;
    proxy_busy_buffers_size 128k;
    proxy_max_temp_file_size 0;
    upstream bench {
        server %s;
        keepalive 128;
        keepalive_requests 1000000000;
        keepalive_timeout 300s;
    }
    server {
        listen %s%s default_server backlog=8192;
        return 404;
    }
`, s.Upstream, addr, s.nginxListen())
	routes := s.Duty.routes
	for i, r := range routes {
		if i == 0 || routes[i-1].host != r.host {
			fmt.Fprintf(&b,
				"    server {\n        listen %s%s;\n        server_name %s;\n"+
					"        location / { return 404; }\n", addr, s.nginxListen(), r.host)
		}
		fmt.Fprintf(&b, "        location %s/ { proxy_pass http://bench; }\n", r.prefix)
		if i == len(routes)-1 || routes[i+1].host != r.host {
			b.WriteString("    }\n")
		}
	}
	b.WriteString("}\n")
	if s.Duty.GRPC {
		return nginxGRPC(b.String())
	}
	return s.nginxSockets(b.String())
}

func nginxArgv(program, dir, conf string) []string {
	return []string{program, "-e", "stderr", "-p", dir, "-c", conf}
}
