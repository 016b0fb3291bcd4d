package http2

import "time"

// ClientOptions are the limits of a connection to a server. A zero value means the
// default.
type ClientOptions struct {
	// MaxStreams is how many requests may be under way at once. The server may
	// allow fewer.
	MaxStreams int
	// StreamWindow and ConnWindow are how many bytes of responses may be on their
	// way, in one stream and in all: so much may be held here. The windows of
	// streams together stay below that of the connection, if it is the default or
	// large enough, so that one response that nobody reads stops no other.
	StreamWindow, ConnWindow int
	// MaxStreamWindow and MaxConnWindow are what they may grow to where bytes are
	// long on their way and read fast.
	MaxStreamWindow, MaxConnWindow int
	// HeadBytes and HeadFields bound the head of a response, counted as
	// SETTINGS_MAX_HEADER_LIST_SIZE is: 32 bytes are added for each field.
	HeadBytes, HeadFields int
	// ControlCharacters lets field values have control characters, but for NUL, CR and LF,
	// which RFC 9113 section 8.2.1 forbids.
	ControlCharacters bool
	// HeaderTime bounds the wait for the server's first SETTINGS, and for a header
	// block that has begun.
	HeaderTime time.Duration
	// PingAfter is for how long nothing may come while streams are open before the
	// server is asked whether it is there, PingTime how long it may take to answer.
	PingAfter, PingTime time.Duration
	// OnRoom is called when there is room for another stream again, once for each;
	// OnLeave once, when no streams can be opened any more. Neither may call the
	// Client, or wait.
	OnRoom, OnLeave func()
}

// The defaults of ClientOptions, where they are not those of Options. ConnWindow is
// by default twice what all streams may hold.
const (
	DefaultResponseBytes  = 64 << 10
	DefaultResponseFields = 256
	DefaultPingAfter      = 15 * time.Second
	DefaultPingTime       = 5 * time.Second
)

func (o ClientOptions) withDefaults() ClientOptions {
	if o.MaxStreams <= 0 {
		o.MaxStreams = DefaultMaxStreams
	}
	if o.StreamWindow <= 0 {
		o.StreamWindow = DefaultStreamWindow
	}
	if o.ConnWindow <= 0 {
		o.ConnWindow = int(min(2*int64(o.MaxStreams)*int64(o.StreamWindow), maxWindow))
	}
	if o.HeadBytes <= 0 {
		o.HeadBytes = DefaultResponseBytes
	}
	if o.HeadFields <= 0 {
		o.HeadFields = DefaultResponseFields
	}
	if o.PingAfter <= 0 {
		o.PingAfter = DefaultPingAfter
	}
	if o.PingTime <= 0 {
		o.PingTime = DefaultPingTime
	}
	return o
}

// link are the options that both ends have.
func (o ClientOptions) link() Options {
	return Options{
		MaxStreams:   o.MaxStreams,
		StreamWindow: o.StreamWindow, ConnWindow: o.ConnWindow,
		MaxStreamWindow: o.MaxStreamWindow, MaxConnWindow: o.MaxConnWindow,
		HeadBytes: o.HeadBytes, HeadFields: o.HeadFields, HeaderTime: o.HeaderTime,
	}.withDefaults()
}
