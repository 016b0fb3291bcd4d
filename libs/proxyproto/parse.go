package proxyproto

import (
	"errors"
	"net/netip"
)

// MaxBytes is the longest header that Parse accepts. Version 2 has room for more,
// for extensions that nobody here asks for; real ones stay far below.
const MaxBytes = 4096

// ErrNeedMore says that the bytes may be the beginning of a header.
var ErrNeedMore = errors.New("the PROXY header is not complete")

// An Error says what is wrong with a header.
type Error struct{ Reason string }

// Error names the protocol and the reason.
func (e *Error) Error() string { return "no valid PROXY header: " + e.Reason }

func refuse(reason string) error { return &Error{reason} }

// A Header is what a proxy said about a connection.
type Header struct {
	Version int // 1 or 2
	// Local says that the proxy speaks for itself, as in a health check: there is no
	// client behind the connection.
	Local bool
	// Source is the client, Destination what it connected to. Both are invalid where
	// the proxy is silent about them (Local, UNKNOWN, address families without ports);
	// the addresses of the connection itself then count.
	Source, Destination netip.AddrPort
}

// Parse reads the header at the start of b and returns how many bytes it is long. The
// error is ErrNeedMore or an *Error.
func Parse(b []byte) (h Header, n int, err error) {
	if len(b) == 0 {
		return h, 0, ErrNeedMore
	}
	if b[0] == signature[0] {
		return parse2(b)
	}
	return parse1(b)
}

// begins reports whether b is the beginning of a text that starts with prefix, as far
// as both go.
func begins(b []byte, prefix string) bool {
	n := min(len(b), len(prefix))
	return string(b[:n]) == prefix[:n]
}
