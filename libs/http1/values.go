package http1

import (
	"bytes"
	"net/netip"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// FieldValue returns the value of a field, by its name in lower case, and false if there is none. A
// field that came more than once has its values joined with ", " (RFC 9110 section 5.3), in memory
// behind dst; the other result is dst with what was appended.
func FieldValue(dst []byte, h *Head, name string) (value, out []byte, ok bool) {
	var first *Field
	joined := -1
	for i := range h.Fields {
		f := &h.Fields[i]
		if int(f.NameEnd-f.Start) != len(name) || !EqualFold(h.Name(f), name) {
			continue
		}
		switch {
		case first == nil:
			first = f
		case joined < 0:
			joined = len(dst)
			dst = append(dst, h.Value(first)...)
			fallthrough
		default:
			dst = append(append(dst, ", "...), h.Value(f)...)
		}
	}
	switch {
	case first == nil:
		return nil, dst, false
	case joined < 0:
		return h.Value(first), dst, true
	}
	return dst[joined:len(dst):len(dst)], dst, true
}

// CookieValue returns the value of the first cookie of a name (RFC 6265 section 5.4), without the
// quotes around it, and false if there is none.
func CookieValue(h *Head, name string) ([]byte, bool) {
	for n, pair := range Cookies(h) {
		_, v, ok := bytes.Cut(pair, []byte{'='})
		if !ok || string(n) != name {
			continue
		}
		v = bytes.TrimSpace(v)
		if n := len(v); n >= 2 && v[0] == '"' && v[n-1] == '"' {
			v = v[1 : n-1]
		}
		return v, true
	}
	return nil, false
}

// QueryValue returns the first value of a parameter of a query, and false if there is none. What is
// percent-encoded or has a plus for a space is decoded in memory behind dst; the other result is
// dst with what was appended. A percent sign that encodes nothing stands for itself.
func QueryValue(dst, query []byte, name string) (value, out []byte, ok bool) {
	query = bytes.TrimPrefix(query, []byte{'?'})
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte{'&'})
		k, v, _ := bytes.Cut(pair, []byte{'='})
		if k, dst = decoded(dst, k); string(k) == name && len(pair) > 0 {
			v, dst = decoded(dst, v)
			return v, dst, true
		}
	}
	return nil, dst, false
}

// decoded decodes a part of a query.
func decoded(dst, b []byte) (value, out []byte) {
	if bytes.IndexByte(b, '%') < 0 && bytes.IndexByte(b, '+') < 0 {
		return b, dst
	}
	start := len(dst)
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(b) && class[b[i+1]]&class[b[i+2]]&cHex != 0:
			c = unhex(b[i+1])<<4 | unhex(b[i+2])
			i += 2
		}
		dst = append(dst, c)
	}
	return dst[start:len(dst):len(dst)], dst
}

// ClientAddress returns the address of the client that a request comes from: remote, or what the
// proxies that are trusted say in X-Forwarded-For. Each of them has put the address it was asked
// from behind those before, so the last one that is not itself a trusted proxy's is the client's. A
// client of a unix socket has an address that is not valid. What is no address ends the chain:
// nobody who is trusted vouches for what stands before it.
func ClientAddress(h *Head, remote netip.Addr, trusted []netip.Prefix) netip.Addr {
	client := remote
	for i := len(h.Fields) - 1; i >= 0; i-- {
		f := &h.Fields[i]
		if f.ID != FieldXForwardedFor {
			continue
		}
		for list := h.Value(f); ; {
			if !hostname.Within(trusted, client) {
				return client
			}
			comma := bytes.LastIndexByte(list, ',')
			entry := bytes.TrimSpace(list[comma+1:])
			if len(entry) > 0 {
				a, ok := hopAddress(entry)
				if !ok {
					return client
				}
				client = a
			}
			if comma < 0 {
				break
			}
			list = list[:comma]
		}
	}
	return client
}

// hopAddress reads an entry of X-Forwarded-For, which may have a port.
func hopAddress(b []byte) (netip.Addr, bool) {
	if len(b) > 64 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(string(b))
	if err != nil {
		var p netip.AddrPort
		if p, err = netip.ParseAddrPort(string(b)); err != nil {
			n := len(b)
			if n < 2 || b[0] != '[' || b[n-1] != ']' {
				return netip.Addr{}, false
			}
			if a, err = netip.ParseAddr(string(b[1 : n-1])); err != nil {
				return netip.Addr{}, false
			}
		} else {
			a = p.Addr()
		}
	}
	return a.Unmap().WithZone(""), true
}
