package value

import (
	"bytes"
	"math/bits"
)

// A Decimal is a number with all its digits: 0.Digits times ten to the power of Exp.
type Decimal struct {
	Neg bool
	// Digits has no zeros at its ends. It is empty for zero, which is never negative.
	Digits []byte
	Exp    int64
}

// far is an exponent that no number of a text has, since a text has fewer digits.
const far = 1 << 40

// ParseDecimal reads a number of JSON. room is memory for its digits, which are appended to it.
func ParseDecimal(text, room []byte) Decimal {
	d := Decimal{Exp: 0}
	if len(text) > 0 && text[0] == '-' {
		d.Neg = true
		text = text[1:]
	}
	digits := room[:0]
	i := 0
	for ; i < len(text) && text[i]-'0' <= 9; i++ {
		digits = append(digits, text[i])
	}
	d.Exp = int64(len(digits))
	if i < len(text) && text[i] == '.' {
		for i++; i < len(text) && text[i]-'0' <= 9; i++ {
			digits = append(digits, text[i])
		}
	}
	if i < len(text) { // e or E
		d.Exp += exponent(text[i+1:])
	}
	zeros := 0
	for zeros < len(digits) && digits[zeros] == '0' {
		zeros++
	}
	digits = digits[zeros:]
	d.Exp -= int64(zeros)
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	if len(digits) == 0 {
		return Decimal{}
	}
	d.Digits = digits
	return d
}

func exponent(text []byte) (e int64) {
	neg := false
	for _, c := range text {
		switch {
		case c == '-':
			neg = true
		case c == '+':
		case e < far:
			e = e*10 + int64(c-'0')
		}
	}
	if neg {
		return -e
	}
	return e
}

// Cmp is -1, 0 or 1 as the number is less than, equal to or greater than another.
func (d Decimal) Cmp(other Decimal) int {
	switch a, b := d.sign(), other.sign(); {
	case a != b:
		return cmp(a < b)
	case a == 0:
		return 0
	case a < 0:
		return -d.cmpSize(other)
	}
	return d.cmpSize(other)
}

func (d Decimal) cmpSize(other Decimal) int {
	if d.Exp != other.Exp {
		return cmp(d.Exp < other.Exp)
	}
	return bytes.Compare(d.Digits, other.Digits)
}

func cmp(less bool) int {
	if less {
		return -1
	}
	return 1
}

func (d Decimal) sign() int {
	switch {
	case len(d.Digits) == 0:
		return 0
	case d.Neg:
		return -1
	}
	return 1
}

// Whole reports whether the number is an integer.
func (d Decimal) Whole() bool { return d.Exp >= int64(len(d.Digits)) }

// MultipleOf reports whether the number divided by another, which is not zero, is an integer.
func (d Decimal) MultipleOf(of Decimal) bool {
	if len(d.Digits) == 0 {
		return true
	}
	// Both are an integer, which does not end with a zero, times a power of ten. Such an integer
	// has no divisor that is a multiple of ten.
	shift := (d.Exp - int64(len(d.Digits))) - (of.Exp - int64(len(of.Digits)))
	if shift < 0 {
		return false
	}
	m, ok := small(of.Digits)
	if !ok {
		return d.multipleOfLong(of, shift)
	}
	rest := uint64(0)
	for _, c := range d.Digits {
		rest = addMod(mulMod(rest, 10, m), uint64(c-'0')%m, m)
	}
	return mulMod(rest, powMod(10, shift, m), m) == 0
}

// small is the value of digits, if there are few.
func small(digits []byte) (n uint64, ok bool) {
	if len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

func addMod(a, b, m uint64) uint64 { return (a + b) % m } // both are below 10^18

func mulMod(a, b, m uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	_, rest := bits.Div64(hi%m, lo, m)
	return rest
}

func powMod(base uint64, e int64, m uint64) uint64 {
	p := uint64(1) % m
	for base %= m; e > 0; e >>= 1 {
		if e&1 == 1 {
			p = mulMod(p, base, m)
		}
		base = mulMod(base, base, m)
	}
	return p
}
