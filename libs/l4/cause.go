package l4

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// What lies behind the reason of a session that did not go well is here.

// causeOf is what a session ended for; nil where its two sides have ended it by themselves.
func (s *session) causeOf(r Reason) *cause.Cause {
	if r == ClientClosed || r == UpstreamClosed {
		return nil
	}
	t := &s.here.config.Timeouts
	bytes := fmt.Sprintf(", after %d bytes from the client and %d to it", s.in.moved.Load(),
		s.out.moved.Load())
	switch r {
	case ConnectFailed, ConnectTimeout, UpstreamTLS:
		if s.cause == nil || s.endpoint == nil {
			break
		}
		text := "endpoint " + s.endpoint.Shown + ": " + s.cause.Text
		if n := len(s.tries); n > 1 && s.up == nil {
			text = fmt.Sprintf("none of %d endpoints took the connection; the last, %s", n, text)
		}
		return s.cause.With(text)
	case IdleTimeout:
		what, key, limit := "no byte came either way", "timeouts.idle of the listener", t.Idle
		if s.half.Load() && s.idle() == t.HalfClosed {
			what = "one side had ended, and no byte came"
			key, limit = "timeouts.half_closed of the listener", t.HalfClosed
		}
		c := cause.Late(cause.Silence, what, key, limit)
		return c.With(c.Text + bytes)
	case OverallTimeout:
		return &cause.Cause{
			Kind: cause.Lasted, Key: "timeouts.overall of the listener",
			Limit: cause.Short(t.Overall),
			Text: "the session lasted for " + cause.Short(t.Overall) +
				" (timeouts.overall of the listener)" + bytes,
		}
	case UpstreamReset:
		c := s.told.Load()
		if c == nil {
			c = cause.New(cause.Reset, "it reset the connection")
		}
		return c.With("endpoint " + s.endpoint.Shown + ": " + c.Text + bytes)
	case ClientReset:
		return cause.New(cause.ClientClosed, "the client reset the connection, or no longer "+
			"answers"+bytes)
	case DrainTimeout:
		return s.outlasted(cause.Drained, "the gateway was stopping", bytes)
	case ReloadTimeout:
		return s.outlasted(cause.Reloaded, "a reload took its listener or cluster away", bytes)
	}
	if c := s.told.Load(); c != nil {
		return c
	}
	return cause.New(cause.Internal, strings.TrimSuffix(r.Meaning(), "."))
}

// outlasted is a session that was to end for what, and did not by itself.
func (s *session) outlasted(k cause.Kind, what, bytes string) *cause.Cause {
	limit := cause.Short(s.here.drain)
	return &cause.Cause{
		Kind: k, Key: "drain.timeout", Limit: limit,
		Text: fmt.Sprintf("%s, and the session outlasted drain.timeout (%s)%s", what, limit, bytes),
	}
}

// brokenBy is how the connection to an endpoint broke, with err; nil where it did not.
func brokenBy(err error) *cause.Cause {
	switch {
	case errors.Is(err, netx.ErrInterrupted), errors.Is(err, netx.ErrTimeout):
		return nil
	case errors.Is(err, syscall.ECONNRESET):
		return cause.New(cause.Reset, "it reset the connection")
	case errors.Is(err, syscall.EPIPE):
		return cause.New(cause.Closed, "it had closed the connection, and takes nothing more")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return cause.New(cause.Closed, "it ended TLS without a word (no close_notify)")
	}
	return cause.New(cause.Unreachable, "the connection broke: "+cause.Plain(err.Error()))
}

// unrouted is a name that no cluster is for.
func unrouted(name []byte) *cause.Cause {
	if len(name) == 0 {
		return cause.New(cause.NoRoute, "the client names no server (SNI), and the listener has "+
			"no cluster for the rest")
	}
	return cause.New(cause.NoRoute, "none of the listener's names is "+cause.Quote(name)+
		", the client's server name (SNI), and it has no cluster for the rest")
}

// slowHead is a client that did not send what the listener waits for.
func (s *session) slowHead(h *head) *cause.Cause {
	what := "the ClientHello was not complete"
	if s.here.config.ProxyProtocol {
		what = "the PROXY header, or the ClientHello, was not complete"
	}
	c := cause.Late(cause.ClientSlow, what, "timeouts.connect of the listener",
		s.here.config.Timeouts.Connect)
	return c.With(fmt.Sprintf("%s, and %d bytes had come", c.Text, len(h.bytes())))
}

// full is why there is no connection to an endpoint.
func (s *session) full(err error) *cause.Cause {
	c := s.cluster.Load()
	switch {
	case netx.Exhausted(err):
		return c.Exhausted(err)
	case errors.Is(err, upstream.ErrLineFull):
		return c.LineFull("sessions")
	}
	in := c.InUse()
	return in.With(in.Text + "; none became free within " + cause.Short(time.Since(s.start)))
}

// crowded is a connection over a limit on those of clients.
func crowded(l *Listener) *cause.Cause {
	most := fmt.Sprint(l.Config().Limits.MaxConnections)
	if l.Connections() >= l.Config().Limits.MaxConnections {
		return cause.Over(cause.Connections, "the listener has as many connections as it may",
			"limits.max_connections of the listener", most, "")
	}
	return cause.New(cause.Connections, "the process has as many connections, or descriptors, as "+
		"it may (limits.max_connections, or ulimit -n)")
}
