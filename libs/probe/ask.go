package probe

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// Ask makes one check. It returns when the check's timeout has passed at the latest, and
// at once when ctx ends; then the result says nothing of the endpoint.
func Ask(ctx context.Context, t *Target) Result {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, t.Check.Timeout)
	defer cancel()
	kind, reason := t.ask(ctx)
	return Result{Kind: kind, Reason: reason, Began: began, Took: time.Since(began)}
}

func (t *Target) ask(ctx context.Context) (Kind, string) {
	conn, own, failed := t.connect(ctx)
	if failed != nil {
		return failed.kind, failed.reason
	}
	defer conn.Close()
	// The deadline is the connection's as well, for those that don't look at ctx.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })()
	kept := &alerted{Conn: conn}
	kind, reason := Passed, "connected"
	switch t.Check.Type {
	case config.CheckTCP:
		if secured, ok := conn.(*tls.Conn); ok && own != unasked {
			return t.awaitVerdict(secured)
		}
	case config.CheckHTTP:
		talk := net.Conn(kept)
		if t.http2() {
			talk = conn // net/http wants to see what TLS has agreed on
		}
		kind, reason = t.askHTTP(ctx, talk)
	case config.CheckGRPC:
		kind, reason = t.askGRPC(ctx, kept)
	}
	if alert := kept.alert.Load(); alert != nil && (kind == Reset || kind == TLS) {
		return TLS, plain(tlsconf.Explain(*alert, t.offered()))
	}
	if kind == Reset && own == missing {
		// TLS 1.3 refuses a client after the handshake, and the reset may overtake the alert.
		return TLS,
			"it refused the connection after asking for a client certificate, of which the " +
				"cluster has none"
	}
	return kind, reason
}

// mostVerdict is how long an endpoint is waited for that says nothing of our certificate.
const mostVerdict = time.Second

// awaitVerdict waits for what the endpoint thinks of our certificate. With TLS 1.3 it has not seen
// that when the handshake is over for us, and there is no word for "taken" (RFC 8446 section 2).
// So we say that this is all: an endpoint that refuses us sends its alert, any other ends the
// connection or stays silent.
func (t *Target) awaitVerdict(conn *tls.Conn) (Kind, string) {
	if conn.ConnectionState().Version >= tls.VersionTLS13 && conn.CloseWrite() == nil {
		// Half of the timeout is left for what was before.
		_ = conn.SetReadDeadline(time.Now().Add(min(t.Check.Timeout/2, mostVerdict)))
		_, err := conn.Read(make([]byte, 1))
		if _, refused := tlsconf.AlertIn(err); refused {
			return TLS, plain(tlsconf.Explain(err, t.offered()))
		}
	}
	return Passed, "connected"
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)
