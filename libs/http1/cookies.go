package http1

import (
	"bytes"
	"iter"
)

// Cookies are the cookies of a request (RFC 6265 section 5.4), in order: the name of each, and the
// whole pair as it came, without blanks around it. What has no equals sign has no name.
func Cookies(h *Head) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, pair []byte) bool) {
		for i := range h.Fields {
			f := &h.Fields[i]
			if f.NameEnd-f.Start != int32(len("cookie")) || !EqualFold(h.Name(f), "cookie") {
				continue
			}
			for rest := h.Value(f); len(rest) > 0; {
				var pair []byte
				pair, rest, _ = bytes.Cut(rest, []byte{';'})
				pair = bytes.TrimSpace(pair)
				name, _, ok := bytes.Cut(pair, []byte{'='})
				if !ok {
					name = nil
				}
				if !yield(bytes.TrimSpace(name), pair) {
					return
				}
			}
		}
	}
}

// AppendCookiesWithout appends a Cookie line with the cookies of a request but for those of a name;
// nothing if there are no others.
func AppendCookiesWithout(dst []byte, h *Head, name string) []byte {
	const field = "Cookie: "
	begin := len(dst)
	for n, pair := range Cookies(h) {
		switch {
		case string(n) == name, len(pair) == 0:
			continue
		case len(dst) == begin:
			dst = append(dst, field...)
		default:
			dst = append(dst, "; "...)
		}
		dst = append(dst, pair...)
	}
	if len(dst) > begin {
		dst = append(dst, "\r\n"...)
	}
	return dst
}
