package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// chunk is how many bytes are asked for at a time: what a peer only announces takes no memory.
const chunk = 32 << 10

// A Side says who has opened a connection, which says what may come on it.
type Side bool

// The sides of a connection.
const (
	Asked Side = false // the other one, which asks
	Asks  Side = true  // this one, which is answered
)

// pass says whether a kind of message may come.
func (s Side) pass(kind byte) bool {
	return kind == pushPull || s == Asked && kind == ping ||
		s == Asks && (kind == ack || kind == failure)
}

// Sealed is the most bytes that an encrypted message may have on a connection.
func (r *Rules) Sealed() int {
	const most = maxMeta + 2*MaxName + 128 // of one node
	return Overhead + r.State + r.Nodes*most + maxUnknown
}

// Stream reads the one message that comes on a connection. It returns what is passed on of it,
// written anew, and how many nodes it tells of that are not believed to be there. Without keys
// it has to be not encrypted, with keys it has to be. What comes is kept in memory as far as
// held allows it: held is told how many bytes come next, before they are read.
func (r *Rules) Stream(
	from io.Reader, keys *Keys, side Side, held func(bytes int) error,
) (passed []byte, refused int, err error) {
	source := &reader{from: from, held: held, left: headSize + r.Sealed()}
	if keys == nil {
		return r.exchange(source, side)
	}
	head, err := source.take(headSize)
	if err != nil {
		return nil, 0, err
	}
	if head[0] != sealed {
		return nil, 0, ErrStranger
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size < Overhead || uint64(size) > uint64(r.Sealed()) {
		return nil, 0, fmt.Errorf("%w: it announces %d bytes", ErrForm, size)
	}
	extra := append([]byte(nil), head...)
	b, err := source.take(int(size))
	if err != nil {
		return nil, 0, err
	}
	if b, err = keys.Open(b, extra); err != nil {
		return nil, 0, err
	}
	in := &slice{b}
	if passed, refused, err = r.exchange(in, side); err == nil && len(in.b) > 0 {
		return nil, 0, ErrForm
	}
	return passed, refused, err
}

// exchange reads a message that is not encrypted.
func (r *Rules) exchange(in input, side Side) (passed []byte, refused int, err error) {
	b, err := in.take(1)
	if err != nil {
		return nil, 0, err
	}
	kind := b[0]
	switch {
	case kind == sealed:
		return nil, 0, ErrStranger
	case !side.pass(kind):
		return nil, 0, fmt.Errorf("%w: kind %d on a connection", ErrForm, kind)
	case kind == pushPull:
		return r.states(in)
	}
	m, err := forms[kind].read(in, limits{})
	if err != nil {
		return nil, 0, err
	}
	return m.append([]byte{kind}), 0, nil
}

// states reads all that a node knows.
func (r *Rules) states(in input) (passed []byte, refused int, err error) {
	head, err := headForm.read(in, limits{nodes: r.Nodes, state: r.State})
	if err != nil {
		return nil, 0, err
	}
	count := int(head.fields[headNodesAt].number)
	var all []byte
	for range count {
		n, err := nodeForm.read(in, limits{})
		if err != nil {
			return nil, 0, err
		}
		claim := Claim{
			Node:        string(n.fields[stateNameAt].text),
			Incarnation: uint32(n.fields[stateIncarnationAt].number),
			Alive:       n.fields[nodeStateAt].number == stateAlive,
		}
		if n.fields[nodeStateAt].number > stateLast || n.fields[statePortAt].number == 0 ||
			!r.believes(claim) {
			refused++
			continue
		}
		all = n.append(all)
	}
	head.fields[headNodesAt].number -= uint64(refused)
	size := int(head.fields[headStateAt].number)
	passed = make([]byte, 0, 64+len(all)+size)
	passed = append(head.append(append(passed, pushPull)), all...)
	for size > 0 {
		b, err := in.take(min(size, chunk))
		if err != nil {
			return nil, 0, err
		}
		passed, size = append(passed, b...), size-len(b)
	}
	return passed, refused, nil
}

var errTooLong = fmt.Errorf("%w: it is longer than a node of ours sends", ErrForm)

// reader is an input that comes from a connection.
type reader struct {
	from io.Reader
	held func(bytes int) error
	left int // how much may still come
	b    []byte
}

func (r *reader) take(n int) ([]byte, error) {
	if n > r.left {
		return nil, errTooLong
	}
	r.left -= n
	r.b = r.b[:0]
	for n > 0 {
		size := min(n, chunk)
		if err := r.held(size); err != nil {
			return nil, err
		}
		at := len(r.b)
		r.b = append(r.b, make([]byte, size)...)
		if _, err := io.ReadFull(r.from, r.b[at:]); err != nil {
			return nil, err
		}
		n -= size
	}
	return r.b, nil
}
