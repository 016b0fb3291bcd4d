package rig

import (
	"fmt"
	"path/filepath"
	"strings"
)

// HAProxyProxy is HAProxy as the rival.
func HAProxyProxy(s Site, program Found, addr string) (Server, error) {
	if _, err := s.write(haproxyMap, haproxyMapText(s)); err != nil {
		return Server{}, err
	}
	log := ""
	if s.Duty.Log != NoLog {
		log = filepath.Join(s.Dir, "haproxy.log") // where its standard output goes
	}
	conf, err := s.write("haproxy.cfg", haproxyConf(s, addr))
	return Server{
		Name: "haproxy", Version: program.Version, Addr: addr,
		Argv: []string{program.Path, "-db", "-f", conf}, AccessLog: log, Speaks: s.speaks(),
	}, err
}

// haproxyConf lets responses be spliced, which takes a third off HAProxy's CPU for large bodies;
// larger buffers do not help it.
func haproxyConf(s Site, addr string) string {
	var b strings.Builder
	log := ""
	if s.Duty.Log != NoLog {
		// Standard output is a file; the format is the one HAProxy's own examples have.
		log = "    log stdout format raw local0\n    option httplog\n"
	}
	fmt.Fprintf(&b, `global
    nbthread 1
    maxconn %[6]d
%[3]sdefaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    timeout http-keep-alive 300s
    timeout tunnel 1h
    http-reuse always
    option splice-response
%[2]sfrontend bench
    bind %[1]s%[4]s backlog 8192
    http-request set-header X-Forwarded-For %%[src]
    http-request set-header X-Forwarded-Proto %[5]s
    http-request set-header X-Forwarded-Host %%[req.hdr(host)]
    http-request set-header X-Request-Id %%[uuid()]
    http-request set-header Via "1.1 haproxy"
`, addr, log, s.haproxyGlobal(), s.haproxyBind(), s.scheme(), s.haproxyConnections())
	if len(s.Duty.routes) == len(fewRoutes) {
		for _, r := range s.Duty.routes {
			fmt.Fprintf(&b, "    use_backend bench if { hdr(host) -i %s } { path_beg %s/ }\n",
				r.host, r.prefix)
		}
	} else { // a thousand conditions one after the other would be unfair; its manual advises a map
		fmt.Fprintf(&b, "    use_backend %%[base,map_beg(%s,none)]\n",
			filepath.Join(s.Dir, s.Duty.file(haproxyMap)))
	}
	fmt.Fprintf(&b, `    default_backend none
backend bench
    server upstream %s%s
backend none
    http-request return status 404
`, s.Upstream, s.haproxyServer())
	return b.String()
}

// haproxyMap is the file in which HAProxy looks a host and a path up.
const haproxyMap = "haproxy.map"

func haproxyMapText(s Site) string {
	var b strings.Builder
	for _, r := range s.Duty.routes {
		fmt.Fprintf(&b, "%s%s/ bench\n", r.host, r.prefix)
	}
	return b.String()
}
