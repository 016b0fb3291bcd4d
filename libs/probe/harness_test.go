package probe_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/probe"
)

// target is a check of a type with the defaults of a file, but for its timeout.
func target(kind, address string) *probe.Target {
	return &probe.Target{
		Cluster: "up", Address: address, Protocol: config.ClusterHTTP1,
		Check: config.ActiveHealth{
			Type: kind, Path: config.DefaultHealthPath, Status: config.DefaultHealthStatus,
			Interval: config.DefaultHealthInterval, Timeout: 5 * time.Second,
		},
	}
}

// ask makes the check, and says when it did not go as wanted.
func ask(t *testing.T, target *probe.Target, want probe.Kind, words string) probe.Result {
	t.Helper()
	r := probe.Ask(t.Context(), target)
	if r.Kind != want || !strings.Contains(r.Reason, words) {
		t.Errorf("%s: %q, want %s: … %q …", r.Kind, r.Reason, want, words)
	}
	if r.Began.IsZero() || r.Took <= 0 || r.Took > target.Check.Timeout+2*time.Second {
		t.Errorf("began %v, took %v", r.Began, r.Took)
	}
	return r
}

// serve runs an HTTP server of the given protocols until the test ends. With a TLS
// configuration it is one of HTTPS.
func serve(
	t testing.TB, secured *tls.Config, edit func(*http.Protocols), handler http.HandlerFunc,
) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{
		Handler: handler, TLSConfig: secured, Protocols: new(http.Protocols),
		ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
	}
	edit(srv.Protocols)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if secured != nil {
			_ = srv.ServeTLS(ln, "", "") // it ends with the test
			return
		}
		_ = srv.Serve(ln) // it ends with the test
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return ln.Addr().String()
}

func http1(p *http.Protocols)          { p.SetHTTP1(true) }
func http2(p *http.Protocols)          { p.SetHTTP2(true) }
func http2ClearText(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
