package http1

import "bytes"

// Cookies and parameters of the query can be credentials that end at the gateway. They are parts of
// what goes on, so leaving them out is no edit of a whole field.

// hidden are the cookies and the parameters that edits leave out, by name.
type hidden struct{ cookies, parameters []string }

// hides reports whether a list of edits leaves a cookie of this name out.
func (l EditList) hidesCookie(name []byte) bool {
	for _, e := range l {
		if e == nil {
			continue
		}
		for _, c := range e.hidden.cookies {
			if string(name) == c {
				return true
			}
		}
	}
	return false
}

func (l EditList) hidesParameter(name []byte) bool {
	for _, e := range l {
		if e == nil {
			continue
		}
		for _, p := range e.hidden.parameters {
			if string(name) == p {
				return true
			}
		}
	}
	return false
}

// HidesCookies reports whether cookies are left out of fields of this name.
func (l EditList) HidesCookies(name []byte) bool {
	if len(name) != len("cookie") || !EqualFold(name, "cookie") {
		return false
	}
	for _, e := range l {
		if e != nil && len(e.hidden.cookies) > 0 {
			return true
		}
	}
	return false
}

// AppendCookies appends the value of a Cookie field without the cookies that are left out; nothing
// where there are no others.
func (l EditList) AppendCookies(dst, value []byte) []byte {
	begin := len(dst)
	for name, pair := range pairs(value) {
		if len(pair) == 0 || l.hidesCookie(name) {
			continue
		}
		if len(dst) > begin {
			dst = append(dst, "; "...)
		}
		dst = append(dst, pair...)
	}
	return dst
}

// AppendQuery appends a query, with its question mark, without the parameters that are left out. A
// query of which nothing is left is left out itself.
func (l EditList) AppendQuery(dst, query []byte) []byte {
	if !l.hidesParameters() || len(query) == 0 {
		return append(dst, query...)
	}
	begin := len(dst)
	rest, more := bytes.TrimPrefix(query, []byte{'?'}), true
	for more {
		var pair []byte
		pair, rest, more = bytes.Cut(rest, []byte{'&'})
		k, _, _ := bytes.Cut(pair, []byte{'='})
		if k, _ = decoded(dst, k); l.hidesParameter(k) {
			continue
		}
		if len(dst) == begin {
			dst = append(dst, '?')
		} else {
			dst = append(dst, '&')
		}
		dst = append(dst, pair...)
	}
	return dst
}

func (l EditList) hidesParameters() bool {
	for _, e := range l {
		if e != nil && len(e.hidden.parameters) > 0 {
			return true
		}
	}
	return false
}
