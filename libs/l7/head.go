package l7

import (
	"bytes"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

const via = "gateway"

// appendConnFields appends the request fields that are the same for every
// request of a connection.
func appendConnFields(dst []byte, client, scheme string) []byte {
	dst = append(dst, "X-Forwarded-For: "...)
	dst = append(dst, client...)
	dst = append(dst, "\r\nX-Forwarded-Proto: "...)
	dst = append(dst, scheme...)
	return append(dst, "\r\n"...)
}

// lines copies header lines; neighbours that are kept as they are go in one piece.
type lines struct {
	dst        []byte
	head       *http1.Head
	start, end int32 // the run not copied yet
}

func (l *lines) keep(f *http1.Field) {
	if !f.Plain {
		l.flush()
		l.dst = append(l.dst, l.head.Name(f)...)
		l.dst = append(l.dst, ": "...)
		l.dst = append(l.dst, l.head.Value(f)...)
		l.dst = append(l.dst, "\r\n"...)
		return
	}
	if f.Start != l.end {
		l.flush()
		l.start = f.Start
	}
	l.end = f.End
}

func (l *lines) flush() {
	if l.end > l.start {
		l.dst = append(l.dst, l.head.Bytes(l.start, l.end)...)
	}
	l.start, l.end = 0, 0
}

// appendRequestHead appends the request's head as it goes upstream
// (RFC 9110 section 7.6): one framing, the fields of this hop replaced by ours.
func (x *exchange) appendRequestHead(dst []byte) []byte {
	r := &x.req
	dst = append(dst, r.MethodName...)
	dst = append(dst, ' ')
	if x.route.Rewrite.On() {
		dst = x.route.Rewrite.Append(dst, r.Path)
	} else {
		dst = append(dst, r.Path...)
	}
	dst = append(dst, r.Query...)
	dst = append(dst, " HTTP/1.1\r\n"...)
	edits := x.route.Request
	rewriteHost := r.Form == http1.AbsoluteForm || len(r.Authority) == 0 || edits != nil && edits.Host != ""
	if rewriteHost {
		dst = append(dst, "Host: "...)
		if edits != nil && edits.Host != "" {
			dst = append(dst, edits.Host...)
		} else if len(r.Authority) > 0 {
			dst = append(dst, r.Authority...)
		} else {
			dst = append(dst, x.endpoint.Address...) // HTTP/1.0 without Host
		}
		dst = append(dst, "\r\n"...)
	}

	l := lines{dst: dst, head: &r.Head}
	named := r.NamesEndHere()
	var said forwarded
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.ID {
		case http1.FieldOther:
			if x.grpc.on && x.isGRPCTimeout(f) {
				continue // written below, less
			}
		case http1.FieldAuthorization, http1.FieldContentType, http1.FieldUserAgent, http1.FieldTrailer, http1.FieldVia:
		case http1.FieldHost:
			if rewriteHost {
				continue
			}
		case http1.FieldExpect:
			if r.Minor == 0 {
				continue // RFC 9110 section 10.1.1
			}
		case http1.FieldMaxForwards:
			if r.Method == http1.MethodOptions {
				continue // written below, one less
			}
		case http1.FieldXForwardedFor, http1.FieldXForwardedHost, http1.FieldXForwardedProto,
			http1.FieldXForwarded, http1.FieldForwarded, http1.FieldXRequestID:
			if !x.peer.trusted || said.note(f) || x.peer.identity != nil && bytes.EqualFold(r.Name(f), forwardedClient) {
				continue
			}
		default:
			continue // ends at this hop, or is written below
		}
		if named && r.EndsHere(f) || edits.Drops(r.Name(f)) {
			continue
		}
		l.keep(f)
	}
	l.flush()
	dst = edits.Append(l.dst)

	switch {
	case r.Chunked:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case r.HasLength:
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, r.ContentLength, 10)
		dst = append(dst, "\r\n"...)
	}
	if left := x.grpc.left(); left > 0 {
		dst = appendGRPCTimeout(dst, left)
	}
	if r.Method == http1.MethodOptions && r.MaxForwards > 0 {
		dst = append(dst, "Max-Forwards: "...)
		dst = strconv.AppendInt(dst, r.MaxForwards-1, 10)
		dst = append(dst, "\r\n"...)
	}
	switch {
	case len(r.Upgrade) > 0 && r.AcceptsTrailers:
		dst = append(dst, "Connection: Upgrade, TE\r\nTE: trailers\r\nUpgrade: "...)
	case len(r.Upgrade) > 0:
		dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
	case r.AcceptsTrailers:
		dst = append(dst, "Connection: TE\r\nTE: trailers\r\n"...)
	}
	if len(r.Upgrade) > 0 {
		dst = append(dst, r.Upgrade...)
		dst = append(dst, "\r\n"...)
	}
	dst = x.peer.appendForwarded(dst, r, &said)
	dst = append(dst, x.peer.identity...)
	dst = append(dst, "X-Request-Id: "...)
	dst = append(dst, x.id...)
	dst = append(dst, "\r\nVia: "...)
	dst = append(dst, x.down.version(x)...)
	return append(dst, " "+via+"\r\n\r\n"...)
}

// forwarded is what a trusted proxy says of the client.
type forwarded struct {
	host, proto, chain, rfc7239 bool
}

// note reports whether a field from a trusted proxy is replaced.
func (s *forwarded) note(f *http1.Field) bool {
	switch f.ID {
	case http1.FieldXForwardedHost:
		s.host = true
	case http1.FieldXForwardedProto:
		s.proto = true
	case http1.FieldXForwardedFor:
		s.chain = true
		return true
	case http1.FieldForwarded:
		s.rfc7239 = true
		return true
	case http1.FieldXRequestID:
		return true
	}
	return false
}

// appendForwarded appends the fields that tell the upstream about the client.
func (p *peer) appendForwarded(dst []byte, r *http1.RequestHead, said *forwarded) []byte {
	if !said.chain && !said.proto {
		dst = append(dst, p.forward...)
	} else {
		dst = append(dst, "X-Forwarded-For: "...)
		dst = appendChain(dst, &r.Head, http1.FieldXForwardedFor)
		dst = append(dst, p.client...)
		dst = append(dst, "\r\n"...)
		if !said.proto {
			dst = append(dst, "X-Forwarded-Proto: "...)
			dst = append(dst, p.scheme()...)
			dst = append(dst, "\r\n"...)
		}
	}
	if said.rfc7239 {
		dst = append(dst, "Forwarded: "...)
		dst = appendChain(dst, &r.Head, http1.FieldForwarded)
		dst = append(dst, `for="`...)
		if bytes.IndexByte([]byte(p.client), ':') >= 0 {
			dst = append(dst, '[')
			dst = append(dst, p.client...)
			dst = append(dst, ']')
		} else {
			dst = append(dst, p.client...)
		}
		dst = append(dst, "\";proto="...)
		dst = append(dst, p.scheme()...)
		dst = append(dst, "\r\n"...)
	}
	if !said.host && len(r.Authority) > 0 {
		dst = append(dst, "X-Forwarded-Host: "...)
		dst = append(dst, r.Authority...)
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// appendChain appends the values of all fields of one name, each with a comma
// behind it.
func appendChain(dst []byte, h *http1.Head, id http1.FieldID) []byte {
	for i := range h.Fields {
		if f := &h.Fields[i]; f.ID == id && f.ValueEnd > f.ValueStart {
			dst = append(dst, h.Value(f)...)
			dst = append(dst, ", "...)
		}
	}
	return dst
}

// appendResponseHead appends the response's head as it goes to the client.
func appendResponseHead(dst []byte, x *exchange, f framing) []byte {
	r := &x.resp
	dst = append(dst, "HTTP/1.1 "...)
	dst = append(dst, byte('0'+r.Status/100), byte('0'+r.Status/10%10), byte('0'+r.Status%10), ' ')
	dst = append(dst, r.Reason()...)
	dst = append(dst, "\r\n"...)
	l := lines{dst: dst, head: &r.Head}
	named, hasID, hasLength := r.NamesEndHere(), false, false
	edits := x.route.Response
	if r.Informational() && r.Status != 101 {
		edits = nil // it is about the response to come
	}
	for i := range r.Fields {
		fd := &r.Fields[i]
		switch fd.ID {
		case http1.FieldConnection, http1.FieldKeepAlive, http1.FieldProxyConnection, http1.FieldTE,
			http1.FieldTransferEncoding, http1.FieldUpgrade:
			continue
		case http1.FieldContentLength:
			if f.length < 0 || hasLength {
				continue
			}
			hasLength = true
		case http1.FieldXRequestID:
			hasID = true
		}
		if named && r.EndsHere(fd) || edits.Drops(r.Name(fd)) {
			continue
		}
		l.keep(fd)
	}
	l.flush()
	dst = edits.Append(l.dst)
	if f.chunked {
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	switch {
	case r.Status == 101:
		dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
		dst = append(dst, x.req.Upgrade...)
		dst = append(dst, "\r\n"...)
	case r.Informational():
		return append(dst, "\r\n"...)
	case f.close:
		dst = append(dst, "Connection: close\r\n"...)
	case x.req.Minor == 0:
		dst = append(dst, "Connection: keep-alive\r\n"...)
	}
	if !hasID {
		dst = append(dst, "X-Request-Id: "...)
		dst = append(dst, x.id...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}
