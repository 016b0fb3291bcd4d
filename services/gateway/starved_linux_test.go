package main_test

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// few runs the program with few descriptors.
func (p program) few(t *testing.T, descriptors int) *process {
	t.Helper()
	cmd := p.command(t)
	args := append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$@"`, descriptors), "sh"},
		cmd.Args...)
	limited := exec.Command("sh", args...)
	limited.Env, limited.Dir = cmd.Env, cmd.Dir
	return launch(t, limited)
}

// askOnce asks for a path over a connection of its own. The status is 0 where there is no answer,
// and where the connection is reset before the dial returns.
func askOnce(t *testing.T, method, address, path string) (status int, body string) {
	t.Helper()
	c, err := testkit.DialTimeout(address, testkit.Deadline)
	if err != nil {
		return 0, err.Error()
	}
	defer c.Close()
	if err := c.Send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
		"Content-Length: 0\r\nConnection: close\r\n\r\n"); err != nil {
		return 0, err.Error()
	}
	r, err := c.Response(method)
	if err != nil {
		return 0, err.Error()
	}
	return r.Status, string(r.Body)
}

// Clients take all the descriptors they can get, of which there are few or many: probes are
// answered, the configuration is read, and clients of HTTP are told why they are not served.
func TestClientsLeaveDescriptorsForTheRest(t *testing.T) {
	t.Parallel()
	for _, descriptors := range []int{64, 128, 256} {
		for _, program := range programs(t) {
			t.Run(fmt.Sprintf("%s, %d", program.name, descriptors), func(t *testing.T) {
				t.Parallel()
				p := program.few(t, descriptors)
				admin := p.says(`admin: http://(\S+)\n`)[1]
				at := p.says(`listener (?:public|grpc): \w+://(\S+)\n`)[1]
				p.says(`msg=ready`)
				for range descriptors + 20 {
					c, err := net.DialTimeout("tcp", at, testkit.Deadline)
					if err != nil {
						continue // it was reset at once
					}
					defer c.Close()
				}
				for i := range 5 {
					if status, body := askOnce(t, "GET", admin, "/healthz"); status != 200 {
						t.Fatalf("/healthz, %d: %d %s", i, status, body)
					}
					if status, body := askOnce(t, "GET", admin, "/readyz"); status != 200 &&
						status != 503 {
						t.Errorf("/readyz: %d %s", status, body)
					}
					if status, body := askOnce(t, "GET", admin, "/metrics"); status != 200 {
						t.Errorf("/metrics: %d %s", status, body)
					}
				}
				switch program.name {
				case "edge", "gateway":
					status, body := askOnce(t, "GET", at, "/hello")
					if status != 503 || !strings.Contains(body, "GW_OVERLOADED") {
						t.Errorf("a client gets %d %s", status, body)
					}
					fallthrough
				case "relay", "healthagg":
					status, body := askOnce(t, "POST", admin, "/reload")
					if status != 200 {
						t.Errorf("/reload: %d %s", status, body)
					}
				}
			})
		}
	}
}

// Each client takes a descriptor for itself and one for its endpoint, which does not answer.
func TestBusyClientsLeaveDescriptorsForTheRest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		program  program
		protocol string
	}{
		{program{"edge", testkit.EdgeBinary, nil, "", nil}, "http"},
		{program{"relay", testkit.RelayBinary, nil, "", nil}, "tcp"},
		{program{"gateway", testkit.GatewayBinary, []string{"run"}, "", nil}, "http"},
	} {
		for _, descriptors := range []int{64, 200} {
			t.Run(fmt.Sprintf("%s, %d", c.program.name, descriptors), func(t *testing.T) {
				t.Parallel()
				// It holds what it has for longer than the test takes.
				c.program.config = strings.Replace(holding(c.protocol, silent(t)),
					"endpoints:", "timeouts: {response: 5m}, endpoints:", 1)
				p := c.program.few(t, descriptors)
				admin := p.says(`admin: http://(\S+)\n`)[1]
				at := p.says(`listener public: \w+://(\S+)\n`)[1]
				p.says(`msg=ready`)
				for range descriptors + 20 {
					client, err := net.DialTimeout("tcp", at, testkit.Deadline)
					if err != nil {
						continue // it was reset at once
					}
					defer client.Close()
					// One that is turned away may be closed already.
					_, _ = client.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
				}
				for range 5 {
					for _, path := range []string{"/healthz", "/metrics", "/status"} {
						if status, body := askOnce(t, "GET", admin, path); status != 200 {
							t.Fatalf("%s: %d %s", path, status, body)
						}
					}
				}
				if status, body := askOnce(t, "POST", admin, "/reload"); status != 200 {
					t.Errorf("/reload: %d %s", status, body)
				}
				if c.protocol == "tcp" {
					return // it has no words for the next client
				}
				status, body := askOnce(t, "GET", at, "/hello")
				if status != 503 || !strings.Contains(body, "GW_OVERLOADED") {
					t.Errorf("a client gets %d %s", status, body)
				}
			})
		}
	}
}

// silent is an endpoint that takes connections and says nothing.
func silent(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// Idle connections to the admin API keep no probe waiting, in any program.
func TestIdleConnectionsKeepNoProbeWaiting(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			p := program.start(t)
			admin := p.says(`admin: http://(\S+)\n`)[1]
			for range 300 {
				c, err := net.DialTimeout("tcp", admin, testkit.Deadline)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
			}
			begun := time.Now()
			for _, path := range []string{"/healthz", "/readyz"} {
				if status, body := askOnce(t, "GET", admin, path); status != 200 {
					t.Errorf("%s: %d %s", path, status, body)
				}
			}
			// It was a minute: as long as idle connections may stay.
			if took := time.Since(begun); took > 4*time.Second {
				t.Errorf("two probes took %s", took)
			}
		})
	}
}
