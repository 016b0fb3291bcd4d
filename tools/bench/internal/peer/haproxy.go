package peer

import (
	"fmt"
	"strings"
)

// HAProxyProxy is HAProxy as the peer.
func HAProxyProxy(s Site, program Found, addr string) (Server, error) {
	conf, err := s.write("haproxy.cfg", haproxyConf(s, addr))
	return Server{Name: "haproxy", Version: program.Version, Addr: addr, Argv: []string{program.Path, "-db", "-f", conf}}, err
}

// haproxyConf lets responses be spliced, which takes a third off HAProxy's CPU for large bodies; larger buffers do not help it.
func haproxyConf(s Site, addr string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `global
    nbthread 1
    maxconn 6000
defaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    timeout http-keep-alive 300s
    http-reuse always
    option splice-response
frontend bench
    bind %s backlog 8192
    http-request set-header X-Forwarded-For %%[src]
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %%[req.hdr(host)]
    http-request set-header X-Request-Id %%[uuid()]
    http-request set-header Via "1.1 haproxy"
`, addr)
	for _, r := range routes {
		fmt.Fprintf(&b, "    use_backend bench if { hdr(host) -i %s } { path_beg %s/ }\n", r.host, r.prefix)
	}
	fmt.Fprintf(&b, `    default_backend none
backend bench
    server upstream %s
backend none
    http-request return status 404
`, s.Upstream)
	return b.String()
}
