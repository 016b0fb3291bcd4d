package http1

import "bytes"

// CutMember cuts a field's value at the first separator that is not within quotes: at ',' into the
// members of a list, at ';' into a member's parameters (RFC 9110 section 5.6).
func CutMember(b []byte, separator byte) (before, after []byte) {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case quoted && b[i] == '\\':
			i++
		case b[i] == '"':
			quoted = !quoted
		case b[i] == separator && !quoted:
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// Weight is the weight among the parameters of what a client accepts, in thousandths, 1000 where
// none is said (RFC 9110 section 12.4.2). false: there is one that cannot be read.
func Weight(parameters []byte) (thousandths int, ok bool) {
	for len(parameters) > 0 {
		var p []byte
		p, parameters = CutMember(parameters, ';')
		p = bytes.Trim(p, " \t")
		if len(p) == 0 || p[0]|0x20 != 'q' {
			continue
		}
		if v := bytes.TrimLeft(p[1:], " \t"); len(v) > 0 && v[0] == '=' {
			return readWeight(bytes.TrimLeft(v[1:], " \t"))
		}
	}
	return 1000, true
}

// readWeight reads a qvalue: 0 to 1, with up to three digits behind the point.
func readWeight(v []byte) (int, bool) {
	if len(v) == 0 || len(v) > 5 || v[0] != '0' && v[0] != '1' || len(v) > 1 && v[1] != '.' {
		return 0, false
	}
	n := int(v[0]-'0') * 1000
	for i, unit := 2, 100; i < len(v); i, unit = i+1, unit/10 {
		if v[i] < '0' || v[i] > '9' {
			return 0, false
		}
		n += int(v[i]-'0') * unit
	}
	return n, n <= 1000
}
