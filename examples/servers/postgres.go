package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// PostgresUser is the one user of a Postgres, who needs no password.
const PostgresUser = "postgres"

// Postgres starts a PostgreSQL with a new, empty database cluster.
func Postgres(ctx context.Context, address string) (*Server, error) {
	initdb, err := Find("initdb")
	if err != nil {
		return nil, err
	}
	postgres, err := Find("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gateway-postgres-")
	if err != nil {
		return nil, err
	}
	as, err := plainUser(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	// What a crash of the machine would do to the data does not matter here.
	create := exec.CommandContext(ctx, initdb, "--pgdata", dir+"/data", "--username", PostgresUser,
		"--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	create.Dir, create.Env = dir, environment()
	as(create)
	if out, err := create.CombinedOutput(); err != nil {
		return nil,
			errors.Join(fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out))),
				os.RemoveAll(dir))
	}
	return program{
		// sessions are ended, and it shuts down in order
		name: "PostgreSQL", ready: "ready to accept connections", stop: syscall.SIGINT,
		command: func(dir, host, port string) *exec.Cmd {
			cmd := exec.Command(postgres, "-D", dir+"/data", "-h", host, "-p", port, "-k", "", "-F",
				"-c", "shared_buffers=16MB", "-c", "max_connections=60")
			as(cmd)
			return cmd
		},
	}.start(ctx, dir, address)
}
