package servers_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/examples/servers"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// need skips a test whose server is not installed; in CI that is a failure.
func need(t *testing.T, err error) {
	t.Helper()
	var missing *servers.MissingError
	switch {
	case err == nil:
	case errors.As(err, &missing) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// A server answers at its address, is alone there, and leaves nothing behind.
func TestAServerRunsAndLeavesNothing(t *testing.T) {
	for name, start := range map[string]func(context.Context, string) (*servers.Server, error){
		"PostgreSQL": servers.Postgres,
		"Redis": func(ctx context.Context, a string) (*servers.Server, error) {
			return servers.Redis(ctx, a)
		},
		"Prometheus": func(ctx context.Context, a string) (*servers.Server, error) {
			return servers.Prometheus(ctx, a, map[string]string{servers.PrometheusConfig: ""})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := start(t.Context(), "127.0.0.1:0")
			need(t, err)
			defer s.Stop()
			c, err := net.DialTimeout("tcp", s.Address, testkit.Deadline)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			if again, err := start(t.Context(), s.Address); err == nil ||
				!strings.Contains(err.Error(), "already in use") {
				t.Errorf("a second one at %s: %v", s.Address, err)
				if err == nil {
					again.Stop()
				}
			}
			dir := s.Dir()
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("%s is left (%v)", dir, err)
			}
			if c, err := net.DialTimeout("tcp", s.Address, time.Second); err == nil {
				c.Close()
				t.Error("it still listens")
			}
		})
	}
}

func TestAMissingProgramNamesItsPackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := servers.Redis(t.Context(), "127.0.0.1:0")
	var missing *servers.MissingError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "apt-get install redis-server") {
		t.Errorf("%v", err)
	}
	if _, err := servers.Find("bash"); err == nil || errors.As(err, &missing) {
		t.Errorf("a program that no example runs: %v", err)
	}
	if _, err := exec.LookPath("redis-cli"); err == nil {
		t.Error("the PATH of the test has it after all")
	}
}
