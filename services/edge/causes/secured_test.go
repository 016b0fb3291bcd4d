package causes_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// serveConns serves each connection to a free port until the test ends, over TLS unless config is
// nil.
func serveConns(t *testing.T, config *tls.Config, serve func(net.Conn)) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	edgetest.Must(t, err)
	if config != nil {
		ln = tls.NewListener(ln, config)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { ln.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				if c.SetDeadline(time.Now().Add(testkit.Deadline)) == nil {
					serve(c)
				}
			})
		}
	})
	return ln.Addr().String()
}

// answering is an endpoint over TLS that answers requests, where the handshake gets that far.
func answering(c net.Conn) {
	b := make([]byte, 4096)
	if _, err := c.Read(b); err == nil {
		_, _ = io.WriteString(c, edgetest.OK)
	}
}

// secured says how a cluster is reached over TLS.
func secured(more string) string {
	return "security: {mode: tls, ca: other.pem, server_name: up.test" + more + "}"
}

// Everything that can go wrong with TLS to an endpoint.
func TestFailuresOfTLS(t *testing.T) {
	t.Parallel()
	ours, foreign := testkit.NewAuthority(t), testkit.NewAuthority(t)
	show := func(a *testkit.Authority, edit func(*x509.Certificate), names ...string) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{a.Leaf(t, edit, names...).TLS(t)}}
	}
	expired := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	}
	old := show(ours, nil, "up.test")
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	wants := show(ours, nil, "up.test")
	wants.ClientAuth = tls.RequireAnyClientCert
	late := testkit.NewRefuser(t, testkit.Refusal{
		Leaf: ours.Leaf(t, nil, "up.test").TLS(t), Alert: 116, When: testkit.AtFinished,
	})
	refuses := testkit.NewRefuser(t, testkit.Refusal{
		Leaf: ours.Leaf(t, nil, "up.test").TLS(t), Alert: 48, When: testkit.AtFinished,
	})
	http1 := show(ours, nil, "up.test")
	http1.NextProtos = []string{"http/1.1"}
	silent := show(ours, nil, "up.test")
	all := []failing{
		{
			name: "unknown CA", address: serveConns(t, show(foreign, nil, "up.test"), answering),
			cluster: secured(""), kind: "tls_certificate",
			want: []string{"signed by an authority that is not trusted (security.ca): the issuer " +
				"is"},
			hint: "security.ca",
		},
		{
			name: "wrong name", cluster: secured(""), kind: "tls_certificate",
			address: serveConns(t, show(ours, nil, "a.machine.test", "b.machine.test"), answering),
			want: []string{"for another name than up.test (security.server_name): it has " +
				"a.machine.test and b.machine.test"},
			hint: "security.server_name",
		},
		{
			name: "expired", address: serveConns(t, show(ours, expired, "up.test"), answering),
			cluster: secured(""), kind: "tls_certificate",
			want: []string{"its certificate expired at 20", "Z, it is for up.test"},
		},
		{
			name: "self-signed", address: serveConns(t, selfSigned(t), answering),
			cluster: secured(""), kind: "tls_certificate",
			want: []string{"its certificate is self-signed"},
		},
		{
			name: "plain text", cluster: secured(""), kind: "protocol_mismatch",
			address: serveConns(t, nil, func(c net.Conn) {
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
				_, _ = io.Copy(io.Discard, c)
			}),
			want: []string{"it does not speak TLS: it answers in plain HTTP"},
			hint: "security.mode",
		},
		{
			name: "closed within the handshake", cluster: secured(""), kind: "tls",
			address: serveConns(t, nil, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }),
			want:    []string{"it closed the connection within the handshake"},
		},
		{
			name: "a handshake that hangs", kind: "connect_timeout",
			cluster: secured("") + ", timeouts: {connect: 400ms}",
			address: serveConns(t, nil, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }),
			want: []string{"TLS: it did not complete the handshake within 400ms " +
				"(timeouts.connect of the cluster)"},
		},
		{
			name: "a certificate is wanted after the handshake", address: late.Addr(),
			cluster: secured(""), kind: "tls_alert",
			want: []string{"wants a client certificate, and the cluster shows none", "TLS alert " +
				"certificate required"},
			hint: "security.mode mtls",
		},
		{
			name: "a certificate is wanted", address: serveConns(t, wants, answering),
			cluster: secured(""), kind: "tls_alert",
			want: []string{"wants a client certificate, and the cluster shows none"},
		},
		{
			name: "our certificate is refused", address: refuses.Addr(), kind: "tls_alert",
			cluster: "security: {mode: mtls, ca: other.pem, server_name: up.test, cert: " +
				"client.pem, key: client.key}",
			want: []string{"the endpoint refuses our certificate: TLS alert unknown CA"},
		},
		{
			name: "too old", address: serveConns(t, old, answering), cluster: secured(""),
			kind: "tls_version", want: []string{"no version of TLS from 1.2 on"},
			hint: "TLS 1.2 or 1.3",
		},
		{
			name: "no ALPN", address: serveConns(t, silent, answering),
			cluster: "protocol: h2, " + secured(""), kind: "alpn",
			want: []string{"the endpoint does not speak HTTP/2: it did not agree to h2 by ALPN"},
			hint: "ALPN",
		},
		{
			name: "another ALPN", address: serveConns(t, http1, answering),
			cluster: "protocol: h2, " + secured(""), kind: "alpn",
			want: []string{"does not speak HTTP/2", "ALPN"},
		},
	}
	for i := range all {
		all[i].status, all[i].code = 502, "GW_UPSTREAM_TLS"
	}
	s := start(t, all, "", map[string]string{"other.pem": string(ours.PEM)})
	for i := range all {
		t.Run(all[i].name, func(t *testing.T) {
			t.Parallel()
			s.check(t, &all[i])
		})
	}
}

// selfSigned is a server whose certificate nobody else has signed.
func selfSigned(t *testing.T) *tls.Config {
	t.Helper()
	var nobody *testkit.Authority
	leaf := nobody.Leaf(t, nil, "up.test").TLS(t)
	return &tls.Config{Certificates: []tls.Certificate{leaf}}
}

// An h2 is what an endpoint with HTTP/2 does when the head of a request has come.
type h2 func(f *xhttp2.Framer, c net.Conn, id uint32)

// speaking is an endpoint with HTTP/2 in clear text that does this.
func speaking(t *testing.T, do h2) string {
	t.Helper()
	return serveConns(t, nil, func(c net.Conn) {
		if _, err := io.CopyN(io.Discard, c, int64(len(xhttp2.ClientPreface))); err != nil {
			return
		}
		f := xhttp2.NewFramer(c, c)
		f.AllowIllegalWrites = true
		if f.WriteSettings() != nil {
			return
		}
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			if h, head := frame.(*xhttp2.HeadersFrame); head {
				do(f, c, h.StreamID)
			}
		}
	})
}

// Everything that can go wrong over HTTP/2.
func TestFailuresOfHTTP2(t *testing.T) {
	t.Parallel()
	reset := func(code xhttp2.ErrCode) string {
		return speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
			_ = f.WriteRSTStream(id, code)
		})
	}
	head := func(f *xhttp2.Framer, id uint32) {
		_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
			StreamID: id, BlockFragment: []byte{0x88}, EndHeaders: true, // :status 200
		})
	}
	begun := make(chan struct{})
	open := sync.OnceFunc(func() { close(begun) })
	post := "POST PATH HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n"
	all := []failing{
		{
			name: "speaks HTTP1", address: serveConns(t, nil, answering), status: 502,
			code: "GW_UPSTREAM_CONNECT", kind: "protocol_mismatch",
			want: []string{"it speaks HTTP/1.1 where h2c is configured (protocol of the cluster)"},
			hint: "Make the cluster's protocol",
		},
		{
			name: "speaks TLS", status: 502, code: "GW_UPSTREAM_CONNECT", kind: "protocol_mismatch",
			address: serveConns(t, nil, func(c net.Conn) {
				_, _ = io.WriteString(c, "\x15\x03\x01\x00\x02\x02\x46")
				_, _ = io.Copy(io.Discard, c)
			}),
			want: []string{"it speaks TLS where none is configured (security.mode of the cluster)"},
		},
		{
			name: "closes at once", address: serveConns(t, nil, func(net.Conn) {}), status: 502,
			code: "GW_UPSTREAM_CONNECT",
			kind: "", want: []string{"the connection before it said that it speaks HTTP/2"},
		},
		{
			name: "says nothing", status: 502, code: "GW_UPSTREAM_CONNECT", kind: "connect_timeout",
			address: serveConns(t, nil, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }),
			cluster: "timeouts: {connect: 400ms}",
			want: []string{"it did not say that it speaks HTTP/2 (SETTINGS) within 400ms " +
				"(timeouts.connect of the cluster)"},
		},
		{
			name: "resets the stream", address: reset(xhttp2.ErrCodeInternal), status: 502,
			code: "GW_UPSTREAM_RESET", kind: "stream_reset", request: post,
			want: []string{"it reset the stream with INTERNAL_ERROR"},
			hint: "this one request",
		},
		{
			name: "refuses the stream", address: reset(xhttp2.ErrCodeRefusedStream), status: 502,
			code: "GW_UPSTREAM_RESET", kind: "stream_reset", request: post,
			want: []string{"it reset the stream with REFUSED_STREAM"},
		},
		{
			name: "is to be calmed", address: reset(xhttp2.ErrCodeEnhanceYourCalm), status: 502,
			code: "GW_UPSTREAM_RESET", kind: "stream_reset", request: post,
			want: []string{"it reset the stream with ENHANCE_YOUR_CALM"},
		},
		{
			name: "goes " +
				"away", status: 502, code: "GW_UPSTREAM_RESET", kind: "goaway", request: post,
			address: speaking(t, func(f *xhttp2.Framer, c net.Conn, _ uint32) {
				_ = f.WriteGoAway(0, xhttp2.ErrCodeNo, nil)
			}),
			want: []string{"GOAWAY NO_ERROR and took the request no more"},
			hint: "closing this connection",
		},
		{
			name: "goes away in anger", status: 502, code: "GW_UPSTREAM_RESET", kind: "goaway",
			address: speaking(t, func(f *xhttp2.Framer, c net.Conn, _ uint32) {
				_ = f.WriteGoAway(0, xhttp2.ErrCodeEnhanceYourCalm, []byte("too\x1b many"))
				_ = c.Close()
			}),
			request: post,
			want:    []string{`GOAWAY ENHANCE_YOUR_CALM: "too\x1b many"`},
		},
		{
			name: "closes", status: 502, code: "GW_UPSTREAM_RESET", kind: "closed", request: post,
			address: speaking(t, func(_ *xhttp2.Framer, c net.Conn, _ uint32) { _ = c.Close() }),
			want:    []string{"it closed the connection before it sent the head of a response"},
		},
		{
			name: "breaks the rules", status: 502, code: "GW_UPSTREAM_PROTOCOL", kind: "malformed",
			request: post,
			address: speaking(t, func(f *xhttp2.Framer, _ net.Conn, _ uint32) {
				_ = f.WriteRawFrame(xhttp2.FrameWindowUpdate, 0, 0, make([]byte, 4))
			}),
			want: []string{"it broke the rules of HTTP/2: WINDOW_UPDATE of the connection by 0"},
		},
		{
			name: "sends no head", status: 502, code: "GW_UPSTREAM_PROTOCOL", kind: "malformed",
			request: post,
			address: speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
				_ = f.WriteData(id, true, []byte("x"))
			}),
			want: []string{"its response is malformed: DATA before a head"},
		},
		{
			name: "resets the body", status: 200, code: "GW_UPSTREAM_RESET", kind: "stream_reset",
			address: speaking(t, func(f *xhttp2.Framer, _ net.Conn, id uint32) {
				head(f, id)
				_ = f.WriteData(id, false, []byte("abc"))
				select {
				case <-begun:
				case <-t.Context().Done():
				}
				_ = f.WriteRSTStream(id, xhttp2.ErrCodeCancel)
			}),
			do: func(t *testing.T, s *scene, path string) {
				c := testkit.Dial(t, s.Addr("public"))
				edgetest.Must(t, c.Send("GET "+path+" HTTP/1.1\r\nHost: a.test\r\n\r\n"))
				_, err := c.Head()
				edgetest.Must(t, err)
				open()
				_, _ = c.Rest()
			},
			want: []string{"it reset the stream with CANCEL, after "},
		},
		{
			name: "is silent", status: 504, code: "GW_UPSTREAM_TIMEOUT", kind: "timeout",
			address: speaking(t, func(*xhttp2.Framer, net.Conn, uint32) {}),
			cluster: "timeouts: {response: 400ms}",
			want:    []string{"no response head within 400ms (timeouts.response of the cluster)"},
		},
		{
			name: "a handshake without tunnels", status: 501, code: "GW_NOT_IMPLEMENTED",
			request: "GET PATH HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\n" +
				"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
				"Sec-WebSocket-Version: 13\r\n\r\n",
			address: speaking(t, func(*xhttp2.Framer, net.Conn, uint32) {}),
			kind:    "handshake_refused",
			want:    []string{"the endpoint takes no change of protocol over HTTP/2 (RFC 8441)"},
		},
	}
	for i := range all {
		if all[i].cluster != "" {
			all[i].cluster = ", " + all[i].cluster
		}
		all[i].cluster = "protocol: h2c" + all[i].cluster
	}
	s := start(t, all, "", nil)
	for i := range all {
		t.Run(all[i].name, func(t *testing.T) {
			t.Parallel()
			s.check(t, &all[i])
		})
	}
}
