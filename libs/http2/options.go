package http2

import "time"

// Options are the limits of a connection. A zero value means the default.
type Options struct {
	// MaxStreams is how many requests may be open at once.
	MaxStreams int
	// StreamWindow and ConnWindow are how many bytes of request bodies may be on
	// their way, in one stream and in all: so much may be held here.
	StreamWindow, ConnWindow int
	// MaxStreamWindow and MaxConnWindow are what they may grow to where bytes are
	// long on their way and read fast.
	MaxStreamWindow, MaxConnWindow int
	// HeadBytes and HeadFields bound a request head, counted as
	// SETTINGS_MAX_HEADER_LIST_SIZE is: 32 bytes are added for each field.
	HeadBytes, HeadFields int
	// HeaderTime bounds the wait for the client preface, and for a header block
	// that has begun.
	HeaderTime time.Duration
	// BodyIdle bounds each wait of a stream for bytes of a body, either way.
	BodyIdle time.Duration
	// KeepAlive is how long a connection may be without a stream.
	KeepAlive time.Duration
	// ExtendedConnect lets clients open tunnels with CONNECT and :protocol (RFC 8441).
	ExtendedConnect bool
	// AnswerMalformed gives malformed requests to the handler too, which has to answer those
	// whose Request.Wrong is not nil with 400. Their streams are reset behind the answer, as
	// they would be without it (RFC 9113 section 8.1.1).
	AnswerMalformed bool
	// OnRefused is told, in the goroutine of Serve, of a stream beyond MaxStreams, which was reset
	// with REFUSED_STREAM and never reaches the handler. It must not block.
	OnRefused func()
	// OnPanic is told of a panic of the handler, which ends only its stream.
	OnPanic func(value any, stack []byte)
}

// The defaults of Options.
const (
	DefaultMaxStreams   = 100
	DefaultStreamWindow = 64 << 10
	DefaultConnWindow   = 1 << 20
	DefaultMaxStream    = 1 << 20
	DefaultMaxConn      = 4 << 20
	DefaultHeadBytes    = 32 << 10
	DefaultHeadFields   = 100
	DefaultHeaderTime   = 10 * time.Second
	DefaultBodyIdle     = 30 * time.Second
	DefaultKeepAlive    = 75 * time.Second
)

func (o Options) withDefaults() Options {
	number := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	number(&o.MaxStreams, DefaultMaxStreams)
	number(&o.StreamWindow, DefaultStreamWindow)
	number(&o.ConnWindow, DefaultConnWindow)
	// A connection's window begins at its initial size and can only grow
	// (RFC 9113 section 6.9.2); none may be above maxWindow.
	o.ConnWindow = min(max(o.ConnWindow, initialWindow), maxWindow)
	o.StreamWindow = min(o.StreamWindow, maxWindow)
	number(&o.MaxStreamWindow, DefaultMaxStream)
	number(&o.MaxConnWindow, DefaultMaxConn)
	o.MaxStreamWindow = min(max(o.MaxStreamWindow, o.StreamWindow), maxWindow)
	o.MaxConnWindow = min(max(o.MaxConnWindow, o.ConnWindow), maxWindow)
	number(&o.HeadBytes, DefaultHeadBytes)
	number(&o.HeadFields, DefaultHeadFields)
	span := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	span(&o.HeaderTime, DefaultHeaderTime)
	span(&o.BodyIdle, DefaultBodyIdle)
	span(&o.KeepAlive, DefaultKeepAlive)
	return o
}
