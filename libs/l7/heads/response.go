package heads

import (
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
)

// A Response says how the head of a response goes on to a client.
type Response struct {
	Head *http1.ResponseHead
	// Request is the head of the request it answers.
	Request *http1.RequestHead
	// ID is the request's; it is told to the client unless the endpoint has done so.
	ID []byte
	// Edits change the fields, with what Facts knows of the request. To an interim response (1xx)
	// they add none.
	Edits http1.EditList
	Facts placeholder.Source
	// Framing says how the body goes to the client.
	Framing Framing
}

// Append appends the head as HTTP/1.1 has it, the empty line at its end included.
// It allocates only if dst has to grow.
func (p *Response) Append(dst []byte) []byte {
	r := p.Head
	dst = appendStatus(dst, r.Status)
	dst = append(dst, r.Reason()...)
	dst = append(dst, "\r\n"...)
	dst, hasID := p.appendFields(dst, p.Edits)
	if !r.Informational() || r.Status == 101 {
		// What is added is about the response that follows; what is left out must not get
		// through in an interim one.
		dst = p.Edits.Append(dst, p.Facts)
	}
	if p.Framing.Chunked {
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	switch {
	case r.Status == 101:
		dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
		dst = append(dst, p.Request.Upgrade...)
		dst = append(dst, "\r\n"...)
	case r.Informational():
		return append(dst, "\r\n"...)
	case p.requiresUpgrade():
		if p.Framing.Close {
			dst = append(dst, "Connection: close, Upgrade\r\n"...)
		} else {
			dst = append(dst, "Connection: Upgrade\r\n"...)
		}
	case p.Framing.Close:
		dst = append(dst, "Connection: close\r\n"...)
	case p.Request.Minor == 0:
		dst = append(dst, "Connection: keep-alive\r\n"...)
	}
	if !hasID {
		dst = append(dst, "X-Request-Id: "...)
		dst = append(dst, p.ID...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// requiresUpgrade tells of a 426, which says nothing without its Upgrade field (RFC 9110
// section 15.5.22). The gateway switches a connection to what the client asks for, so
// the field holds for this hop too. HTTP/1.0 has no upgrade.
func (p *Response) requiresUpgrade() bool {
	return p.Head.Status == 426 && p.Request.Minor != 0 && p.Head.Find(http1.FieldUpgrade) != nil
}

// appendFields appends the endpoint's fields that go on as they are. It reports
// whether one of them is X-Request-Id.
func (p *Response) appendFields(dst []byte, edits http1.EditList) (_ []byte, hasID bool) {
	r := p.Head
	l := lines{dst: dst, head: &r.Head}
	named, hasLength, edited := r.NamesEndHere(), false, len(edits) > 0
	for i := range r.Fields {
		f := &r.Fields[i]
		switch f.ID {
		case http1.FieldConnection, http1.FieldKeepAlive, http1.FieldProxyConnection,
			http1.FieldTE, http1.FieldTransferEncoding:
			continue
		case http1.FieldUpgrade:
			if p.requiresUpgrade() && !edits.Drops(r.Name(f)) {
				l.keep(f)
			}
			continue
		case http1.FieldContentLength:
			if p.Framing.Length < 0 || hasLength {
				continue
			}
			hasLength = true
		case http1.FieldXRequestID:
			hasID = true
		}
		if named && r.EndsHere(f) || edited && edits.Drops(r.Name(f)) {
			continue
		}
		l.pass(f, edits)
	}
	l.flush()
	return l.dst, hasID
}

// appendStatus appends a status line up to its reason phrase.
func appendStatus(dst []byte, status int) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	return append(dst, byte('0'+status/100), byte('0'+status/10%10), byte('0'+status%10), ' ')
}
