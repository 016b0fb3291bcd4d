package probe_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/probe"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A check of any type fails at an endpoint that refuses our certificate, in the handshake or, with
// TLS 1.3, behind it, and tells the alert by its name.
func TestARefusalByAlertFailsEveryCheck(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "127.0.0.1").TLS(t)
	own := authority.Leaf(t, nil, "edge.test").TLS(t)
	const ours = "the endpoint refuses our certificate: TLS alert "
	for _, kind := range []string{config.CheckTCP, config.CheckHTTP, config.CheckGRPC} {
		for at, name := range []string{"hello", "finished", "request"} {
			if kind == config.CheckTCP && at == testkit.AtRequest {
				continue // nobody learns of it who asks for nothing
			}
			for alert, want := range map[byte]string{
				42: ours + "bad certificate", 45: ours + "certificate expired",
				48: ours + "unknown CA", 116: ours + "certificate required",
				80: "the endpoint ended TLS: TLS alert internal error",
			} {
				for _, stays := range []bool{false, true} {
					t.Run(fmt.Sprint(kind, " ", name, alert, stays), func(t *testing.T) {
						t.Parallel()
						protocol := "http/1.1"
						if kind == config.CheckGRPC {
							protocol = "h2"
						}
						r := testkit.NewRefuser(t, testkit.Refusal{
							Leaf: leaf, Alert: alert, When: at, Stays: stays,
							Protocols: []string{protocol},
						})
						tg := target(kind, r.Addr())
						tg.TLS = &tls.Config{
							RootCAs: authority.Pool(),
							GetClientCertificate: func(
								*tls.CertificateRequestInfo,
							) (*tls.Certificate, error) {
								return &own, nil
							},
						}
						if got := ask(t, tg, probe.TLS, want); got.Reason != want {
							t.Errorf("the reason is %q", got.Reason)
						}
					})
				}
			}
		}
	}
}

// What an endpoint that takes the certificate does with a connection on which nothing is asked is
// no failure of a tcp check, and holds it up for a moment at most.
func TestATCPCheckPassesWhereTheCertificateIsTaken(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "127.0.0.1").TLS(t)
	strict := &tls.Config{
		Certificates: []tls.Certificate{leaf}, ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs: authority.Pool(),
	}
	for name, then := range map[string]func(*tls.Conn){
		"waits for a request": func(c *tls.Conn) { _, _ = io.Copy(io.Discard, c) },
		"closes":              func(*tls.Conn) {},
		"resets": func(c *tls.Conn) {
			_ = c.NetConn().(*net.TCPConn).SetLinger(0)
			_ = c.NetConn().Close()
		},
		"greets": func(c *tls.Conn) {
			_, _ = io.WriteString(c, "220 ready\r\n")
			_, _ = io.Copy(io.Discard, c)
		},
		"overlooks the end": func(c *tls.Conn) {
			_, _ = io.Copy(io.Discard, c)
			_, _ = io.Copy(io.Discard, c.NetConn())
		},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				settings := strict.Clone()
				settings.MinVersion, settings.MaxVersion = version, version
				tg := target(config.CheckTCP, afterHandshake(t, settings, then))
				tg.TLS = &tls.Config{
					RootCAs: authority.Pool(),
					GetClientCertificate: func(
						*tls.CertificateRequestInfo,
					) (*tls.Certificate, error) {
						return &leaf, nil
					},
				}
				r := ask(t, tg, probe.Passed, "connected")
				if r.Took > tg.Check.Timeout-time.Second {
					t.Errorf("it took %v", r.Took)
				}
			})
		}
	}
}

// afterHandshake serves one connection: then is called when its handshake is done.
func afterHandshake(t *testing.T, settings *tls.Config, then func(*tls.Conn)) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = ln.Close(); <-done })
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(testkit.Deadline))
		secured := tls.Server(conn, settings)
		if err := secured.Handshake(); err != nil {
			t.Error(err)
			return
		}
		then(secured)
	}()
	return ln.Addr().String()
}

// A real server of TLS 1.3 tells behind the handshake that it does not trust our certificate.
func TestATCPCheckFailsWhereTheCertificateIsNotTrusted(t *testing.T) {
	t.Parallel()
	authority, other := testkit.NewAuthority(t), testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "127.0.0.1").TLS(t)
	old := authority.Leaf(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	}, "edge.test").TLS(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		address := serve(t, &tls.Config{
			Certificates: []tls.Certificate{leaf}, ClientAuth: tls.RequireAndVerifyClientCert,
			ClientCAs: authority.Pool(), MinVersion: version, MaxVersion: version,
		}, http1, nil)
		for name, c := range map[string]struct {
			own  []tls.Certificate
			want string
		}{
			"expired": {[]tls.Certificate{old}, "the endpoint refuses our certificate: TLS alert "},
			"of another authority": {
				[]tls.Certificate{other.Leaf(t, nil, "edge.test").TLS(t)},
				"the endpoint refuses our certificate: TLS alert ",
			},
			"none": {nil, "TLS alert "},
		} {
			tg := target(config.CheckTCP, address)
			tg.TLS = &tls.Config{RootCAs: authority.Pool()}
			if c.own != nil {
				tg.TLS.GetClientCertificate = func(
					*tls.CertificateRequestInfo,
				) (*tls.Certificate, error) {
					return &c.own[0], nil
				}
			}
			if r := ask(t, tg, probe.TLS, c.want); strings.Contains(r.Reason, "remote error") {
				t.Errorf("%s: %s", name, r.Reason)
			}
		}
	}
}
