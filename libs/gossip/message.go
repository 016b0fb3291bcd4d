package gossip

import (
	"encoding/binary"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// version is the first byte of everything that is sent. A change of the form takes
// another version, and this one is read for a release more.
const version = 1

// What follows the version.
const (
	kindDelta byte = 1 // one report
	kindState byte = 2 // all reports of several observers
)

// Limits of what is read. What exceeds them was not written by a node of ours.
const (
	maxName     = 128     // bytes of an observer's name
	maxText     = 256     // bytes of the name of a cluster, or of an endpoint's address
	maxDelta    = 1024    // bytes of one report; it has to fit in a packet
	maxState    = 4 << 20 // bytes of a full state
	maxTexts    = 1 << 17 // different names and addresses in a full state
	maxRequests = 1 << 50
	// maxNumber leaves room for higher ones: a node that is told of a later life of its own
	// takes a higher number than that life had.
	maxNumber = 1 << 62
	maxAge    = 1 << 32 * time.Millisecond
	permille  = 1000
)

// A Report is what one node, the observer, says of one endpoint, or, without an
// address, of a cluster: that it watches it. Without a cluster either, it is about the
// observer itself: Gone says that it has left.
type Report struct {
	Observer string
	// Incarnation tells the lives of an observer apart, and Sequence orders what it says
	// in one of them. Of two reports of one observer on the same thing the later one
	// holds; nothing it said in an earlier life does.
	Incarnation, Sequence uint64
	Sight                 health.Sight
	Suspect               bool // the observer may be cut off itself
	Gone                  bool // what the report is about is no more
	// Age is how long ago the observer found it, as far as nodes held it; the time on
	// the wire is not in it, nor is any clock.
	Age time.Duration
}

// flags of a report.
const (
	flagSuspect byte = 1 << iota
	flagDown
	flagGone

	flags = flagSuspect | flagDown | flagGone
)

func (r *Report) flags() (f byte) {
	if r.Suspect {
		f |= flagSuspect
	}
	if r.Sight.Down {
		f |= flagDown
	}
	if r.Gone {
		f |= flagGone
	}
	return f
}

// ageAt is where the age stands in a delta: at the same place in all, and always as
// long, so that it can be brought up to date when the delta is sent.
const ageAt = 2

// encodeDelta writes one report, with an age of zero.
func encodeDelta(r *Report) []byte {
	b := make([]byte, 0, 64+len(r.Observer)+len(r.Sight.Cluster)+len(r.Sight.Address))
	b = append(b, version, kindDelta, 0, 0, 0, 0)
	b = appendText(b, r.Observer)
	b = binary.AppendUvarint(b, r.Incarnation)
	b = appendText(b, r.Sight.Cluster)
	b = appendText(b, r.Sight.Address)
	return appendBody(b, r)
}

// withAge returns a copy of a delta that has this age.
func withAge(delta []byte, age time.Duration) []byte {
	b := append(make([]byte, 0, len(delta)), delta...)
	binary.BigEndian.PutUint32(b[ageAt:], uint32(milliseconds(age)))
	return b
}

func milliseconds(age time.Duration) uint64 {
	return uint64(min(max(age, 0), maxAge-time.Millisecond) / time.Millisecond)
}

// appendBody writes what a delta and a state have of a report in the same form.
func appendBody(b []byte, r *Report) []byte {
	b = binary.AppendUvarint(b, r.Sequence)
	b = append(b, r.flags(), byte(r.Sight.Main))
	b = binary.AppendUvarint(b, share(r.Sight.Loss))
	b = binary.AppendUvarint(b, share(r.Sight.Share))
	b = binary.AppendUvarint(b, min(r.Sight.Requests, maxRequests))
	return binary.AppendUvarint(b, min(r.Sight.Failed, r.Sight.Requests, maxRequests))
}

// share is a share of 1 as it is sent: rounded, and never to nothing what is something.
func share(f float64) uint64 {
	if !(f > 0) {
		return 0
	}
	return max(uint64(min(f, 1)*permille+0.5), 1)
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// A stateWriter writes the reports of several observers. A text that occurs more than
// once is written once.
type stateWriter struct {
	texts     []byte
	index     map[string]uint64
	body      []byte
	observers uint64
}

// add adds an observer, if there is room for it.
func (w *stateWriter) add(name string, incarnation uint64, reports []Report) bool {
	if w.index == nil {
		w.index = make(map[string]uint64)
	}
	texts, body, known := len(w.texts), len(w.body), len(w.index)
	w.body = binary.AppendUvarint(w.body, w.text(name))
	w.body = binary.AppendUvarint(w.body, incarnation)
	w.body = binary.AppendUvarint(w.body, uint64(len(reports)))
	for i := range reports {
		r := &reports[i]
		w.body = binary.AppendUvarint(w.body, milliseconds(r.Age))
		w.body = binary.AppendUvarint(w.body, w.text(r.Sight.Cluster))
		w.body = binary.AppendUvarint(w.body, w.text(r.Sight.Address))
		w.body = appendBody(w.body, r)
	}
	const frame = 2 + 2*binary.MaxVarintLen64
	if len(w.texts)+len(w.body)+frame > maxState || len(w.index) > maxTexts {
		w.texts, w.body = w.texts[:texts], w.body[:body]
		for s, i := range w.index {
			if i >= uint64(known) {
				delete(w.index, s)
			}
		}
		return false
	}
	w.observers++
	return true
}

// text returns the number of a text.
func (w *stateWriter) text(s string) uint64 {
	i, ok := w.index[s]
	if !ok {
		i = uint64(len(w.index))
		w.index[s] = i
		w.texts = appendText(w.texts, s)
	}
	return i
}

// bytes returns the whole.
func (w *stateWriter) bytes() []byte {
	b := make([]byte, 0, 32+len(w.texts)+len(w.body))
	b = append(b, version, kindState)
	b = binary.AppendUvarint(b, uint64(len(w.index)))
	b = append(b, w.texts...)
	b = binary.AppendUvarint(b, w.observers)
	return append(b, w.body...)
}
