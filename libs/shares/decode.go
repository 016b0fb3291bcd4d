package shares

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrForm says that a message was not written by a node of this program.
var ErrForm = errors.New("shares: not a message of a node")

// reader takes a message apart. After a failure everything that it reads is zero.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.b) {
		r.failed = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// uvarint reads a number up to a limit.
func (r *reader) uvarint(most uint64) uint64 {
	n, size := binary.Uvarint(r.b)
	if r.failed || size <= 0 || n > most {
		r.failed = true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) part() uint32 { return uint32(r.uvarint(Whole)) }

func (r *reader) text() string { return string(r.take(int(r.uvarint(maxName)))) }

// count reads how many entries follow.
func (r *reader) count(most int) int {
	n := int(r.byte())
	if n > most {
		r.failed = true
		return 0
	}
	return n
}

// done is the error of a message that was read to its end.
func (r *reader) done() error {
	if r.failed || len(r.b) > 0 {
		return ErrForm
	}
	return nil
}

func decodeVote(b []byte) (v vote, err error) {
	r := reader{b: b}
	v.kind, v.name = r.byte(), r.text()
	for range r.count(MaxVoters) {
		v.set = append(v.set, r.uint64())
	}
	v.from, v.life, v.owner = int(r.byte()), r.uint64(), r.uint64()
	v.round = r.uvarint(maxRound)
	if v.name == "" || v.from >= len(v.set) || !slices.IsSorted(v.set) {
		return v, ErrForm
	}
	return v, r.done()
}

func decodeReport(b []byte) (p report, err error) {
	r := reader{b: b}
	r.byte()
	p.name, p.life, p.digest, p.seq = r.text(), r.uint64(), r.uint64(), r.uvarint(maxRound)
	flags := r.byte()
	p.leaving = flags&flagLeaving != 0
	for range r.count(maxEntries) {
		w := wish{id: ID(r.uint64())}
		w.applied = p.seq - r.uvarint(p.seq)
		w.demand, w.unit, w.base, w.extra = r.part(), r.part(), r.part(), r.part()
		if w.unit == 0 || w.applied == p.seq {
			r.failed = true
		}
		if r.failed {
			break
		}
		p.entries = append(p.entries, w)
	}
	if p.name == "" || flags&^flagLeaving != 0 {
		return p, ErrForm
	}
	return p, r.done()
}

func decodeGrant(b []byte) (g grant, err error) {
	r := reader{b: b}
	r.byte()
	g.leader, g.life, g.seq = r.text(), r.uint64(), r.uvarint(maxRound)
	g.pace, g.keeps = r.uvarint(60_000), r.byte()
	for range r.count(maxEntries) {
		e := given{id: ID(r.uint64()), base: r.part(), extra: r.part()}
		if uint64(e.base)+uint64(e.extra) > Whole {
			r.failed = true
		}
		if r.failed {
			break
		}
		g.entries = append(g.entries, e)
	}
	if g.leader == "" || g.keeps&^(keepsBase|keepsExtra) != 0 {
		return g, ErrForm
	}
	return g, r.done()
}
