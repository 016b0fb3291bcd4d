package http1

// Bytes that are looked at are looked at eight at a time where there are as many: most are fine.

const (
	ones  = 0x0101010101010101 // times a byte: a word of it
	highs = 0x80 * ones
)

// word is the first eight bytes, the first one lowest. The compiler makes one load of it.
func word[S ~string | ~[]byte](s S) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// control is not 0 where one of the bytes of a word is a control character (below 0x20, or 0x7f).
// (w - n) &^ w has the highest bit of each byte below n; what a byte borrows from the next can only
// do harm behind one that is found (Bit Twiddling Hacks, "Determine if a word has a byte less than
// n").
func control(w uint64) uint64 {
	del := w ^ 0x7f*ones
	return ((w-' '*ones)&^w | (del-ones)&^del) & highs
}

// sameName compares a field's name with one that is known, of letters in lower case, digits and
// hyphens, and of the same length. Setting a bit makes a capital a small letter; of all bytes
// without that bit and the next only control characters would become a digit or a hyphen.
func sameName(name []byte, known string) bool {
	if len(name) < 8 {
		return EqualFold(name, known)
	}
	for i, last := 0, len(name)-8; ; i += 8 {
		i = min(i, last) // the last word may overlap the one before
		if !sameWord(word(name[i:]), word(known[i:])) {
			return false
		}
		if i == last {
			return true
		}
	}
}

// sameWord is sameName for eight bytes.
func sameWord(name, known uint64) bool {
	const small, next = 0x20 * ones, 0x40 * ones
	return name|small == known && (name|name<<1)&next == next
}
