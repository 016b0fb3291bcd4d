package wire

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Claim is what a message says of a node.
type Claim struct {
	Node        string
	Incarnation uint32 // memberlist's own, not that of reports
	Alive       bool   // that it is there; else that it is not, or may not be
}

// Rules say what is passed on of what has the right form.
type Rules struct {
	// Believes says whether what a message says of a node is passed on. Nil: all is.
	Believes func(Claim) bool
	// Report is the most bytes of a message that is not memberlist's own; State of all that a
	// node sends of such in an exchange, and Nodes how many nodes it tells of there.
	Report, State, Nodes int
}

// checkSize is what stands before a message with a checksum.
const checkSize = 5

// Packet reads a decrypted packet. It returns what of it is passed on, written anew, and how
// many of its messages are not, of which one reason is given. Nothing is passed on: nil.
func (r *Rules) Packet(b []byte) (passed []byte, refused int, err error) {
	if len(b) >= checkSize && b[0] == checked {
		if crc32.ChecksumIEEE(b[checkSize:]) != binary.BigEndian.Uint32(b[1:]) {
			return nil, 1, fmt.Errorf("%w: its checksum is wrong", ErrForm)
		}
		b = b[checkSize:]
	}
	if len(b) == 0 {
		return nil, 1, ErrForm
	}
	if b[0] != compound {
		if passed, err = r.message(make([]byte, 0, len(b)), b); err != nil {
			return nil, 1, err
		}
		return passed, 0, nil
	}
	return r.compound(b)
}

// compound reads a packet of several messages.
func (r *Rules) compound(b []byte) (passed []byte, refused int, err error) {
	if len(b) < 2 || b[1] == 0 || len(b) < 2+2*int(b[1]) {
		return nil, 1, ErrForm
	}
	count := int(b[1])
	sizes, rest := b[2:2+2*count], b[2+2*count:]
	passed = make([]byte, 2+2*count, len(b))
	passed[0] = compound
	kept := 0
	for i := range count {
		size := int(binary.BigEndian.Uint16(sizes[2*i:]))
		if size == 0 || size > len(rest) {
			return nil, count, ErrForm
		}
		before := len(passed)
		with, wrong := r.message(passed, rest[:size])
		rest = rest[size:]
		if wrong != nil {
			refused, err = refused+1, wrong
			continue
		}
		passed = with
		binary.BigEndian.PutUint16(passed[2+2*kept:], uint16(len(passed)-before))
		kept++
	}
	switch {
	case len(rest) > 0:
		return nil, count, ErrForm
	case kept == 0:
		return nil, refused, err
	}
	passed[1] = byte(kept)
	if kept < count { // the sizes take less room than there is
		passed = append(passed[:2+2*kept], passed[2+2*count:]...)
	}
	return passed, refused, err
}

// message appends what is passed on of one message.
func (r *Rules) message(to, b []byte) ([]byte, error) {
	kind := b[0]
	switch kind {
	case user:
		if len(b)-1 > r.Report {
			return to, fmt.Errorf("%w: a report of %d bytes", ErrForm, len(b)-1)
		}
		return append(to, b...), nil
	case ping, indirectPing, ack, nack, suspect, alive, dead:
	default:
		return to, fmt.Errorf("%w: kind %d in a packet", ErrForm, kind)
	}
	in := &slice{b[1:]}
	m, err := forms[kind].read(in, limits{})
	switch {
	case err != nil:
		return to, err
	case len(in.b) > 0:
		return to, ErrForm
	case kind == alive && m.fields[alivePortAt].number == 0:
		return to, ErrForm
	}
	if kind == suspect || kind == alive || kind == dead {
		claim := Claim{
			Node:        string(m.fields[nodeNameAt].text),
			Incarnation: uint32(m.fields[incarnationAt].number), Alive: kind == alive,
		}
		if !r.believes(claim) {
			return to, fmt.Errorf("%q is said to be in %d", claim.Node, claim.Incarnation)
		}
	}
	return m.append(append(to, kind)), nil
}

func (r *Rules) believes(c Claim) bool { return r.Believes == nil || r.Believes(c) }
