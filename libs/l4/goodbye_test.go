package l4

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// PostgreSQL's way to end a session over TLS: the client says goodbye, then that its TLS ends,
// then closes. The server ends its process at the goodbye, and since it has not read the rest
// its system resets the connection. None of that is a failure.
func TestWhatAnEndpointDoesAfterTheClientsEndIsNoFailure(t *testing.T) {
	const sessions = 30
	for _, tc := range []struct {
		name   string
		server func(c *net.TCPConn)
		client func(c *net.TCPConn)
		long   bool // the client says goodbye itself
	}{
		{"a close with bytes unread", nil, func(c *net.TCPConn) { c.Close() }, false},
		{"after many messages", nil, func(c *net.TCPConn) {
			for range exchanges + 2 {
				send(t, c, "q")
				expect(t, c, "a")
			}
			send(t, c, lastWords)
			c.Close()
		}, true},
		{"a half-close", nil, func(c *net.TCPConn) {
			_ = c.CloseWrite()
			_, _ = io.ReadAll(c)
		}, false},
		{"a client that resets", nil, reset, false},
		{"a server that resets later", func(c *net.TCPConn) {
			_, _ = io.ReadAll(c)
			reset(c)
		}, func(c *net.TCPConn) { c.Close() }, false},
		{"in the middle of an answer that nobody waits for", func(c *net.TCPConn) {
			_, _ = c.Read(make([]byte, 1))
			_, _ = c.Write(make([]byte, 1<<20))
			reset(c)
		}, func(c *net.TCPConn) { c.Close() }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := tc.server
			if server == nil {
				server = postgres
			}
			r := start(t, build(t, document(serve(t, server), serve(t, server))))
			for range sessions {
				c := r.dial(t)
				send(t, c, "q")
				if tc.server == nil {
					expect(t, c, "a")
					if !tc.long {
						send(t, c, lastWords)
					}
				}
				tc.client(c)
			}
			r.expectUnblamed(t, sessions)
		})
	}
}

// lastWords end a session of postgres'; what comes behind the first byte is not read.
const lastWords = "X and the end of TLS"

// postgres answers "q" until something else comes, and leaves at once then.
func postgres(c *net.TCPConn) {
	b := make([]byte, 1)
	for {
		if _, err := c.Read(b); err != nil || b[0] != 'q' {
			return // closing with bytes unread is a reset
		}
		if _, err := c.Write([]byte("a")); err != nil {
			return
		}
	}
}

func (r *relay) expectUnblamed(t *testing.T, sessions int) {
	t.Helper()
	for _, e := range r.ended(t, sessions) {
		if e.CloseReason != "client_closed" && e.CloseReason != "client_reset" &&
			e.CloseReason != "upstream_closed" {
			t.Errorf("a session ended for %s", e.CloseReason)
		}
	}
	if n := r.Counts().Failures.Load(); n != 0 {
		t.Errorf("%d of %d sessions count as failures", n, sessions)
	}
	for _, e := range r.States()[0].Endpoints {
		if e.Effective != 1 {
			t.Errorf("an endpoint has %.2f of its weight left", e.Effective)
		}
	}
}

// The same where the relay speaks TLS with the endpoint.
func TestWhatATLSEndpointDoesAfterTheClientsEndIsNoFailure(t *testing.T) {
	a := testkit.NewAuthority(t)
	leaf := a.Leaf(t, nil, "127.0.0.1")
	const sessions = 30
	d := document(serveTLS(t, &tls.Config{Certificates: []tls.Certificate{leaf.TLS(t)}},
		func(c *tls.Conn) {
			if _, err := c.Read(make([]byte, 1)); err != nil {
				return
			}
			_, _ = c.Write([]byte("a"))
			_, _ = io.ReadFull(c, make([]byte, 1))
			reset(c.NetConn().(*net.TCPConn))
		}))
	secure(t, d, a)
	r := start(t, build(t, d))
	for range sessions {
		c := r.dial(t)
		send(t, c, "q")
		expect(t, c, "a")
		send(t, c, "X and more")
		c.Close()
	}
	r.expectUnblamed(t, sessions)
}

// An endpoint that breaks off while the client is there still has failed.
func TestAResetBeforeTheClientsEndIsAFailure(t *testing.T) {
	r := start(t, build(t, document(serve(t, postgres))))
	const sessions = 5
	for range sessions {
		c := r.dial(t)
		send(t, c, "q")
		expect(t, c, "a")
		send(t, c, "crash, please")
		expectReset(t, c)
	}
	r.ended(t, sessions)
	if n := r.Counts().Failures.Load(); n != sessions {
		t.Errorf("%d of %d sessions count as failures", n, sessions)
	}
}
