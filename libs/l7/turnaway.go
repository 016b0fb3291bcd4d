package l7

import (
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/recall"
)

// TurnAway answers a connection that nobody will serve, in words that its client can read: on a
// listener with TLS nothing is said in clear text but an alert, which costs no handshake.
func (l *Listener) TurnAway(c netx.Conn) {
	defer c.Close()
	v := l.view.Load()
	answer := fullTLS
	if v.TLS == nil {
		answer = fullClear(v.Config.HTTP1)
	}
	// The answer fits the empty send buffer of a new connection, so this does not wait. A client
	// that is gone gets nothing.
	_ = netx.WriteAtOnce(c, []byte(answer))
}

// What a client is told that nobody will serve.
const (
	fullMessage = "the gateway has as many connections as it may have"
	// fullTLS is a fatal alert, internal_error (RFC 8446 section 6), in a record that needs no key.
	// There is no alert for a server that has too much to do.
	fullTLS = "\x15\x03\x03\x00\x02\x02\x50"
	// fullHTTP2 is what a server with HTTP/2 begins with, SETTINGS, and its end: GOAWAY, in which
	// no stream was processed, with ENHANCE_YOUR_CALM (RFC 9113 sections 6.5 and 6.8).
	fullHTTP2 = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" +
		"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x0b"
)

// fullClear is the answer in clear text. A client that may speak HTTP/1.1 or HTTP/2 is told in
// HTTP/1.1, as nothing was read of it.
func fullClear(http1 bool) string {
	if !http1 {
		return fullHTTP2
	}
	a := heads.Answer{
		Code: gwerr.Overloaded, Message: fullMessage, ID: recall.AppendID(nil), Close: true,
	}
	return string(a.Append(nil))
}
