// Package sockets_test has tests of an edge whose listeners and endpoints are unix sockets.
package sockets_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// folder is one whose path is short enough for a unix socket.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "u")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// got is a request as an endpoint got it.
type got struct {
	Host, Path string
	Header     http.Header
	Body       int
}

// endpoint answers on a unix socket with the request that it got, until the end of the test.
func endpoint(t testing.TB, path string) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/large" {
			_, _ = io.Copy(w, strings.NewReader(strings.Repeat("l", 3<<20)))
			return
		}
		_ = json.NewEncoder(w).Encode(got{r.Host, r.URL.Path, r.Header, int(n)})
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
}

// through is a client whose connections go to one address, whatever the URL says.
func through(t testing.TB, network, address string) *http.Client {
	t.Helper()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: testkit.Deadline}
}

// ask sends a request, whose header lines are "Name: value".
func ask(t testing.TB, c *http.Client, path string, lines ...string) (status int, g got) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://a.test"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == 200 {
		if err := json.Unmarshal(body, &g); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
	}
	return resp.StatusCode, g
}

// gone waits until a file is not there.
func gone(t testing.TB, path string) {
	t.Helper()
	testkit.Eventually(t, path+" is there still", func() bool {
		_, err := os.Lstat(path)
		return os.IsNotExist(err)
	})
}

func in(dir, name string) string { return filepath.Join(dir, name) }
