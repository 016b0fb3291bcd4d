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
		if f.ID != http1.FieldOther || !http1.EqualFold(h.Name(f), "accept-encoding") {
			continue
		}
		said = true
		for rest := h.Value(f); len(rest) > 0; {
			var member []byte
			member, rest = http1.CutMember(rest, ',')
			name, parameters := http1.CutMember(member, ';')
			weight, ok := http1.Weight(parameters)
			if !ok {
				continue
			}
			switch name = bytes.Trim(name, " \t"); {
			// The two are the same (RFC 9110 section 8.4.1.3).
			case http1.EqualFold(name, "gzip"), http1.EqualFold(name, "x-gzip"):
				a.take(int(gzipped), weight)
			case http1.EqualFold(name, "br"):
				a.take(int(brotlied), weight)
			case http1.EqualFold(name, "zstd"):
				a.take(int(zstded), weight)
			case http1.EqualFold(name, "identity"):
				a.take(identity, weight)
			case http1.EqualFold(name, "*"):
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
