package tls_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A server name that ends with a dot breaks RFC 6066, and crypto/tls refuses it. The metrics and
// the log say so, as the client is told no more than that its message can't be read.
func TestAServerNameWithATrailingDotIsRefusedAndExplained(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e, _ := tlsEdge(t, up.Addr(), authority.Leaf(t, nil, "a.test"))
	for range 2 {
		c, err := net.DialTimeout("tcp", e.Addr("public"), testkit.Deadline)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
		// A client of crypto/tls takes the dot off, so it is put on while it is sent.
		client := tls.Client(dotted{c}, &tls.Config{ServerName: "a.testx"})
		err = client.HandshakeContext(t.Context())
		if err == nil || !strings.Contains(err.Error(), "error decoding message") {
			t.Errorf("the handshake ends with %v", err)
		}
		c.Close()
	}
	const reason = `gateway_tls_handshake_failures_total{listener="public",reason="trailing_dot"}`
	testkit.Eventually(t, "both are counted", func() bool { return e.Metrics(t)[reason] == 2 })
	if n := strings.Count(e.Stderr(), "ends with a dot"); n != 2 {
		t.Errorf("the log says it %d times, want twice:\n%s", n, e.Stderr())
	}
	c := testkit.Dial(t, e.Addr("public"))
	if err := c.Send("\x00\x01\x02\x03\x04\x05"); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Rest()
	const other = `gateway_tls_handshake_failures_total{listener="public",reason="clear_text"}`
	testkit.Eventually(t, "what is not TLS has its own reason", func() bool {
		return e.Metrics(t)[other] == 1
	})
}

// dotted writes "a.test." for "a.testx".
type dotted struct{ net.Conn }

func (d dotted) Write(p []byte) (int, error) {
	return io.Writer(d.Conn).Write(bytes.ReplaceAll(p, []byte("a.testx"), []byte("a.test.")))
}
