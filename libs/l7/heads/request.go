package heads

import (
	"bytes"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
	"github.com/gatewayhomebrew/gateway/libs/policy/rewrite"
)

// A Request says how the head of a request goes on to an endpoint.
type Request struct {
	Head *http1.RequestHead
	// Client is who sent it.
	Client *Client
	// Version is the protocol version it came with, for the Via field.
	Version string
	// ID is the request's, for the X-Request-Id field.
	ID []byte
	// Endpoint is the address it goes to.
	Endpoint string
	// Rewrite changes the path.
	Rewrite *rewrite.Prefix
	// Slashes says that doubled slashes in the path go on.
	Slashes bool
	// Pseudonym is the gateway's name in the Via field (RFC 9110 section 7.6.3).
	Pseudonym []byte
	// NoVia leaves Via fields out. The pseudonym goes into a CDN-Loop field (RFC 8586) then, so
	// that a loop is found still.
	NoVia bool
	// Edits change the fields, with what Facts knows of the request.
	Edits http1.EditList
	Facts placeholder.Source
	// Left is how long a gRPC call may still take; 0 for all else. It takes the place of
	// the grpc-timeout field that came.
	Left time.Duration
	// Trace takes the place of the fields of a trace that came; nil: these go on.
	Trace *Trace
	// Continued says that the client has been told to go on with its body, so that the
	// endpoint need not.
	Continued bool
}

// Append appends the head as HTTP/1.1 has it, the empty line at its end included
// (RFC 9110 section 7.6): one framing, the fields of this hop replaced by the
// gateway's. It allocates only if dst has to grow.
func (q *Request) Append(dst []byte) []byte {
	r := q.Head
	dst = append(dst, r.MethodName...)
	dst = append(dst, ' ')
	switch {
	case q.Rewrite.On() && r.Oddities != 0:
		dst = q.Rewrite.Append(dst, r.AppendPath(nil, q.Slashes))
	case q.Rewrite.On():
		dst = q.Rewrite.Append(dst, r.Path)
	default:
		dst = r.AppendPath(dst, q.Slashes)
	}
	dst = q.Edits.AppendQuery(dst, r.Query)
	dst = append(dst, " HTTP/1.1\r\n"...)
	dst, hostWritten := q.appendHost(dst)
	said := forwarded{strips: q.Rewrite.Stripped() != ""}
	dst = q.appendFields(dst, hostWritten, &said)
	dst = q.Edits.Append(dst, q.Facts)
	dst = q.appendFraming(dst)
	dst = q.appendUpgrade(dst)
	ofClient := len(dst)
	dst = q.Client.appendForwarded(dst, r, &said)
	dst = q.appendStripped(dst, &said)
	dst = append(dst, q.Client.Identity...)
	if q.Edits.Forwards() {
		dst = q.Edits.CutOwn(dst, ofClient)
	}
	if q.Trace != nil {
		dst = q.Trace.append(dst, &r.Head, q.Edits)
	}
	dst = append(dst, "X-Request-Id: "...)
	dst = append(dst, q.ID...)
	if q.NoVia {
		dst = append(dst, "\r\nCDN-Loop: "...)
	} else {
		dst = append(dst, "\r\nVia: "...)
		dst = append(dst, q.Version...)
		dst = append(dst, ' ')
	}
	dst = append(dst, q.Pseudonym...)
	return append(dst, "\r\n\r\n"...)
}

// appendHost appends a Host field that is not the one that came, which edits make, or which the
// form of the request needs. It reports whether it has.
func (q *Request) appendHost(dst []byte) ([]byte, bool) {
	r, before := q.Head, len(dst)
	dst = append(dst, "Host: "...)
	dst, edited := q.Edits.AppendHost(dst, q.Facts)
	switch {
	case edited:
	case len(r.Authority) == 0:
		dst = append(dst, q.Endpoint...) // HTTP/1.0 without Host
	case r.Form == http1.AbsoluteForm:
		dst = append(dst, r.Authority...)
	default:
		return dst[:before], false
	}
	return append(dst, "\r\n"...), true
}

// appendFields appends the client's fields that go on as they are. It notes which of the
// fields about the client a trusted proxy has set.
func (q *Request) appendFields(dst []byte, hostWritten bool, said *forwarded) []byte {
	r := q.Head
	l := lines{dst: dst, head: &r.Head}
	named, edited := r.NamesEndHere(), len(q.Edits) > 0
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.ID {
		case http1.FieldOther:
			if q.Left > 0 && bytes.EqualFold(r.Name(f), grpcTimeout) {
				continue // appendFraming writes what is left of it
			}
		case http1.FieldAuthorization, http1.FieldContentType, http1.FieldUserAgent,
			http1.FieldTrailer, http1.FieldCDNLoop:
		case http1.FieldTraceparent, http1.FieldTracestate, http1.FieldB3, http1.FieldXB3:
			if q.Trace != nil {
				continue
			}
		case http1.FieldVia:
			if q.NoVia {
				continue
			}
		case http1.FieldHost:
			if hostWritten {
				continue
			}
		case http1.FieldExpect:
			if r.Minor == 0 || q.Continued {
				continue // RFC 9110 section 10.1.1
			}
		case http1.FieldMaxForwards:
			if r.Method == http1.MethodOptions {
				continue // appendFraming writes it with one less
			}
		case http1.FieldXForwardedFor, http1.FieldXForwardedHost, http1.FieldXForwardedProto,
			http1.FieldXForwarded, http1.FieldForwarded, http1.FieldXRequestID:
			if !q.Client.keeps(r, f, said) {
				continue
			}
		default:
			continue // it ends at this hop, or the gateway writes its own
		}
		if named && r.EndsHere(f) || edited && q.Edits.Drops(r.Name(f)) {
			continue
		}
		l.pass(f, q.Edits)
	}
	l.flush()
	return l.dst
}

// appendStripped appends the field with the prefix that the route strips, behind the one that a
// trusted proxy has stripped before: the two together are in front of the path in the client's URL.
func (q *Request) appendStripped(dst []byte, said *forwarded) []byte {
	if !said.strips {
		return dst
	}
	dst = append(append(dst, forwardedPrefix...), ": "...)
	dst = append(dst, bytes.TrimRight(said.prefix, "/")...)
	dst = append(dst, q.Rewrite.Stripped()...)
	return append(dst, "\r\n"...)
}

// appendFraming appends the fields that say how long the body is, how long the call
// may take and how far the request may go.
func (q *Request) appendFraming(dst []byte) []byte {
	r := q.Head
	switch {
	case r.Chunked:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case r.HasLength:
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, r.ContentLength, 10)
		dst = append(dst, "\r\n"...)
	}
	if q.Left > 0 {
		dst = appendTimeout(dst, q.Left)
	}
	if r.Method == http1.MethodOptions && r.MaxForwards > 0 {
		dst = append(dst, "Max-Forwards: "...)
		dst = strconv.AppendInt(dst, r.MaxForwards-1, 10)
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// appendUpgrade appends the fields about the connection to the endpoint.
func (q *Request) appendUpgrade(dst []byte) []byte {
	r := q.Head
	switch {
	case len(r.Upgrade) > 0 && r.AcceptsTrailers:
		dst = append(dst, "Connection: Upgrade, TE\r\nTE: trailers\r\nUpgrade: "...)
	case len(r.Upgrade) > 0:
		dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
	case r.AcceptsTrailers:
		return append(dst, "Connection: TE\r\nTE: trailers\r\n"...)
	default:
		return dst
	}
	dst = append(dst, r.Upgrade...)
	return append(dst, "\r\n"...)
}
