package http1

// Preflight tells of a request by which a browser asks whether a script may send another one (the
// Fetch standard, CORS-preflight request): the method of that one. It allocates nothing.
func (r *RequestHead) Preflight() (method []byte, ok bool) {
	if r.Method != MethodOptions || r.Named("origin") == nil {
		return nil, false
	}
	f := r.Named("access-control-request-method")
	if f == nil || !isToken(r.Value(f)) {
		return nil, false
	}
	return r.Value(f), true
}

// TokenList returns the value of the first field of a name, which is in lower case, where that is a
// list of tokens (RFC 9110 section 5.6); nil where there is none, or something else.
func (h *Head) TokenList(name string) []byte {
	f := h.Named(name)
	if f == nil || f.ValueEnd == f.ValueStart {
		return nil
	}
	for _, c := range h.Value(f) {
		if class[c]&cToken == 0 && c != ',' && c != ' ' && c != '\t' {
			return nil
		}
	}
	return h.Value(f)
}
