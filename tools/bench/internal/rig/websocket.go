package rig

import (
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
)

// Sockets is the duty of Few with room for n WebSockets at a time, which nothing closes for being
// idle.
func Sockets(n int) Duty {
	d := Few()
	d.Name, d.Sockets = "websockets", n
	return d
}

// spare is room for connections besides, and for files that are none.
const spare = 50

// nginxSockets is a configuration of nginx that lets connections be upgraded, as its documentation
// advises.
func (s Site) nginxSockets(conf string) string {
	n := s.Duty.Sockets
	if n == 0 {
		return conf
	}
	room := fmt.Sprintf("%d;", 2*(n+spare))
	return strings.NewReplacer(
		"worker_rlimit_nofile 12000;", "worker_rlimit_nofile "+room,
		"worker_connections 12000;", "worker_connections "+room,
		`proxy_set_header Connection "";`,
		`map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_read_timeout 1h;`,
	).Replace(conf)
}

// haproxyConnections is how many client connections HAProxy has to have room for.
func (s Site) haproxyConnections() int {
	if n := s.Duty.Sockets; n > 0 {
		return n + spare
	}
	return 6000
}

// edgeRoom is limits of the edge, of its listener and of its clusters, where its own are lower.
func (s Site) edgeRoom() string {
	if n := s.Duty.Sockets; n > 0 {
		return fmt.Sprintf("    limits: {max_connections: %d}\n", n+spare)
	}
	return ""
}

// SocketServer is the upstream of WebSockets: a program of the benchmark's.
func SocketServer(program, addr string, args []string) Server {
	return Server{
		Name: "websocket-upstream", Addr: addr, Argv: append([]string{program}, args...),
		Speaks: load.TCP,
	}
}
