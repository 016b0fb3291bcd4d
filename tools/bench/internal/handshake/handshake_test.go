package handshake

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

// server answers with a status and counts its handshakes; it takes back no tickets if told so.
func server(t *testing.T, status int, tickets bool) (addr string, full, resumed *atomic.Int64) {
	t.Helper()
	full, resumed = new(atomic.Int64), new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	}))
	s.TLS = &tls.Config{
		SessionTicketsDisabled: !tickets, VerifyConnection: func(c tls.ConnectionState) error {
			if c.DidResume {
				resumed.Add(1)
			} else {
				full.Add(1)
			}
			if c.Version != tls.VersionTLS13 || c.CurveID != tls.X25519 {
				return fmt.Errorf("version %x, curve %v", c.Version, c.CurveID)
			}
			return nil
		},
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), full, resumed
}

func run(t *testing.T, c Config) (gen.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c.Host, c.Connections, c.Duration = "a.test", 3, 100*time.Millisecond
	return Run(ctx, c)
}

func TestHandshakesAreFull(t *testing.T) {
	addr, full, resumed := server(t, 404, true)
	r, err := run(t, Config{Addr: addr})
	if err != nil || r.Failed != 0 || r.Requests < 3 || full.Load() != r.Requests ||
		resumed.Load() != 0 {
		t.Errorf("%+v, %v; the server counts %d full ones, %d resumed", r, err, full.Load(),
			resumed.Load())
	}
}

func TestSessionsAreResumed(t *testing.T) {
	addr, full, resumed := server(t, 404, true)
	r, err := run(t, Config{Addr: addr, Resume: true})
	if err != nil || r.Failed != 0 || r.Requests < 3 || full.Load() != 1 ||
		resumed.Load() != r.Requests {
		t.Errorf("%+v, %v; the server counts %d full ones, %d resumed", r, err, full.Load(),
			resumed.Load())
	}
}

func TestWhatIsNoProperHandshakeFails(t *testing.T) {
	addr, _, _ := server(t, 404, false)
	if r, err := run(t, Config{Addr: addr, Resume: true}); err != nil || r.Requests != 0 ||
		r.Failed == 0 || !strings.Contains(r.Reason, "resumed") {
		t.Errorf("without tickets: %+v, %v", r, err)
	}
	addr, _, _ = server(t, 200, true)
	if r, err := run(t, Config{Addr: addr}); err != nil || r.Requests != 0 || r.Failed == 0 ||
		!strings.Contains(r.Reason, "200") {
		t.Errorf("with another status: %+v, %v", r, err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := Run(t.Context(), Config{Addr: l.Addr().String()}); err == nil {
		t.Error("no connections were taken")
	}
}

func TestTheClientIsAProgram(t *testing.T) {
	addr, _, resumed := server(t, 404, true)
	args := Config{
		Addr: addr, Host: "a.test", Connections: 2, Duration: 50 * time.Millisecond, Resume: true,
	}.Args()
	var out strings.Builder
	if err := Main(args[1:], &out); err != nil || args[0] != Command {
		t.Fatal(err)
	}
	var r gen.Result
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil || r.Requests == 0 ||
		resumed.Load() != r.Requests {
		t.Errorf("%+v, %v in %q", r, err, out.String())
	}
}
