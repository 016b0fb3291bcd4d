package shares

import "encoding/binary"

// Kinds of messages. A node that does not know a kind ignores it, so a change of a form takes a new
// kind.
const (
	kindAsk      byte = 1 // would you promise?
	kindWould    byte = 2 // yes
	kindPropose  byte = 3 // promise
	kindPromise  byte = 4 // it is promised
	kindWithdraw byte = 5 // the promise is not needed
	kindReport   byte = 6 // what a node holds and wants
	kindGrant    byte = 7 // what it has from now on
	kindRelease  byte = 8 // a node holds nothing any more, and never will
)

// Bounds of messages. What exceeds them was not written by a node of ours.
const (
	// MaxMessage is how many bytes a message has at most.
	MaxMessage = 1000
	maxName    = 128 // bytes of the name of a node
	maxEntries = 24  // limits in one message
	maxRound   = 1 << 62
)

// An Envelope is a message and the name of the node that it is for.
type Envelope struct {
	To   string
	Body []byte
}

// vote is a message between voters.
type vote struct {
	kind  byte
	name  string   // of the sender
	set   []uint64 // that the sender knows
	from  int      // which of them it is
	life  uint64   // of the sender
	round uint64   // of the candidate; an answer has that of the question
	owner uint64   // the life of the candidate
}

func (v *vote) encode() []byte {
	b := append(appendText([]byte{v.kind}, v.name), byte(len(v.set)))
	for _, h := range v.set {
		b = binary.BigEndian.AppendUint64(b, h)
	}
	b = append(b, byte(v.from))
	b = binary.BigEndian.AppendUint64(b, v.life)
	b = binary.BigEndian.AppendUint64(b, v.owner)
	return binary.AppendUvarint(b, v.round)
}

// report is what a node says of some of its limits.
type report struct {
	name    string
	life    uint64
	seq     uint64 // its questions, numbered
	digest  uint64 // of the voters that it knows
	leaving bool
	entries []wish
}

// wish is what a report says of one limit. Parts are of Whole.
type wish struct {
	id           ID
	applied      uint64 // the question whose answer was applied last
	demand, unit uint32
	base, extra  uint32 // that it holds
}

const flagLeaving byte = 1

func (r *report) encode() []byte {
	b := appendText([]byte{kindReport}, r.name)
	b = binary.BigEndian.AppendUint64(b, r.life)
	b = binary.BigEndian.AppendUint64(b, r.digest)
	b = binary.AppendUvarint(b, r.seq)
	flags := byte(0)
	if r.leaving {
		flags |= flagLeaving
	}
	b = append(b, flags, byte(len(r.entries)))
	for i := range r.entries {
		w := &r.entries[i]
		b = binary.BigEndian.AppendUint64(b, uint64(w.id))
		b = binary.AppendUvarint(b, r.seq-min(w.applied, r.seq))
		for _, part := range [...]uint32{w.demand, w.unit, w.base, w.extra} {
			b = binary.AppendUvarint(b, uint64(part))
		}
	}
	return b
}

// grant is the answer to a report.
type grant struct {
	leader  string
	life    uint64 // of the node that it is for
	seq     uint64 // of the report
	pace    uint64 // milliseconds between two reports
	keeps   byte   // flags: what is only prolonged
	entries []given
}

// given is what a grant says of one limit.
type given struct {
	id          ID
	base, extra uint32
}

// A flag of what is only prolonged: it is no more than the node has at that moment.
const (
	keepsBase byte = 1 << iota
	keepsExtra
)

func (g *grant) encode() []byte {
	b := appendText([]byte{kindGrant}, g.leader)
	b = binary.BigEndian.AppendUint64(b, g.life)
	b = binary.AppendUvarint(b, g.seq)
	b = binary.AppendUvarint(b, g.pace)
	b = append(b, g.keeps, byte(len(g.entries)))
	for i := range g.entries {
		e := &g.entries[i]
		b = binary.BigEndian.AppendUint64(b, uint64(e.id))
		b = binary.AppendUvarint(b, uint64(e.base))
		b = binary.AppendUvarint(b, uint64(e.extra))
	}
	return b
}

func encodeRelease(life uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kindRelease}, life)
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
