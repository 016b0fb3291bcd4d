package main_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// An endpoint that refuses the relay's certificate says so by an alert, with TLS 1.3 after the
// handshake. It is a failure of TLS, also where the client is silent or has ended.
func TestARefusalByAlertIsAFailureOfTLS(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	authority.Leaf(t, nil, "relay.test").Write(t, dir, "client")
	leaf := authority.Leaf(t, nil, "up.test").TLS(t)
	const want = "TLS: the endpoint refuses our certificate: TLS alert unknown CA"
	type session struct {
		when         int
		stays        bool
		speaks, ends bool
	}
	var sessions []session
	var listeners, clusters strings.Builder
	for _, when := range []int{testkit.AtHello, testkit.AtFinished, testkit.AtRequest} {
		for bits := range 8 {
			s := session{when, bits&1 != 0, bits&2 != 0, bits&4 != 0}
			if when == testkit.AtRequest && !s.speaks {
				continue // the endpoint waits for the client
			}
			r := testkit.NewRefuser(t, testkit.Refusal{
				Leaf: leaf, Alert: 48, When: when, Stays: s.stays,
			})
			i := len(sessions)
			sessions = append(sessions, s)
			fmt.Fprintf(&listeners, "  - {name: l%d, address: \"127.0.0.1:0\", protocol: tcp, "+
				"cluster: c%d}\n", i, i)
			fmt.Fprintf(&clusters, "  - {name: c%d, endpoints: [{address: %q}], security: "+
				"{mode: mtls, ca: ca.pem, cert: client.pem, key: client.key, "+
				"server_name: up.test}}\n", i, r.Addr())
		}
	}
	e, err := testkit.RunRelay(dir, "version: 1\nlisteners:\n"+listeners.String()+"clusters:\n"+
		clusters.String()+"routes: []\nadmin: {address: \"127.0.0.1:0\"}\n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	for i, s := range sessions {
		c, err := net.DialTimeout("tcp", e.Addr(fmt.Sprintf("l%d", i)), testkit.Deadline)
		if errors.Is(err, syscall.ECONNRESET) {
			continue // the session is over before the system tells that it was opened
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
		if s.speaks {
			_, _ = io.WriteString(c, "hello")
		}
		if s.ends {
			_ = c.(*net.TCPConn).CloseWrite()
		}
		_, _ = io.ReadAll(c)
		c.Close()
	}
	testkit.Eventually(t, "all sessions are logged", func() bool {
		return strings.Count(e.Stdout(), "\n") == len(sessions)
	})
	var st admin.Status
	e.Decode(t, "GET", "/status", &st)
	for i, s := range sessions {
		ok := false
		for line := range strings.Lines(e.Stdout()) {
			ok = ok || strings.Contains(line, fmt.Sprintf(`"listener":"l%d"`, i)) &&
				strings.Contains(line, `"close_reason":"upstream_tls"`) &&
				strings.Contains(line, `"endpoint_failure":"`+want+`"`)
		}
		if !ok {
			t.Errorf("session %d %+v is not logged as a failure of TLS", i, s)
		}
		if f := st.Clusters[i].Endpoints[0].LastFailure; f == nil || f.Reason != want {
			t.Errorf("session %d %+v: %+v", i, s, f)
		}
	}
	if t.Failed() {
		t.Log(e.Stdout())
	}
	testkit.Eventually(t, "the endpoints' weights are explained with TLS", func() bool {
		e.Decode(t, "GET", "/status", &st)
		for i := range sessions {
			if !strings.Contains(st.Clusters[i].Endpoints[0].Reason, "1 tls") {
				return false
			}
		}
		return true
	})
}

// The one certificate that a cluster has is shown whatever authorities an endpoint names.
func TestTheCertificateIsShownWhateverAuthoritiesAreNamed(t *testing.T) {
	t.Parallel()
	authority, foreign := testkit.NewAuthority(t), testkit.NewAuthority(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	authority.Leaf(t, nil, "relay.test").Write(t, dir, "client")
	leaf := authority.Leaf(t, nil, "up.test").TLS(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
			Certificates: []tls.Certificate{leaf}, ClientAuth: tls.RequireAnyClientCert,
			ClientCAs: foreign.Pool(), MinVersion: version, MaxVersion: version,
		})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
				_, _ = io.Copy(c, c)
				c.Close()
			}
		}()
		t.Cleanup(func() { ln.Close(); <-done })
		e, err := testkit.RunRelay(dir, config(ln.Addr().String(), ", security: {mode: mtls, "+
			"ca: ca.pem, cert: client.pem, key: client.key, server_name: up.test}"))
		if err != nil {
			t.Fatal(err)
		}
		says(t, dial(t, e), "hello")
		e.Kill()
	}
}
