package main_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Sessions from and to unix sockets carry bytes both ways and end one direction at a time.
func TestSessionsOverUnixSockets(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "u") // its path is short enough for a unix socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var lc net.ListenConfig
	endpoint, err := lc.Listen(t.Context(), "unix", filepath.Join(dir, "app.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = endpoint.Close() })
	go func() { // until endpoint is closed
		for {
			c, err := endpoint.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b, err := io.ReadAll(c) // up to the client's end
				if err == nil {
					_, _ = fmt.Fprintf(c, "%d bytes", len(b))
				}
			}()
		}
	}()
	r, err := testkit.RunRelay(dir, `
version: 1
listeners:
  - {name: side, address: "unix:in.sock", protocol: tcp, cluster: app}
  - {name: tcp, address: "127.0.0.1:0", protocol: tcp, cluster: app}
clusters:
  - {name: app, endpoints: [{address: "unix:app.sock"}]}
admin: {address: "127.0.0.1:0"}
`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	testkit.Eventually(t, "it does not get ready", func() bool {
		return strings.Contains(r.Stderr(), "msg=ready")
	})
	for network, address := range map[string]string{
		"unix": filepath.Join(dir, "in.sock"), "tcp": r.Addr("tcp"),
	} {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), network, address)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
		const size = 3 << 20
		if _, err := io.WriteString(c, strings.Repeat("b", size)); err != nil {
			t.Error(err)
		}
		if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Error(err)
		}
		got, err := io.ReadAll(c)
		if string(got) != fmt.Sprintf("%d bytes", size) || err != nil {
			t.Errorf("%s: %q, %v", network, got, err)
		}
		_ = c.Close()
	}
	testkit.Eventually(t, "the log does not tell of two good sessions", func() bool {
		return strings.Count(r.Stdout(), `"close_reason":"client_closed"`) == 2 &&
			strings.Contains(r.Stdout(), `"client":"unix:"`)
	})
}
