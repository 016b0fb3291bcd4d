package l4

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Each endpoint is tried once before the session is given up.
func TestAnEndpointThatRefusesIsPassedOver(t *testing.T) {
	good := serve(t, nil)
	r := start(t, build(t, document(refusing(t), refusing(t), good, refusing(t))))
	for range 8 { // so often that each endpoint has the first turn
		c := r.dial(t)
		send(t, c, "x")
		expect(t, c, "x")
		c.Close()
	}
	for _, e := range r.ended(t, 8) {
		if e.Endpoint != good || e.CloseReason != "client_closed" {
			t.Errorf("a session with %s ended for %s", e.Endpoint, e.CloseReason)
		}
	}
	if n := r.Counts(); n.Connects.Load() == 0 || n.Failures.Load() != 0 {
		t.Errorf("%d connections failed, %d sessions", n.Connects.Load(), n.Failures.Load())
	}
}

func TestEndpointsThatRefuseGetLess(t *testing.T) {
	bad, good := refusing(t), serve(t, nil)
	r := start(t, build(t, document(bad, good)))
	testkit.Eventually(t, "the one that refuses gets less", func() bool {
		c := r.dial(t)
		send(t, c, "x")
		expect(t, c, "x")
		c.Close()
		eps := r.States()[0].Endpoints
		return eps[0].Address == bad && eps[0].Effective < 0.2 && eps[1].Effective == 1
	})
}

func TestEndpointsThatResetGetLess(t *testing.T) {
	bad := serve(t, func(c *net.TCPConn) {
		_, _ = c.Read(make([]byte, 1))
		reset(c)
	})
	r := start(t, build(t, document(bad, serve(t, nil))))
	testkit.Eventually(t, "the one that resets gets less", func() bool {
		c := r.dial(t)
		send(t, c, "x")
		_, _ = c.Read(make([]byte, 1))
		c.Close()
		eps := r.States()[0].Endpoints
		return eps[0].Effective < 0.2 && eps[1].Effective == 1
	})
}

func TestASessionThatNoEndpointTakesIsReset(t *testing.T) {
	r := start(t, build(t, document(refusing(t), refusing(t))))
	r.expectRefused(t)
	if e := r.endedFor(t, ConnectFailed); e.Endpoint == "" || e.Cluster != "c" {
		t.Errorf("logged %+v", e)
	}
	if n := r.Counts(); n.Connects.Load() != 2 || n.Failures.Load() != 1 {
		t.Errorf("%d connections failed, %d sessions", n.Connects.Load(), n.Failures.Load())
	}
}

func TestAnEndpointThatHangsTimesOut(t *testing.T) {
	for name, edit := range map[string]func(*config.Document){
		"by the listener's time": func(d *config.Document) {
			d.Listeners[0].Timeouts.Connect = 200 * time.Millisecond
		},
		"by the cluster's time": func(d *config.Document) {
			d.Clusters[0].Timeouts.Connect = 200 * time.Millisecond
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := document(testkit.Hanging(t))
			edit(d)
			r := start(t, build(t, d))
			began := time.Now()
			r.expectRefused(t)
			if took := time.Since(began); took < 150*time.Millisecond || took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
			r.endedFor(t, ConnectTimeout)
		})
	}
}

func TestAnEndpointThatHangsLeavesTimeForOthers(t *testing.T) {
	d := document(testkit.Hanging(t), serve(t, nil))
	d.Listeners[0].Timeouts.Connect = 3 * time.Second
	r := start(t, build(t, d))
	for range 2 { // so often that each endpoint has the first turn
		c := r.dial(t)
		send(t, c, "x")
		expect(t, c, "x")
		c.Close()
	}
	if got := reasonsOf(r.ended(t, 2)); got[0] != "client_closed" || got[1] != "client_closed" {
		t.Errorf("the sessions ended for %v", got)
	}
}

func TestAClusterWithoutWeightsHasNoEndpoint(t *testing.T) {
	d := document(serve(t, nil))
	d.Clusters[0].Endpoints[0].Weight = 0
	r := start(t, build(t, d))
	r.expectRefused(t)
	if e := r.endedFor(t, NoEndpoint); e.Endpoint != "" {
		t.Errorf("logged %+v", e)
	}
}

// serveTLS is serve with TLS.
func serveTLS(t testing.TB, c *tls.Config, handle func(*tls.Conn)) string {
	t.Helper()
	return serve(t, func(tcp *net.TCPConn) {
		conn := tls.Server(tcp, c)
		if handle != nil {
			handle(conn)
			return
		}
		_, _ = io.Copy(conn, conn)
		_ = conn.CloseWrite()
	})
}

// secure lets the cluster of a document use TLS, with an authority.
func secure(t testing.TB, d *config.Document, a *testkit.Authority) {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, a.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	d.Clusters[0].Security = config.Security{Mode: config.SecurityTLS, CA: ca}
}

func TestTheRelayOriginatesTLS(t *testing.T) {
	a := testkit.NewAuthority(t)
	leaf := a.Leaf(t, nil, "127.0.0.1")
	for version, name := range map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"} {
		t.Run(name, func(t *testing.T) {
			d := document(serveTLS(t, &tls.Config{
				Certificates: []tls.Certificate{leaf.TLS(t)},
				ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: a.Pool(),
				MinVersion: version, MaxVersion: version,
			}, nil))
			secure(t, d, a)
			s := &d.Clusters[0].Security
			s.Mode = config.SecurityMTLS
			s.Cert, s.Key = a.Leaf(t, nil, "relay").Write(t, t.TempDir(), "relay")
			r := start(t, build(t, d))
			c := r.dial(t)
			big := string(make([]byte, 3<<20))
			for _, text := range []string{"x", "another", big} {
				go func() { _, _ = io.WriteString(c, text) }()
				expect(t, c, text)
			}
			if err := c.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			expectEnd(t, c) // the half-close went through TLS too
			if e := r.endedFor(t, ClientClosed); e.In != int64(len(big)+8) || e.Out != e.In {
				t.Errorf("%d bytes in, %d out", e.In, e.Out)
			}
		})
	}
}

func TestTLSThatFailsHasItsOwnReason(t *testing.T) {
	a := testkit.NewAuthority(t)
	leaf := a.Leaf(t, nil, "127.0.0.1")
	server := &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}}
	try := func(t *testing.T, address string, trust *testkit.Authority, want Reason) {
		t.Helper()
		d := document(address)
		secure(t, d, trust)
		d.Clusters[0].Timeouts.Connect = time.Second
		r := start(t, build(t, d))
		if c, err := net.Dial("tcp", r.address); err == nil {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(deadline))
			_, failed := io.WriteString(c, "x") // a reset is told of once
			if _, err := io.ReadAll(c); err == nil && failed == nil {
				t.Error("the connection ended in order")
			}
		}
		r.endedFor(t, want)
	}
	t.Run("an authority that is not trusted", func(t *testing.T) {
		try(t, serveTLS(t, server, nil), testkit.NewAuthority(t), UpstreamTLS)
	})
	t.Run("no TLS there", func(t *testing.T) {
		try(t, serve(t, func(c *net.TCPConn) {
			_, _ = io.WriteString(c, "220 ready\r\n")
		}), a, UpstreamTLS)
	})
	t.Run("a client certificate is missing", func(t *testing.T) {
		try(t,
			serveTLS(t,
				&tls.Config{
					Certificates: server.Certificates, ClientAuth: tls.RequireAnyClientCert,
				}, nil), a, UpstreamTLS)
	})
	t.Run("a handshake that hangs", func(t *testing.T) {
		try(t, serve(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }), a, ConnectTimeout)
	})
	t.Run("an end without a word", func(t *testing.T) {
		try(t, serve(t, func(tcp *net.TCPConn) {
			c := tls.Server(tcp, server)
			_, _ = c.Read(make([]byte, 1))
			_, _ = io.WriteString(c, "half of")
		}), a, UpstreamReset)
	})
}

func TestAConnectionIsVerifiedForTheEndpointsHost(t *testing.T) {
	a := testkit.NewAuthority(t)
	leaf := a.Leaf(t, nil, "elsewhere.test")
	d := document(serveTLS(t, &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}}, nil))
	secure(t, d, a)
	r := start(t, build(t, d))
	r.expectRefused(t)
	r.endedFor(t, UpstreamTLS)
	if r.States()[0].Open != 0 {
		t.Error("a connection is left")
	}
}

func TestWhatAnErrorOfConnectingMeans(t *testing.T) {
	if got := connectReason(errors.New("x")); got != ConnectFailed {
		t.Errorf("any error is %v", got)
	}
	var timeout net.Error = &net.DNSError{IsTimeout: true}
	if got := connectReason(timeout); got != ConnectTimeout {
		t.Errorf("a name that does not resolve in time is %v", got)
	}
	if got := connectReason(x509.UnknownAuthorityError{}); got != ConnectFailed {
		t.Errorf("an error of a certificate outside a handshake is %v", got)
	}
}
