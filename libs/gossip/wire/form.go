package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kinds of memberlist's messages.
const (
	ping byte = iota
	indirectPing
	ack
	suspect
	alive
	dead
	pushPull
	compound
	user
	compressed
	_ // sealed
	nack
	checked
	failure
)

// Limits of what is read.
const (
	MaxName = 128 // bytes of a node's name
	maxMeta = 512 // bytes of what a node says of itself
	// maxPayload is how many bytes may come with an answer. Ours have none.
	maxPayload = 128
	maxError   = 512 // bytes of the text of an error
	// maxUnknown is how many bytes a field may have that a later memberlist adds.
	maxUnknown = 512
	maxFields  = 15
	maxKey     = 31
)

// shape is what a field has in it.
type shape uint8

const (
	number8 shape = iota
	number16
	number32
	truth
	name      // a text that names a node, or is empty
	nodeName  // a text that names a node
	address   // 4 or 16 bytes, or nothing
	nodeAt    // 4 or 16 bytes
	metadata  // at most maxMeta bytes
	payload   // at most maxPayload bytes
	errorText // at most maxError bytes
	versions  // see validVersions
	nodes     // how many nodes follow
	state     // how many bytes follow those
)

type field struct {
	name  string
	shape shape
}

// form is what a message is made of. The order is that in which fields are written.
type form []field

// Places of fields that are used by name.
const (
	incarnationAt, nodeNameAt       = 0, 1 // of accusation and aliveForm
	alivePortAt                     = 3    // of aliveForm
	stateNameAt, statePortAt        = 0, 2 // of nodeForm
	stateIncarnationAt, nodeStateAt = 4, 5 // of nodeForm
	headNodesAt, headStateAt        = 0, 1 // of headForm
)

// memberlist's NodeStateType.
const (
	stateAlive = 0
	stateLast  = 3
)

var (
	accusation = form{{"Incarnation", number32}, {"Node", nodeName}, {"From", nodeName}}
	aliveForm  = form{
		{"Incarnation", number32}, {"Node", nodeName}, {"Addr", nodeAt}, {"Port", number16},
		{"Meta", metadata}, {"Vsn", versions},
	}
	nodeForm = form{
		{"Name", nodeName}, {"Addr", nodeAt}, {"Port", number16}, {"Meta", metadata},
		{"Incarnation", number32}, {"State", number8}, {"Vsn", versions},
	}
	headForm = form{{"Nodes", nodes}, {"UserStateLen", state}, {"Join", truth}}
	// forms are those of the messages that are one record, by kind.
	forms = [failure + 1]form{
		ping: {
			{"SeqNo", number32}, {"Node", name}, {"SourceAddr", address},
			{"SourcePort", number16}, {"SourceNode", name},
		},
		indirectPing: {
			{"SeqNo", number32}, {"Target", nodeAt}, {"Port", number16}, {"Node", name},
			{"Nack", truth}, {"SourceAddr", address}, {"SourcePort", number16},
			{"SourceNode", name},
		},
		ack:     {{"SeqNo", number32}, {"Payload", payload}},
		nack:    {{"SeqNo", number32}},
		suspect: accusation, dead: accusation, alive: aliveForm,
		failure: {{"Error", errorText}},
	}
)

// record is a message that was read: what each field of its form has.
type record struct {
	form   form
	fields [8]value
	has    [8]bool
}

// read reads a record. A field that is not in the form is left out, as one that a later
// memberlist may add; one that comes twice, or has in it what it may not, is an error.
func (f form) read(in input, most limits) (record, error) {
	r := record{form: f}
	head, err := in.take(1)
	if err != nil {
		return r, err
	}
	if head[0] < fixMap || head[0] > fixMapEnd {
		return r, ErrForm
	}
	for range head[0] - fixMap {
		key, err := readValue(in, maxKey)
		if err != nil || key.text == nil {
			return r, ErrForm
		}
		i := f.find(key.text)
		if i < 0 {
			if _, err := readValue(in, maxUnknown); err != nil {
				return r, err
			}
			continue
		}
		v, err := readValue(in, f[i].shape.longest())
		if err != nil {
			return r, err
		}
		if r.has[i] || !f[i].shape.fits(v, most) {
			return r, ErrForm
		}
		r.fields[i], r.has[i] = v, true
	}
	for i := range f {
		if !r.has[i] && !f[i].shape.fits(value{none: true}, most) {
			return r, ErrForm
		}
	}
	return r, nil
}

func (f form) find(key []byte) int {
	for i := range f {
		if f[i].name == string(key) {
			return i
		}
	}
	return -1
}

// append writes the record as memberlist does.
func (r *record) append(b []byte) []byte {
	count := byte(0)
	for i := range r.form {
		if r.has[i] && !r.fields[i].none {
			count++
		}
	}
	b = append(b, fixMap+count)
	for i, f := range r.form {
		v := r.fields[i]
		if !r.has[i] || v.none {
			continue
		}
		b = appendText(b, f.name)
		switch {
		case f.shape == truth:
			b = append(b, no+byte(v.number))
		case v.text != nil:
			b = appendText(b, v.text)
		default:
			b = appendNumber(b, v.number)
		}
	}
	return b
}

// longest is how many bytes a text may have.
func (s shape) longest() int {
	switch s {
	case name, nodeName:
		return MaxName
	case address, nodeAt:
		return 16
	case metadata:
		return maxMeta
	case payload:
		return maxPayload
	case errorText:
		return maxError
	case versions:
		return 6
	default:
		return 0
	}
}

// limits are how much a full state may have in it.
type limits struct{ nodes, state int }

// fits says whether a value may stand in a field.
func (s shape) fits(v value, most limits) bool {
	switch s {
	case number8:
		return v.isNumber() && v.number < 1<<8
	case number16:
		return v.none || v.isNumber() && v.number < 1<<16
	case number32:
		return v.isNumber() && v.number < 1<<32
	case truth:
		return v.none || v.isNumber() && v.number <= 1
	case name:
		return v.none || v.text != nil && validName(v.text)
	case nodeName:
		return len(v.text) > 0 && validName(v.text)
	case address:
		return v.none || v.text != nil && (len(v.text) == 0 || isAddress(v.text))
	case nodeAt:
		return isAddress(v.text)
	case metadata, payload, errorText:
		return v.none || v.text != nil
	case versions:
		return validVersions(v.text)
	case nodes:
		return v.isNumber() && v.number <= uint64(most.nodes)
	case state:
		return v.isNumber() && v.number <= uint64(most.state)
	}
	return false
}

func (v *value) isNumber() bool { return v.text == nil && !v.none }

func isAddress(b []byte) bool { return len(b) == 4 || len(b) == 16 }

func validName(b []byte) bool {
	return utf8.Valid(b) && strings.IndexFunc(string(b), unicode.IsControl) < 0
}

// validVersions says whether these are versions of memberlist's protocol that all nodes can
// speak with: 2 is in use, and there is none of a delegate. One node with others would make
// every node refuse the states of every other one.
func validVersions(v []byte) bool {
	const use = 2
	return len(v) == 6 && v[0] >= 1 && v[0] <= use && v[1] >= use && v[2] == use &&
		v[3] == 0 && v[4] == 0 && v[5] == 0
}
