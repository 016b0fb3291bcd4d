package timeline

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// version is the first byte of a written event. A change of the form takes another,
// and both are read.
const version = 1

var errForm = errors.New("the event was not written by this program")

// encode writes an event without its ID, which is its key.
func encode(e *Event) []byte {
	b := make([]byte, 0, 64+len(e.Cluster)+len(e.Endpoint)+len(e.Observer)+len(e.Reason))
	b = append(b, version, byte(e.State))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(e.Share))
	b = binary.AppendVarint(b, e.Time.UnixNano())
	b = appendTime(b, e.Observed)
	b = binary.AppendUvarint(b, e.Sequence)
	for _, s := range [...]string{e.Cluster, e.Endpoint, e.Observer, e.Reason} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// appendTime writes a time of another node: any that it may claim, in seconds and
// nanoseconds, since not all have a UnixNano.
func appendTime(b []byte, t time.Time) []byte {
	b = binary.AppendVarint(b, t.Unix())
	return binary.AppendUvarint(b, uint64(t.Nanosecond()))
}

// reader takes an event apart; the first failure stays.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	return v * int64(r.skip(n))
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	return v * uint64(r.skip(n))
}

// skip goes on behind n bytes and returns 1; 0 after a failure.
func (r *reader) skip(n int) int {
	if r.failed = r.failed || n <= 0 || n > len(r.b); r.failed {
		return 0
	}
	r.b = r.b[n:]
	return 1
}

func (r *reader) text() string {
	n := r.uvarint()
	if r.failed = r.failed || n > uint64(len(r.b)); r.failed {
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// decode reads an event. What it returns passes check, or there is an error.
func decode(id uint64, b []byte) (e Event, err error) {
	const fixed = 10
	if len(b) < fixed || b[0] != version {
		return Event{}, errForm
	}
	e.ID, e.State = id, State(b[1])
	e.Share = math.Float64frombits(binary.BigEndian.Uint64(b[2:]))
	r := reader{b: b[fixed:]}
	e.Time = time.Unix(0, r.varint()).UTC()
	seconds, nanoseconds := r.varint(), r.uvarint()
	if nanoseconds >= uint64(time.Second) {
		return Event{}, errForm
	}
	e.Observed = time.Unix(seconds, int64(nanoseconds)).UTC()
	e.Sequence = r.uvarint()
	e.Cluster, e.Endpoint, e.Observer, e.Reason = r.text(), r.text(), r.text(), r.text()
	if r.failed || len(r.b) > 0 || e.check() != nil {
		return Event{}, errForm
	}
	return e, nil
}

// idKey is the key of an event: in order of IDs.
func idKey(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// endpointPrefix is what all index keys of an endpoint begin with. No name has a zero.
func endpointPrefix(cluster, endpoint string) []byte {
	b := make([]byte, 0, len(cluster)+len(endpoint)+2+8)
	b = append(b, cluster...)
	b = append(b, 0)
	b = append(b, endpoint...)
	return append(b, 0)
}

// indexKey is the key of an event in the index by endpoint.
func indexKey(e *Event) []byte {
	return binary.BigEndian.AppendUint64(endpointPrefix(e.Cluster, e.Endpoint), e.ID)
}
