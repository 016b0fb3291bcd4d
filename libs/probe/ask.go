package probe

import (
	"context"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
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
	conn, stranger, failed := t.connect(ctx)
	if failed != nil {
		return failed.kind, failed.reason
	}
	defer conn.Close()
	// The deadline is the connection's as well, for those that don't look at ctx.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })()
	kind, reason := Passed, "connected"
	switch t.Check.Type {
	case config.CheckHTTP:
		kind, reason = t.askHTTP(ctx, conn)
	case config.CheckGRPC:
		kind, reason = t.askGRPC(ctx, conn)
	}
	if kind == Reset && stranger {
		// TLS 1.3 refuses a client after the handshake, and the reset may overtake the alert.
		return TLS,
			"it refused the connection after asking for a client certificate, of which the " +
				"cluster has none"
	}
	return kind, reason
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)
