package http2_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	xhttp2 "golang.org/x/net/http2"
)

// serveNet serves with x/net's server, over TLS if config is not nil.
func serveNet(t testing.TB, config *tls.Config, h http.Handler) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		ln.Close()
		wg.Wait()
	})
	srv := &xhttp2.Server{MaxConcurrentStreams: 100}
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				stop := context.AfterFunc(ctx, func() { conn.Close() })
				defer stop()
				if config != nil {
					secure := tls.Server(conn, config)
					if secure.HandshakeContext(ctx) != nil {
						return
					}
					conn = secure
				}
				srv.ServeConn(conn, &xhttp2.ServeConnOpts{Context: ctx, Handler: h})
			})
		}
	})
	return ln.Addr().String()
}

// TestTheStandardServerUnderstands: many streams at once, bodies both ways, trailers,
// in the clear and through TLS.
func TestTheStandardServerUnderstands(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Count")
		if r.Header.Get("X-Kind") != "test" {
			w.WriteHeader(400)
			return
		}
		n, _ := io.Copy(w, r.Body)
		w.Header().Set("X-Count", fmt.Sprint(n))
	})
	t.Run("h2c", func(t *testing.T) {
		exchangeBodies(t, call(t, serveNet(t, nil, echo), callerOptions{}).ready())
	})
	t.Run("h2", func(t *testing.T) {
		authority := testkit.NewAuthority(t)
		addr := serveNet(t, &tls.Config{
			Certificates: []tls.Certificate{authority.Leaf(t, nil, "127.0.0.1").TLS(t)},
			NextProtos:   []string{"h2"}, MinVersion: tls.VersionTLS12,
		}, echo)
		exchangeBodies(t, call(t, addr, callerOptions{tls: &tls.Config{
			RootCAs: authority.Pool(), ServerName: "127.0.0.1", NextProtos: []string{"h2"},
			MinVersion: tls.VersionTLS12,
		}}).ready())
	})
}

// TestNginxUnderstands: a file larger than all windows, a body, an error, and many at
// once.
func TestNginxUnderstands(t *testing.T) {
	binary, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed")
	}
	dir := t.TempDir()
	large := pattern(1, 3<<20)
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("large", large)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close() // nginx cannot be told to choose a port
	write("nginx.conf", []byte(strings.NewReplacer("DIR", dir, "ADDR", addr).Replace(`
user root; daemon off; master_process off; pid DIR/pid; error_log DIR/error.log;
events {}
http {
	access_log off; root DIR; keepalive_requests 50; client_body_temp_path DIR/body;
	proxy_temp_path DIR/p; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
	server { listen ADDR http2; location /hello { return 200 "hello"; } }
}`)))
	cmd := exec.Command(binary, "-p", dir, "-c", "nginx.conf", "-e", "error.log")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	testkit.Eventually(t, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	c := call(t, addr, callerOptions{}).ready()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if r := c.get("/large"); r.status != 200 || !bytes.Equal(r.body, large) ||
				r.err != nil {
				t.Errorf("a large file: status %d, %d bytes, %v", r.status, len(r.body), r.err)
			}
			if r := c.get("/hello"); string(r.body) != "hello" {
				t.Errorf("got %+v", r)
			}
			if r := c.get("/none"); r.status != 404 {
				t.Errorf("got %+v", r)
			}
		})
	}
	wg.Wait()
	// It says goodbye after 50 requests, having answered them.
	answered := 30
	for !c.GoingAway() && answered < 200 {
		if r := c.get("/hello"); r.err != nil {
			t.Fatalf("request %d: %v", answered, r.err)
		}
		answered++
	}
	if err := c.ended(); err != nil || answered < 50 || answered > 60 {
		t.Errorf("after %d requests Serve returned %v", answered, err)
	}
}
