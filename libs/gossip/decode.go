package gossip

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

var (
	errVersion = errors.New("a version that this program does not know")
	errForm    = errors.New("not what a node sends")
)

// decode takes apart what was sent. It calls each for every report that is in it, in
// order, until something is wrong; what was right before that holds.
func decode(b []byte, each func(Report)) error {
	if len(b) < 2 {
		return errForm
	}
	if b[0] != version {
		return errVersion
	}
	switch b[1] {
	case kindDelta:
		return decodeDelta(b, each)
	case kindState:
		return decodeState(b, each)
	}
	return errForm
}

func decodeDelta(b []byte, each func(Report)) error {
	if len(b) < ageAt+4 || len(b) > maxDelta {
		return errForm
	}
	r := reader{b: b[ageAt+4:]}
	out := Report{Age: time.Duration(binary.BigEndian.Uint32(b[ageAt:])) * time.Millisecond}
	out.Observer = r.text()
	out.Incarnation = r.uvarint(maxNumber)
	out.Sight.Cluster = r.text()
	out.Sight.Address = r.text()
	r.body(&out)
	if len(r.b) > 0 || r.failed || !out.valid() {
		return errForm
	}
	each(out)
	return nil
}

func decodeState(b []byte, each func(Report)) error {
	if len(b) > maxState {
		return errForm
	}
	r := reader{b: b[2:], whole: string(b[2:])}
	n := r.uvarint(maxTexts)
	texts := make([]string, 0, min(n, 1024))
	for range n {
		text := r.text()
		if r.failed || !validText(text) {
			return errForm
		}
		texts = append(texts, text)
	}
	text := func() string {
		if i := r.uvarint(maxNumber); i < uint64(len(texts)) {
			return texts[i]
		}
		r.failed = true
		return ""
	}
	for range r.uvarint(uint64(len(r.b))) {
		observer, incarnation := text(), r.uvarint(maxNumber)
		for range r.uvarint(uint64(len(r.b))) {
			out := Report{Observer: observer, Incarnation: incarnation}
			out.Age = time.Duration(r.uvarint(uint64(maxAge/time.Millisecond))) * time.Millisecond
			out.Sight.Cluster = text()
			out.Sight.Address = text()
			r.body(&out)
			if r.failed || !out.whole() { // the texts are known to be valid
				return errForm
			}
			each(out)
		}
		if r.failed {
			return errForm
		}
	}
	if r.failed || len(r.b) > 0 {
		return errForm
	}
	return nil
}

// valid says whether an honest node could have said it.
func (r *Report) valid() bool {
	return validText(r.Observer) && validText(r.Sight.Cluster) && validText(r.Sight.Address) &&
		r.whole()
}

// whole says whether it has all that a report has, where its texts are valid.
func (r *Report) whole() bool {
	return r.Observer != "" && len(r.Observer) <= maxName && r.Incarnation > 0 && r.Sequence > 0 &&
		(r.Sight.Cluster != "" || r.Sight.Address == "") &&
		r.Sight.Failed <= r.Sight.Requests
}

func validName(s string) bool { return s != "" && len(s) <= maxName && validText(s) }

func validText(s string) bool {
	return len(s) <= maxText && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// A reader takes bytes apart; the first failure stays.
type reader struct {
	b      []byte
	failed bool
	// whole is what b is the end of, if texts are to be parts of it and no copies.
	whole string
}

// uvarint reads a number that is at most that.
func (r *reader) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if r.failed = r.failed || n <= 0 || v > most; r.failed {
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) byte() byte {
	if r.failed = r.failed || len(r.b) == 0; r.failed {
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) text() string {
	n := r.uvarint(maxText)
	if r.failed = r.failed || n > uint64(len(r.b)); r.failed {
		return ""
	}
	var s string
	if at := len(r.whole) - len(r.b); at >= 0 {
		s = r.whole[at : at+int(n)]
	} else {
		s = string(r.b[:n])
	}
	r.b = r.b[n:]
	return s
}

// body reads what appendBody wrote.
func (r *reader) body(out *Report) {
	out.Sequence = r.uvarint(maxNumber)
	f := r.byte()
	r.failed = r.failed || f&^flags != 0
	out.Suspect, out.Sight.Down, out.Gone = f&flagSuspect != 0, f&flagDown != 0, f&flagGone != 0
	out.Sight.Main = health.Outcome(r.byte())
	// A newer program may know more outcomes; what is said of weights holds all the same.
	if out.Sight.Main > health.Slow {
		out.Sight.Main = health.Success
	}
	out.Sight.Loss = float64(r.uvarint(permille)) / permille
	out.Sight.Share = float64(r.uvarint(permille)) / permille
	out.Sight.Requests = r.uvarint(maxRequests)
	out.Sight.Failed = r.uvarint(maxRequests)
}
