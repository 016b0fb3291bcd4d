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
			for name, pair := range pairs(h.Value(f)) {
				if !yield(name, pair) {
					return
				}
			}
		}
	}
}

// pairs are the cookies of one field.
func pairs(value []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, pair []byte) bool) {
		for rest := value; len(rest) > 0; {
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
