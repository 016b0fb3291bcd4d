package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrForm is what is wrong with a message that no node of ours sends.
var ErrForm = errors.New("it is not in memberlist's form")

// input is what a message is read from. take returns the next bytes, all of them or an error;
// they hold until the next call.
type input interface {
	take(n int) ([]byte, error)
}

// slice is an input that is in memory.
type slice struct{ b []byte }

func (s *slice) take(n int) ([]byte, error) {
	if n > len(s.b) {
		return nil, ErrForm
	}
	b := s.b[:n]
	s.b = s.b[n:]
	return b, nil
}

// Markers of MessagePack.
const (
	fixMap, fixMapEnd   = 0x80, 0x8f
	fixText, fixTextEnd = 0xa0, 0xbf
	none                = 0xc0
	no, yes             = 0xc2, 0xc3
	bytes8              = 0xc4
	bytes32             = 0xc6
	float32Mark         = 0xca
	float64Mark         = 0xcb
	uint8Mark           = 0xcc
	uint64Mark          = 0xcf
	int8Mark            = 0xd0
	int64Mark           = 0xd3
	text8               = 0xd9
	text16              = 0xda
	text32              = 0xdb
)

// value is one number, truth value or text.
type value struct {
	number uint64
	text   []byte // nil: it is a number
	none   bool
}

// readValue reads a value. A text may be longer than most nowhere: it is not even read then.
// Nothing is read that has values in it.
func readValue(in input, most int) (value, error) {
	b, err := in.take(1)
	if err != nil {
		return value{}, err
	}
	mark := b[0]
	switch {
	case mark < fixMap:
		return value{number: uint64(mark)}, nil
	case mark == none:
		return value{none: true}, nil
	case mark == no, mark == yes:
		return value{number: uint64(mark - no)}, nil
	case mark >= uint8Mark && mark <= uint64Mark:
		n, err := readNumber(in, 1<<(mark-uint8Mark))
		return value{number: n}, err
	case mark >= int8Mark && mark <= int64Mark:
		size := 1 << (mark - int8Mark)
		n, err := readNumber(in, size)
		if n>>(8*size-1) != 0 {
			return value{}, ErrForm // below zero
		}
		return value{number: n}, err
	case mark >= fixText && mark <= fixTextEnd:
		return readText(in, uint64(mark-fixText), most)
	case mark >= bytes8 && mark <= bytes32:
		return readLong(in, 1<<(mark-bytes8), most)
	case mark >= text8 && mark <= text32:
		return readLong(in, 1<<(mark-text8), most)
	}
	return value{}, ErrForm
}

func readNumber(in input, size int) (uint64, error) {
	b, err := in.take(size)
	if err != nil {
		return 0, err
	}
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n, nil
}

func readLong(in input, size, most int) (value, error) {
	n, err := readNumber(in, size)
	if err != nil {
		return value{}, err
	}
	return readText(in, n, most)
}

func readText(in input, n uint64, most int) (value, error) {
	if n > uint64(most) {
		return value{}, fmt.Errorf("%w: a text of %d bytes where %d are allowed", ErrForm, n, most)
	}
	b, err := in.take(int(n))
	if err != nil {
		return value{}, err
	}
	return value{text: append(make([]byte, 0, n), b...)}, nil
}

func appendNumber(b []byte, n uint64) []byte {
	switch {
	case n < fixMap:
		return append(b, byte(n))
	case n < 1<<8:
		return append(b, uint8Mark, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, uint8Mark+1), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, uint8Mark+2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, uint64Mark), n)
}

func appendText[T string | []byte](b []byte, s T) []byte {
	if len(s) <= fixTextEnd-fixText {
		b = append(b, fixText+byte(len(s)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, text16), uint16(len(s)))
	}
	return append(b, s...)
}
