package servers

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

// Redis starts a Redis that keeps nothing on disk. options are more of its command line, such as
// "--replicaof", HOST, PORT.
func Redis(ctx context.Context, address string, options ...string) (*Server, error) {
	path, err := Find("redis-server")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gateway-redis-")
	if err != nil {
		return nil, err
	}
	return program{
		name: "Redis", ready: "eady to accept connections", stop: syscall.SIGTERM,
		command: func(dir, host, port string) *exec.Cmd {
			args := []string{
				"--bind", host, "--port", port, "--dir", dir, "--save", "", "--appendonly", "no",
			}
			return exec.Command(path, append(args, options...)...)
		},
	}.start(ctx, dir, address)
}
