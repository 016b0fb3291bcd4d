package http1

import "bytes"

// Salvage takes what can be told of a head that is none, or not all of one, for a log: the method,
// the path without its query, and the host. Nobody is to be served by it. buf begins as that of
// Parse did.
func (r *RequestHead) Salvage(buf []byte) {
	r.buf = buf
	method, target := r.firstWords(buf)
	r.MethodName, r.Method, r.Path = method, identifyMethod(method), nil
	if _, rest, absolute := bytes.Cut(target, []byte("://")); absolute {
		// What is before the path may have a password in it.
		target = rest[max(bytes.IndexByte(rest, '/'), 0):]
	}
	if len(target) > 0 && target[0] == '/' {
		r.Path, _, _ = bytes.Cut(target, []byte("?"))
	}
	if !ValidAuthority(r.Authority) { // it may have a password in it too
		r.Authority = nil
	}
	if f := r.Find(FieldHost); f != nil && len(r.Authority) == 0 && ValidAuthority(r.Value(f)) {
		r.Authority = r.Value(f)
	}
}

// firstWords are the method and the target, as far as they have come.
func (r *RequestHead) firstWords(buf []byte) (method, target []byte) {
	if r.lines > 0 {
		return buf[r.methodStart:r.methodEnd], buf[r.targetStart:r.targetEnd]
	}
	r.Minor = 1 // nothing is known of another one
	line := bytes.TrimLeft(buf, "\r\n")
	if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	n := 0
	for n < len(line) && class[line[n]]&cToken != 0 {
		n++
	}
	if n == 0 || n == len(line) || line[n] != ' ' {
		return nil, nil
	}
	target = line[n+1:]
	if end := bytes.IndexByte(target, ' '); end >= 0 {
		target = target[:end]
	}
	return line[:n], target
}
