package gossip

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A node may ask all others for what one of them remembers: a request that failed, by its ID. Who
// asks and who answers are members of the ring, so that both have its key. Questions and answers
// are packets, which may get lost: a question is repeated to those that have not answered.

// Kinds of messages, beside those of reports.
const (
	kindQuestion byte = 3
	kindAnswer   byte = 4
)

// Bounds of questions and answers.
const (
	maxAsked   = 8         // questions of this node at a time
	maxHeard   = 128       // questions and answers that wait to be read; more are dropped
	partSize   = 800       // bytes of an answer in a packet
	maxParts   = 16        // packets of an answer
	maxUnpacks = 128 << 10 // bytes of an answer that is unpacked
	askAgain   = 300 * time.Millisecond
	nonceSize  = 8
	askHead    = 2 + nonceSize
)

// questionsAll is how many questions a node answers.
var questionsAll = rate{often: 20, burst: 100}

// ErrManyQuestions says that this node asks as many questions as it may already.
var ErrManyQuestions = errors.New("gossip: too many questions are asked at the moment")

// conversation is what a ring has of questions and answers.
type conversation struct {
	heard chan []byte // never waited for
	began atomic.Bool // the ring has been entered

	mu      sync.Mutex
	asked   map[uint64]*question // guarded by mu
	answers bucket               // of the goroutine that answers
}

// A question is one that waits for answers.
type question struct {
	open  map[string]*parts // guarded by conversation.mu; by the names of those that were asked
	found chan found        // has room for one
	none  chan struct{}     // closed when all have said that they know nothing
}

type found struct {
	node   string
	answer []byte
}

// parts are those of an answer that have come.
type parts struct {
	got  [][]byte
	left int
}

func newConversation() *conversation {
	return &conversation{
		heard: make(chan []byte, maxHeard), asked: make(map[uint64]*question),
	}
}

// take takes a message that is a question or an answer; false: it is neither. It never waits.
func (c *conversation) take(b []byte) bool {
	if len(b) < askHead || b[0] != version || b[1] != kindQuestion && b[1] != kindAnswer {
		return false
	}
	select {
	case c.heard <- bytes.Clone(b):
	default: // it is asked again
	}
	return true
}

// Ask asks all nodes that answer questions for what they remember under an ID, until one does, all
// say that they don't, or ctx ends. node is the one that does; "" for none.
func (r *Ring) Ask(ctx context.Context, id string) (answer []byte, node string, err error) {
	q := &question{
		open: make(map[string]*parts), found: make(chan found, 1), none: make(chan struct{}),
	}
	for _, m := range r.members.all() {
		if m.Name != r.name && m.Info.Role != "healthagg" {
			q.open[m.Name] = nil
		}
	}
	if len(q.open) == 0 || !r.talk.began.Load() || !validText(id) {
		return nil, "", nil
	}
	nonce := rand.Uint64()
	if !r.talk.begin(nonce, q) {
		return nil, "", ErrManyQuestions
	}
	defer r.talk.end(nonce)
	b := binary.BigEndian.AppendUint64([]byte{version, kindQuestion}, nonce)
	b = appendText(appendText(b, r.name), id)
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		for _, name := range r.talk.silent(q) {
			r.send(name, b)
		}
		select {
		case f := <-q.found:
			return f.answer, f.node, nil
		case <-q.none:
			return nil, "", nil
		case <-ctx.Done():
			return nil, "", nil
		case <-again.C:
		}
	}
}

func (c *conversation) begin(nonce uint64, q *question) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.asked) >= maxAsked {
		return false
	}
	c.asked[nonce] = q
	return true
}

func (c *conversation) end(nonce uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.asked, nonce)
}

// silent are the names of those that have not answered yet.
func (c *conversation) silent(q *question) (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range q.open {
		names = append(names, name)
	}
	return names
}

// send sends a packet to a member.
func (r *Ring) send(name string, b []byte) {
	for _, n := range r.list.Members() {
		if n.Name == name {
			_ = r.list.SendBestEffort(n, b) // who does not get it is asked again
			return
		}
	}
}

// converse answers questions, and hears answers, until ctx ends.
func (r *Ring) converse(ctx context.Context) {
	r.talk.began.Store(true)
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-r.talk.heard:
			nonce, rest := binary.BigEndian.Uint64(b[2:]), &reader{b: b[askHead:]}
			if b[1] == kindQuestion {
				r.answer(nonce, rest)
			} else if !r.talk.hear(nonce, rest) {
				r.counts.in[inMalformed].Add(1)
			}
		}
	}
}

// answer answers a question. A node that does not know says so, and nobody has to wait for it.
func (r *Ring) answer(nonce uint64, b *reader) {
	asker, id := b.text(), b.text()
	if b.failed || len(b.b) > 0 || !validName(asker) || !validText(id) {
		r.counts.in[inMalformed].Add(1)
		return
	}
	if !r.talk.answers.take(questionsAll, 1, time.Now()) {
		r.counts.in[inLimit].Add(1)
		return
	}
	var known []byte
	if r.options.Answer != nil {
		known = pack(r.options.Answer(id))
	}
	n := (len(known) + partSize - 1) / partSize
	if n > maxParts {
		known, n = nil, 0
	}
	head := binary.BigEndian.AppendUint64([]byte{version, kindAnswer}, nonce)
	head = appendText(head, r.name)
	for i := range max(n, 1) {
		part := append(bytes.Clone(head), byte(i), byte(n))
		r.send(asker, append(part, known[i*partSize:min((i+1)*partSize, len(known))]...))
	}
}

// hear takes a part of an answer. It is false where no node of ours sends that.
func (c *conversation) hear(nonce uint64, b *reader) bool {
	name, i, n := b.text(), int(b.byte()), int(b.byte())
	if b.failed || n > maxParts || n > 0 && i >= n || len(b.b) > partSize {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.asked[nonce]
	if q == nil {
		return true // too late
	}
	p, open := q.open[name]
	switch {
	case !open:
		return true
	case n == 0:
		delete(q.open, name)
		if len(q.open) == 0 {
			close(q.none)
		}
		return true
	case p == nil || len(p.got) != n:
		p = &parts{got: make([][]byte, n), left: n}
		q.open[name] = p
	}
	if p.got[i] == nil {
		p.got[i] = append([]byte{}, b.b...)
		p.left--
	}
	if p.left > 0 {
		return true
	}
	answer, ok := unpack(bytes.Join(p.got, nil))
	if !ok {
		return false
	}
	select {
	case q.found <- found{name, answer}:
	default:
	}
	return true
}

// pack makes an answer smaller; nil stays nil.
func pack(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(b); err != nil || w.Close() != nil {
		return nil
	}
	return out.Bytes()
}

// unpack takes back what pack did, however little that was that became much.
func unpack(b []byte) ([]byte, bool) {
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), maxUnpacks+1))
	return out, err == nil && len(out) <= maxUnpacks
}
