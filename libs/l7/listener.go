package l7

import (
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/l7/exchange"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// A Listener accepts the HTTP connections of one address.
type Listener struct {
	*door.Listener
	engine *Engine
	view   atomic.Pointer[exchange.View]
}

// Config is the listener's configuration in force.
func (l *Listener) Config() *config.Listener { return l.view.Load().Config }

// Metrics count its connections.
func (l *Listener) Metrics() *metrics.Listener { return l.view.Load().Metrics }

// TLS is what the listener shows to clients, nil on plain text.
func (l *Listener) TLS() *tlsconf.Server { return l.view.Load().TLS }

// Close ends a listener whose Serve was never called.
func (l *Listener) Close() {
	l.Listener.Close()
	l.engine.forget(l)
}

// Welcome makes what serves a connection.
func (l *Listener) Welcome(sock *netx.Sock) door.Conn { return newConn(l, sock) }

// Serve serves requests until the connection ends or is parked.
func (c *conn) Serve(p *door.Place) {
	c.place = p
	c.serve((*conn).begin)
}

// Orphaned is false: the next request goes where the plan in force says.
func (c *conn) Orphaned() bool { return false }

// EndIfIdle closes the connection after the request it serves, at once if it serves none.
func (c *conn) EndIfIdle() { c.endIfIdle() }

// Cut ends the connection whatever it is doing.
func (c *conn) Cut(door.Cause) { c.cutNow() }
