package compress

import (
	"bytes"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// seen is what of a response's fields decides whether it is coded: as the client would get them,
// with the edits of other policies.
type seen struct {
	kind    []byte // Content-Type
	tag     []byte // ETag
	vary    []byte // all of Vary
	varies  bool   // with Accept-Encoding already, or with everything
	coded   bool   // it has a Content-Encoding, other than identity
	cookies bool
	whole   bool // it may not be changed: no-transform, a part, or a digest of its bytes
}

// look reads the fields of a response.
func look(r *policy.Request, h *policy.Response) (s seen) {
	for i := range h.Head.Fields {
		f := &h.Head.Fields[i]
		if name := h.Head.Name(f); !h.Edits.Drops(name) {
			s.field(name, h.Head.Value(f))
		}
	}
	if len(h.Edits) == 0 {
		return s
	}
	for rest := h.Edits.Append(nil, r); len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
		name, value, _ := bytes.Cut(line, []byte{':'})
		s.field(name, bytes.TrimSpace(value))
	}
	return s
}

func (s *seen) field(name, value []byte) {
	is := http1.EqualFold
	switch len(name) {
	case len("etag"):
		switch {
		case is(name, "etag"):
			s.tag = value
		case is(name, "vary"):
			s.varying(value)
		}
	case len("digest"):
		s.whole = s.whole || is(name, "digest")
	case len("trailer"):
		s.whole = s.whole || is(name, "trailer") && names(value, digests[:]...)
	case len("set-cookie"):
		s.cookies = s.cookies || is(name, "set-cookie")
	case len("repr-digest"):
		s.whole = s.whole || is(name, "repr-digest") || is(name, "content-md5")
	case len("content-type"):
		if is(name, "content-type") {
			s.kind = value
		}
	case len("cache-control"):
		s.whole = s.whole || is(name, "cache-control") && names(value, "no-transform") ||
			is(name, "content-range")
	case len("content-digest"):
		s.whole = s.whole || is(name, "content-digest")
	case len("content-encoding"):
		s.coded = s.coded || is(name, "content-encoding") && !is(value, "identity") &&
			len(value) > 0
	}
}

// digests are fields with a digest of a body's bytes as they are sent, which are others once it is
// coded: RFC 9530 sections 2 and 3, and the older ones that it takes the place of. Repr-Digest too
// is about the bytes with their Content-Encoding. Such a response is not coded: to leave the field
// out would take away a check that the endpoint has asked for, and a signature (RFC 9421) may be
// over it.
var digests = [...]string{"content-digest", "repr-digest", "digest", "content-md5"}

func (s *seen) varying(value []byte) {
	if len(s.vary) == 0 {
		s.vary = value
	} else {
		s.vary = append(append(append([]byte(nil), s.vary...), ", "...), value...)
	}
	s.varies = s.varies || names(value, "accept-encoding", "*")
}

// names reports whether one of the members of a list is one of those, which are in lower case. What
// stands behind "=" or ";" in a member does not count.
func names(list []byte, wanted ...string) bool {
	for len(list) > 0 {
		var member []byte
		member, list = http1.CutMember(list, ',')
		if i := bytes.IndexAny(member, "=;"); i >= 0 {
			member = member[:i]
		}
		member = bytes.Trim(member, " \t\"")
		for _, w := range wanted {
			if http1.EqualFold(member, w) {
				return true
			}
		}
	}
	return false
}

// asksForNoTransform reports whether a request says that its response may not be changed (RFC 9111
// section 5.2.1.6).
func asksForNoTransform(h *http1.RequestHead) bool {
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.ID == http1.FieldOther && http1.EqualFold(h.Name(f), "cache-control") &&
			names(h.Value(f), "no-transform") {
			return true
		}
	}
	return false
}

// hasWeak reports whether a request's If-None-Match has the weak form of a strong tag: the client
// has the coded form of the response.
func hasWeak(h *http1.RequestHead, tag []byte) bool {
	if len(tag) == 0 || tag[0] != '"' {
		return false
	}
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.ID != http1.FieldOther || !http1.EqualFold(h.Name(f), "if-none-match") {
			continue
		}
		for v := h.Value(f); ; {
			at := bytes.Index(v, tag)
			if at < 0 {
				break
			}
			if bytes.HasSuffix(v[:at], []byte("W/")) {
				return true
			}
			v = v[at+len(tag):]
		}
	}
	return false
}
