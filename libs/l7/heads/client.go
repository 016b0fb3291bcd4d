package heads

import (
	"bytes"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// A Client is what the endpoints are told of a client. It is the same for all
// requests of a connection.
type Client struct {
	// Address is the client's IP address.
	Address string
	// Scheme is how the client names the connection: http or https.
	Scheme string
	// Trusted says that the client is a proxy whose word about clients is taken.
	Trusted bool
	// Identity is the line about the client's certificate, nil for none.
	Identity []byte

	lines []byte // the X-Forwarded-For and X-Forwarded-Proto of most requests
}

// NewClient makes a Client of an address and a scheme.
func NewClient(address, scheme string) Client {
	c := Client{Address: address, Scheme: scheme}
	c.lines = appendLine(c.lines, []byte("X-Forwarded-For"), []byte(address))
	c.lines = appendLine(c.lines, []byte("X-Forwarded-Proto"), []byte(scheme))
	return c
}

// forwardedCert is the field that tells endpoints of the client's certificate.
var forwardedCert = []byte("X-Forwarded-Client-Cert")

// IdentityLine is the header line about a client's certificate; value is as
// tlsconf.Identity.Forwarded gives it.
func IdentityLine(value []byte) []byte { return appendLine(nil, forwardedCert, value) }

// forwarded is what a trusted proxy says of the client.
type forwarded struct {
	host, proto, chain, rfc7239 bool
}

// keeps reports whether a field about the client goes on as it came: only where a
// trusted proxy has sent it, and the gateway does not write its own.
func (c *Client) keeps(r *http1.RequestHead, f *http1.Field, said *forwarded) bool {
	if !c.Trusted || said.replaced(f) {
		return false
	}
	return c.Identity == nil || !bytes.EqualFold(r.Name(f), forwardedCert)
}

// replaced notes a field of a trusted proxy, and reports whether the gateway writes
// another in its place.
func (s *forwarded) replaced(f *http1.Field) bool {
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

// appendForwarded appends the fields that tell the endpoint about the client.
func (c *Client) appendForwarded(dst []byte, r *http1.RequestHead, said forwarded) []byte {
	if !said.chain && !said.proto {
		dst = append(dst, c.lines...)
	} else {
		dst = append(dst, "X-Forwarded-For: "...)
		dst = appendChain(dst, &r.Head, http1.FieldXForwardedFor)
		dst = append(dst, c.Address...)
		dst = append(dst, "\r\n"...)
		if !said.proto {
			dst = append(dst, "X-Forwarded-Proto: "...)
			dst = append(dst, c.Scheme...)
			dst = append(dst, "\r\n"...)
		}
	}
	if said.rfc7239 {
		dst = append(dst, "Forwarded: "...)
		dst = appendChain(dst, &r.Head, http1.FieldForwarded)
		dst = c.appendElement(dst)
	}
	if !said.host && len(r.Authority) > 0 {
		dst = append(dst, "X-Forwarded-Host: "...)
		dst = append(dst, r.Authority...)
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// appendElement appends the gateway's own element of a Forwarded field
// (RFC 7239 section 4). An IPv6 address stands in brackets.
func (c *Client) appendElement(dst []byte) []byte {
	dst = append(dst, `for="`...)
	if strings.IndexByte(c.Address, ':') >= 0 {
		dst = append(dst, '[')
		dst = append(dst, c.Address...)
		dst = append(dst, ']')
	} else {
		dst = append(dst, c.Address...)
	}
	dst = append(dst, "\";proto="...)
	dst = append(dst, c.Scheme...)
	return append(dst, "\r\n"...)
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
