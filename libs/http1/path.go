package http1

import "bytes"

// Oddities are what of a path may be read in more ways than one. They are a set.
type Oddities uint8

// The things that endpoints read differently.
const (
	// EncodedSlash is %2F, which ends a segment for some.
	EncodedSlash Oddities = 1 << iota
	// EncodedBackslash is %5C, which is a slash for some.
	EncodedBackslash
	// Parameters is a semicolon, also as %3B: for some the rest of its segment is no part of
	// the path (RFC 3986 section 3.3).
	Parameters
	// DoubledSlashes says that there were such before they were merged.
	DoubledSlashes
	// smallDigits says that there was %2f or %5c in lower case, which stays so on the way.
	smallDigits
)

// inQuery reports whether c, which no path may have, may stand behind the beginning of a
// target: a backslash in its query, as browsers send it.
func inQuery(before []byte, c byte) bool {
	return c == '\\' && bytes.IndexByte(before, '?') >= 0
}

func (r *RequestHead) pathAndQuery(t []byte) error {
	path := t
	if q := bytes.IndexByte(t, '?'); q >= 0 {
		path, r.Query = t[:q], t[q:]
	}
	if isNormal(path) {
		r.Path = path
		return nil
	}
	r.raw = path
	out, odd, err := appendDecoded(r.scratch[:0], path, false)
	if err == nil {
		out = out[:removeDots(out)]
	}
	r.scratch, r.Path, r.Oddities = out, out, odd
	return err
}

// isNormal reports whether normalising a path would surely change nothing, and there is
// nothing odd about it.
func isNormal(path []byte) bool {
	var last byte
	for _, c := range path {
		if c == '%' || c == ';' || last == '/' && (c == '/' || c == '.') {
			return false
		}
		last = c
	}
	return true
}

// appendDecoded appends path, which begins with a slash, with its unreserved characters
// decoded and other encodings in upper case (RFC 3986 section 6.2.2). With keep %2f and %5c
// stay in lower case. It tells what is odd about it.
func appendDecoded(dst, path []byte, keep bool) (out []byte, odd Oddities, err error) {
	var last byte
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c != '%' {
			switch {
			case c == ';':
				odd |= Parameters
			case c == '/' && last == '/':
				odd |= DoubledSlashes
			}
			last = c
			dst = append(dst, c)
			continue
		}
		last = 0
		if i+2 >= len(path) || class[path[i+1]]&cHex == 0 || class[path[i+2]]&cHex == 0 {
			return dst, odd, errTargetEscape
		}
		digits := path[i+1 : i+3]
		v := unhex(digits[0])<<4 | unhex(digits[1])
		i += 2
		switch {
		case v == 0:
			return dst, odd, errTargetUnsafe
		case class[v]&cUnreserved != 0:
			dst = append(dst, v)
			continue
		case v == '/':
			odd |= EncodedSlash
		case v == '\\':
			odd |= EncodedBackslash
		case v == ';':
			odd |= Parameters
		}
		if odd |= smallOf(v, digits); keep && (v == '/' || v == '\\') {
			dst = append(dst, '%', digits[0], digits[1])
			continue
		}
		const upper = "0123456789ABCDEF"
		dst = append(dst, '%', upper[v>>4], upper[v&15])
	}
	return dst, odd, nil
}

// smallOf is smallDigits for a slash or backslash whose digits are in lower case.
func smallOf(v byte, digits []byte) Oddities {
	if (v == '/' || v == '\\') && digits[1] >= 'a' {
		return smallDigits
	}
	return 0
}

// removeDots merges slashes and removes dot segments in place (RFC 3986 section 5.2.4; they
// cannot climb above the root); it returns the length of what is left.
func removeDots(p []byte) int {
	w := 0 // p[:w] is done and has no slash at its end
	for i := 0; i < len(p); {
		for i < len(p) && p[i] == '/' {
			i++
		}
		s := i
		for i < len(p) && p[i] != '/' {
			i++
		}
		seg := p[s:i]
		last := i == len(p)
		switch string(seg) {
		case "", ".", "..":
			if string(seg) == ".." {
				w = max(bytes.LastIndexByte(p[:w], '/'), 0)
			}
			if last {
				p[w] = '/'
				w++
			}
		default:
			p[w] = '/'
			w += 1 + copy(p[w+1:], seg)
		}
	}
	return w
}

// removeDotsOnly is removeDots that leaves doubled slashes: each is an empty segment.
func removeDotsOnly(p []byte) int {
	w := 0 // p[:w] is done; a slash at its end is that of an empty segment
	for i := 0; i < len(p); {
		s := i + 1 // p[i] is a slash
		for i = s; i < len(p) && p[i] != '/'; {
			i++
		}
		seg := p[s:i]
		switch string(seg) {
		case ".", "..":
			if string(seg) == ".." {
				w = max(bytes.LastIndexByte(p[:w], '/'), 0)
			}
			if i == len(p) {
				p[w] = '/'
				w++
			}
		default:
			p[w] = '/'
			w += 1 + copy(p[w+1:], seg)
		}
	}
	return w
}

// AppendPath appends the path as it goes on: Path, but with %2f and %5c in the case in which
// they came; with slashes, doubled ones stay too. Both name what Path names.
func (r *RequestHead) AppendPath(dst []byte, slashes bool) []byte {
	slashes = slashes && r.Oddities&DoubledSlashes != 0
	if !slashes && r.Oddities&smallDigits == 0 {
		return append(dst, r.Path...)
	}
	base := len(dst)
	dst, _, _ = appendDecoded(dst, r.raw, true) // it has been decoded without an error before
	if slashes {
		return dst[:base+removeDotsOnly(dst[base:])]
	}
	return dst[:base+removeDots(dst[base:])]
}

// SlashesMatter reports whether the dot segments of the path mean another path where
// doubled slashes stay: /a//../b is /a/b then, not /b.
func (r *RequestHead) SlashesMatter() bool {
	if r.Oddities&DoubledSlashes == 0 {
		return false
	}
	base := len(r.scratch) // Path ends there
	all, _, _ := appendDecoded(r.scratch, r.raw, false)
	kept := all[base : base+removeDotsOnly(all[base:])]
	kept = kept[:removeDots(kept)]
	r.scratch = all[:base]
	return !bytes.Equal(kept, r.Path)
}

// AppendServed appends the path as an endpoint may read it that decodes slashes and
// backslashes, ignores parameters, and resolves dot segments behind that. dots says that
// there are such: no client that means well has any reason for them.
func (r *RequestHead) AppendServed(dst []byte) (out []byte, dots bool) {
	base, skip := len(dst), false
	for i, p := 0, r.Path; i < len(p); i++ {
		c := p[i]
		if c == '%' {
			// Only what is odd matters; all else stays as routes have it.
			switch string(p[i : i+3]) {
			case "%2F", "%5C":
				c, i = '/', i+2
			case "%3B":
				c, i = ';', i+2
			}
		}
		switch {
		case c == '/':
			skip = false
		case c == ';':
			skip = true
		}
		if !skip {
			dst = append(dst, c)
		}
	}
	served := dst[base:]
	for rest := served; len(rest) > 0 && !dots; {
		seg := rest[1:] // it begins with a slash
		if end := bytes.IndexByte(seg, '/'); end >= 0 {
			seg, rest = seg[:end], seg[end:]
		} else {
			rest = nil
		}
		dots = string(seg) == "." || string(seg) == ".."
	}
	return dst[:base+removeDots(served)], dots
}
