package http1

import (
	"bytes"
	"net/netip"
)

// target reads a request target in one of its four forms. Its characters have
// been checked.
func (r *RequestHead) target(t []byte) error {
	switch {
	case r.Method == MethodConnect:
		if host, port, ok := splitAuthority(t); !ok || len(host) == 0 || len(port) == 0 {
			return errTargetForm
		}
		r.Form, r.Authority = AuthorityForm, t
		return nil
	case t[0] == '/':
		r.Form = OriginForm
		return r.pathAndQuery(t)
	case len(t) == 1 && t[0] == '*':
		if r.Method != MethodOptions {
			return errTargetForm
		}
		r.Form, r.Path = AsteriskForm, t
		return nil
	}
	rest := t
	switch {
	case len(t) > 7 && EqualFold(t[:7], "http://"):
		rest = t[7:]
	case len(t) > 8 && EqualFold(t[:8], "https://"):
		rest = t[8:]
	default:
		return errTargetForm
	}
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	r.Form, r.Authority = AbsoluteForm, rest[:end]
	if !ValidAuthority(r.Authority) {
		return errHost
	}
	rest = rest[end:]
	switch {
	case len(rest) == 0 && r.Method == MethodOptions:
		r.Path = asterisk // RFC 9112 section 3.2.4
		return nil
	case len(rest) == 0 || rest[0] == '?':
		r.Path, r.Query = root, rest
		return nil
	}
	return r.pathAndQuery(rest)
}

var root, asterisk = []byte("/"), []byte("*")

// ValidAuthority reports whether a is a host, possibly with a port, of the
// kind a Host field or a target of the http scheme may have: not empty, no user
// information, an IPv6 address in brackets.
func ValidAuthority(a []byte) bool {
	host, _, ok := splitAuthority(a)
	return ok && len(host) > 0
}

// splitAuthority cuts uri-host [ ":" port ] (RFC 3986 section 3.2). Of the
// characters a registered name may have, those that mean something in lists,
// templates and shells are left out.
func splitAuthority(a []byte) (host, port []byte, ok bool) {
	host = a
	if len(a) > 0 && a[0] == '[' {
		end := bytes.IndexByte(a, ']')
		if end < 0 || !isIPv6(a[1:end]) {
			return nil, nil, false
		}
		host, a = a[:end+1], a[end+1:]
		if len(a) > 0 && a[0] != ':' {
			return nil, nil, false
		}
	} else if colon := bytes.IndexByte(a, ':'); colon >= 0 {
		host, a = a[:colon], a[colon:]
	} else {
		a = nil
	}
	if len(a) > 0 {
		port = a[1:]
		n, isNumber := parseDecimal(port)
		if len(port) > 0 && (!isNumber || n > 65535) {
			return nil, nil, false
		}
	}
	if len(host) > 0 && host[0] != '[' && !allOf(host, cHost) {
		return nil, nil, false
	}
	return host, port, true
}

func isIPv6(b []byte) bool {
	addr, err := netip.ParseAddr(string(b))
	return err == nil && addr.Is6() && addr.Zone() == ""
}
