package heads

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// A Client is what the endpoints are told of a client. It is the same for all
// requests of a connection.
type Client struct {
	// Address is the client's IP address.
	Address string
	// Scheme and Port are those of the client's URLs: http or https, and the port that it came
	// to, or what the listener says of the world outside.
	Scheme string
	Port   uint16
	// Trusted says that the client is a proxy whose word about clients is taken.
	Trusted bool
	// Identity is the line about the client's certificate, nil for none.
	Identity []byte

	lines []byte // the X-Forwarded-For, -Proto and -Port of most requests
}

// NewClient makes a Client of an address, a scheme and a port; 0 is the scheme's.
func NewClient(address, scheme string, port uint16) Client {
	if port == 0 {
		port = config.SchemePort(scheme)
	}
	c := Client{Address: address, Scheme: scheme, Port: port}
	c.lines = appendLine(c.lines, []byte("X-Forwarded-For"), []byte(address))
	c.lines = appendLine(c.lines, []byte("X-Forwarded-Proto"), []byte(scheme))
	c.lines = appendPort(c.lines, port)
	return c
}

// Outside is what the client's URLs have: the scheme and the port. A trusted proxy says so of its
// own client; the first entry of a list is the outermost proxy's.
func (c *Client) Outside(h *http1.Head) (scheme string, port uint16) {
	scheme, port = c.Scheme, c.Port
	if !c.Trusted {
		return scheme, port
	}
	if f := h.Find(http1.FieldXForwardedProto); f != nil {
		if p := proto(first(h.Value(f))); p != "" && p != scheme {
			scheme, port = p, config.SchemePort(p)
		}
	}
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.ID == http1.FieldXForwarded && isName(h.Name(f), forwardedPort) {
			n, err := strconv.ParseUint(string(first(h.Value(f))), 10, 16)
			if err == nil && n > 0 {
				port = uint16(n)
			}
			break
		}
	}
	return scheme, port
}

// first is the first entry of a list.
func first(list []byte) []byte {
	entry, _, _ := bytes.Cut(list, []byte{','})
	return bytes.TrimSpace(entry)
}

// proto is the scheme that an X-Forwarded-Proto tells of, "" for none that there is. Some proxies
// name WebSocket by its own schemes.
func proto(said []byte) string {
	switch {
	case isName(said, schemeHTTPS), isName(said, []byte("wss")):
		return "https"
	case isName(said, schemeHTTP), isName(said, []byte("ws")):
		return "http"
	}
	return ""
}

func appendPort(dst []byte, port uint16) []byte {
	dst = append(dst, "X-Forwarded-Port: "...)
	dst = strconv.AppendUint(dst, uint64(port), 10)
	return append(dst, "\r\n"...)
}

// forwardedCert is the field that tells endpoints of the client's certificate.
var forwardedCert = []byte("X-Forwarded-Client-Cert")

var (
	forwardedPort   = []byte("X-Forwarded-Port")
	forwardedPrefix = []byte("X-Forwarded-Prefix")
)

// IdentityLine is the header line about a client's certificate; value is as
// tlsconf.Identity.Forwarded gives it.
func IdentityLine(value []byte) []byte { return appendLine(nil, forwardedCert, value) }

// forwarded is what a trusted proxy says of the client.
type forwarded struct {
	host, proto, port, chain, rfc7239 bool
	// prefix is the X-Forwarded-Prefix, which goes before what the route strips.
	prefix []byte
	// strips says that the route strips a prefix.
	strips bool
}

// keeps reports whether a field about the client goes on as it came: only where a
// trusted proxy has sent it, and the gateway does not write its own.
func (c *Client) keeps(r *http1.RequestHead, f *http1.Field, said *forwarded) bool {
	if !c.Trusted || said.replaced(r, f) {
		return false
	}
	return c.Identity == nil || !bytes.EqualFold(r.Name(f), forwardedCert)
}

// replaced notes a field of a trusted proxy, and reports whether the gateway writes
// another in its place.
func (s *forwarded) replaced(r *http1.RequestHead, f *http1.Field) bool {
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
	case http1.FieldXForwarded:
		switch name := r.Name(f); {
		case isName(name, forwardedPort):
			s.port = true
		case s.strips && isName(name, forwardedPrefix):
			s.prefix = r.Value(f)
			return true
		}
	case http1.FieldXRequestID:
		return true
	}
	return false
}

// appendForwarded appends the fields that tell the endpoint about the client.
func (c *Client) appendForwarded(dst []byte, r *http1.RequestHead, said *forwarded) []byte {
	if !said.chain && !said.proto && !said.port {
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
		if !said.port {
			_, port := c.Outside(&r.Head)
			dst = appendPort(dst, port)
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
	if c.Address == hostname.UnixClient {
		dst = append(dst, "unknown"...) // section 6.2: it has no address
	} else if strings.IndexByte(c.Address, ':') >= 0 {
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
