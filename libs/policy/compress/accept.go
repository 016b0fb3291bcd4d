package compress

import (
	"bytes"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// A coding is a content coding that the gateway can make.
type coding uint8

const (
	gzipped coding = iota
	brotlied
	zstded
	codings
)

// name is the coding's in Content-Encoding, and in the configuration.
func (c coding) name() string { return [codings]string{"gzip", "br", "zstd"}[c] }

// identity is where the weight of a body stands that is not coded.
const identity = int(codings)

// accepted are the weights of each coding and of identity, in thousandths. unset: nothing was said
// of it.
type accepted [codings + 1]int

const unset = -1

// accepts reads what a request accepts (RFC 9110 section 12.5.3). A member that cannot be read
// counts for nothing. Of what is named twice the least counts, since a client that cannot decode a
// coding gets nothing, and one that can loses nothing but bytes. said is false where the request
// has no Accept-Encoding: anything would be accepted, as far as the protocol goes, but programs
// that do not know of codings are the ones that send none. It allocates nothing.
func accepts(h *http1.RequestHead) (a accepted, said bool) {
	others := unset
	for i := range a {
		a[i] = unset
	}
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.ID != http1.FieldOther || !is(h.Name(f), "accept-encoding") {
			continue
		}
		said = true
		for rest := h.Value(f); len(rest) > 0; {
			var member []byte
			member, rest = cut(rest, ',')
			name, parameters := cut(member, ';')
			weight, ok := weightOf(parameters)
			if !ok {
				continue
			}
			switch name = bytes.Trim(name, " \t"); {
			case is(name, "gzip"), is(name, "x-gzip"): // the same (RFC 9110 section 8.4.1.3)
				a.take(int(gzipped), weight)
			case is(name, "br"):
				a.take(int(brotlied), weight)
			case is(name, "zstd"):
				a.take(int(zstded), weight)
			case is(name, "identity"):
				a.take(identity, weight)
			case is(name, "*"):
				if others == unset || weight < others {
					others = weight
				}
			}
		}
	}
	if others != unset {
		for i := range a {
			// "*" refuses identity too, where it is 0. As a wish for identity it is not meant.
			if a[i] == unset && (i != identity || others == 0) {
				a[i] = others
			}
		}
	}
	return a, said
}

func (a *accepted) take(i, weight int) {
	if a[i] == unset || weight < a[i] {
		a[i] = weight
	}
}

// best is the coding that the client wants most, of those in order; of equal ones the first.
// false: it wants none of them, or the body as it is more than any.
func (a *accepted) best(order []coding) (best coding, ok bool) {
	most := 0
	for _, c := range order {
		if a[c] > most {
			best, most = c, a[c]
		}
	}
	return best, most > 0 && most >= a[identity]
}

// refusesPlain reports whether the client does not take a body that is not coded.
func (a *accepted) refusesPlain() bool { return a[identity] == 0 }

// is compares with a name in lower case.
func is(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}

// cut cuts at the first separator. Nothing is quoted in Accept-Encoding.
func cut(b []byte, separator byte) (before, after []byte) {
	if i := bytes.IndexByte(b, separator); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// weightOf is the weight that parameters say, in thousandths (RFC 9110 section 12.4.2); false: it
// cannot be read. The grammar has no other parameters; such are passed over.
func weightOf(parameters []byte) (int, bool) {
	for len(parameters) > 0 {
		var p []byte
		p, parameters = cut(parameters, ';')
		p = bytes.Trim(p, " \t")
		if len(p) > 0 && (p[0] == 'q' || p[0] == 'Q') {
			if v := bytes.TrimLeft(p[1:], " \t"); len(v) > 0 && v[0] == '=' {
				return thousandths(bytes.TrimLeft(v[1:], " \t"))
			}
		}
	}
	return 1000, true
}

func thousandths(v []byte) (int, bool) {
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
