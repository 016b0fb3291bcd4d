package http1

import (
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// ErrNeedMore says that the bytes so far are fine and more must come.
var ErrNeedMore = errors.New("http1: more bytes are needed")

// An Error is a message that breaks the protocol or a limit. Code is the answer
// its sender gets when it was a request; Reason says what was wrong, in words
// that are fit to send to that sender.
type Error struct {
	Code   gwerr.Code
	Reason string
}

func (e *Error) Error() string { return e.Code.String() + ": " + e.Reason }

func bad(reason string) *Error { return &Error{gwerr.BadRequest, reason} }

// Made once: an attack must not cost an allocation per message.
var (
	errBareLF    = bad("a line ends in a bare LF; lines end in CRLF")
	errBareCR    = bad("a CR is not followed by LF")
	errObsFold   = bad("a header line begins with white space (obsolete line folding)")
	errNoColon   = bad("a header line has no colon")
	errFieldName = bad("a header field name is empty or has a character that is not allowed " +
		"in one (white space before the colon included)")
	errFieldValue  = bad("a header field value has a control character")
	errUnderscore  = bad("a header field name has an underscore")
	errRequestLine = bad(
		"the request line is not method, target and version with single spaces between them")
	errMethod        = bad("the method is not a token")
	errTarget        = bad("the request target has a character that is not allowed in one")
	errTargetForm    = bad("the request target is not of a form that its method allows")
	errTargetEscape  = bad("the path has an incomplete or malformed percent-encoding")
	errTargetUnsafe  = bad("the path has an encoded NUL")
	errVersionSyntax = bad("the protocol version is malformed")
	errNoHost        = bad("a request of HTTP/1.1 needs a Host field")
	errTwoHosts      = bad("there is more than one Host field")
	errHost          = bad("the host is malformed")
	errBothLengths   = bad("both Transfer-Encoding and Content-Length are present")
	errLengthSyntax  = bad("Content-Length is not a decimal number")
	errTwoLengths    = bad("there are Content-Length fields that differ")
	errCoding        = bad("Transfer-Encoding is not exactly chunked")
	errCodingUnknown = &Error{
		gwerr.NotImplemented, "Transfer-Encoding names a coding other than chunked, " +
			"which is not supported",
	}
	errCodingOld      = bad("Transfer-Encoding is not allowed in HTTP/1.0")
	errConnection     = bad("the Connection field has too many options")
	errConnectionName = bad("the Connection field names a field that must not end at this hop")
	errChunkSize      = bad("a chunk size is malformed")
	errChunkTooLarge  = bad("a chunk size is too large")
	errChunkLine      = bad("a chunk size line is too long")
	errChunkExt       = bad("a chunk extension has a control character or a bare CR or LF")
	errChunkEnd       = bad("a chunk is not followed by CRLF")
	errMaxForwards    = bad("Max-Forwards is not a decimal number")
	errUpgrade        = bad("the Upgrade field is malformed")
	errStatusLine     = bad("the status line is malformed")

	errVersion     = &Error{gwerr.HTTPVersion, "only HTTP/1.1 and HTTP/1.0 are spoken here"}
	errURITooLong  = &Error{gwerr.URITooLong, "the request line is longer than allowed"}
	errHeadTooLong = &Error{gwerr.HeadersTooLarge, "the header section is longer than allowed"}
	errTooMany     = &Error{gwerr.HeadersTooLarge, "there are more header fields than allowed"}
	errTrailerSize = &Error{gwerr.HeadersTooLarge, "the trailer section is longer than allowed"}
)
