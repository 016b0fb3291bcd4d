package grpc_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// cases are those of gRPC's descriptions of interoperability tests that need no credentials of a
// cloud.
var cases = []string{
	"empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong",
	"empty_stream",
	"timeout_on_sleeping_server", "cancel_after_begin", "cancel_after_first_response",
	"status_code_and_message", "special_status_message", "unimplemented_method",
	"unimplemented_service", "custom_metadata",
}

func TestInteroperability(t *testing.T) {
	t.Parallel()
	tool := testkit.InteropClient(t)
	authority := testkit.NewAuthority(t)
	for _, up := range []string{"h2c", "h2"} {
		t.Run("to "+up, func(t *testing.T) {
			t.Parallel()
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: startServer(t, authority, up), Protocol: up,
			})
			for _, listener := range []string{"plain", "h2c", "tls"} {
				for _, name := range cases {
					t.Run("from "+listener+"/"+name, func(t *testing.T) {
						host, port, err := net.SplitHostPort(f.Addr(listener))
						if err != nil {
							t.Fatal(err)
						}
						args := []string{
							"-server_host=" + host, "-server_port=" + port, "-test_case=" + name,
						}
						if listener == "tls" {
							args = append(args, "-use_tls", "-use_test_ca", "-ca_file="+f.CA,
								"-server_host_override="+testkit.FrontName)
						}
						ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
						defer cancel()
						if out, err := exec.CommandContext(ctx, tool,
							args...).CombinedOutput(); err != nil {
							t.Errorf("%v\n%s", err, out)
						}
					})
				}
			}
		})
	}
}

// startServer runs the server of the tests and returns its address.
func startServer(t *testing.T, authority *testkit.Authority, protocol string) string {
	t.Helper()
	args := []string{"-port=0"}
	if protocol == "h2" {
		dir := t.TempDir()
		authority.Leaf(t, nil, testkit.EndpointName).Write(t, dir, "endpoint")
		args = append(args, "-use_tls", "-tls_cert_file="+filepath.Join(dir, "endpoint.pem"),
			"-tls_key_file="+filepath.Join(dir, "endpoint.key"))
	}
	cmd := exec.Command(testkit.InteropServer(t), args...)
	// The server logs at this level which port it got.
	cmd.Env = append(os.Environ(), "GRPC_GO_LOG_SEVERITY_LEVEL=info")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	port, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, addr, ok := strings.Cut(lines.Text(), "interop server listening on "); ok {
				port <- addr[strings.LastIndexByte(addr, ':')+1:]
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		_ = cmd.Wait()
	})
	select {
	case p := <-port:
		return net.JoinHostPort("127.0.0.1", p)
	case <-done:
		t.Fatal("the server ended at once")
	case <-time.After(30 * time.Second):
		t.Fatal("the server says no port")
	}
	return ""
}
