package rig

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
)

// Calls is the duty of Few for gRPC over clear text: HTTP/2 with prior knowledge on both sides, and
// a route for the service in place of the first.
func Calls(service string) Duty {
	d := Few()
	d.Name, d.GRPC = "grpc", true
	d.routes = slices.Clone(d.routes)
	d.routes[0] = route{"api-calls", Host, "/" + service}
	return d
}

// nginxGRPC is a configuration of nginx with its module for gRPC in place of that for HTTP.
func nginxGRPC(conf string) string {
	return strings.NewReplacer("proxy_set_header Connection", "# proxy_set_header Connection",
		"proxy_set_header", "grpc_set_header", "proxy_pass http:", "grpc_pass grpc:").Replace(conf)
}

// EchoServer is the upstream of such calls: a program of the benchmark's.
func EchoServer(program, addr string, args []string) Server {
	return Server{
		Name: "grpc-upstream", Addr: addr, Argv: append([]string{program}, args...),
		Speaks: load.TCP,
	}
}
