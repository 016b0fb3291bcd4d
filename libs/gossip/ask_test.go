package gossip

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A node finds out what another one remembers, with a key and without, also where the answer takes
// many packets; and that nobody does, without waiting for it.
func TestANodeAsksTheOthersWhatTheyRemember(t *testing.T) {
	large := make([]byte, 10_000)
	for i := range large {
		large[i] = byte(rand.Uint32())
	}
	for name, key := range map[string][]byte{"clear": nil, "secret": bytes.Repeat([]byte{7}, 32)} {
		t.Run(name, func(t *testing.T) {
			nodes := pairThatRemembers(t, key, map[string][]byte{
				"one": []byte(`{"id":"one"}`), "large": large,
			})
			testkit.Eventually(t, "they know each other", func() bool {
				return len(nodes[0].Members()) == 2 && len(nodes[1].Members()) == 2
			})
			ask := func(id string, within time.Duration) ([]byte, string) {
				ctx, cancel := context.WithTimeout(t.Context(), within)
				defer cancel()
				answer, node, err := nodes[0].Ask(ctx, id)
				if err != nil {
					t.Error(err)
				}
				return answer, node
			}
			for id, want := range map[string][]byte{"one": []byte(`{"id":"one"}`), "large": large} {
				got, node := ask(id, testkit.Deadline)
				if !bytes.Equal(got, want) || node != nodes[1].Name() {
					t.Errorf("%s: %d bytes of %q, want %d of %q", id, len(got), node, len(want),
						nodes[1].Name())
				}
			}
			began := time.Now()
			if got, node := ask("unknown", testkit.Deadline); got != nil || node != "" {
				t.Errorf("of what nobody remembers %q tells %q", node, got)
			}
			if took := time.Since(began); took > testkit.Deadline/2 {
				t.Errorf("it takes %v to learn that nobody knows", took)
			}
			nodes[1].stop()
			if got, node := ask("one", 100*time.Millisecond); got != nil || node != "" {
				t.Errorf("a node that is gone, %q, tells %q", node, got)
			}
		})
	}
}

// No message that is no question or answer of ours does harm, and few wait to be read.
func FuzzQuestionsAndAnswers(f *testing.F) {
	answer := func(i, n byte, rest string) []byte {
		b := binary.BigEndian.AppendUint64([]byte{version, kindAnswer}, 7)
		return append(append(appendText(b, "other"), i, n), rest...)
	}
	f.Add(answer(0, 0, ""))
	f.Add(answer(0, 1, string(pack([]byte("text")))))
	f.Add(answer(0, 1, "no deflate"))
	f.Add(answer(1, 2, "half"))
	f.Add(answer(9, 2, "beyond"))
	f.Add([]byte{version, kindQuestion, 0, 0, 0, 0, 0, 0, 0, 7, 1, 'a', 1, 'b'})
	f.Add([]byte{version, kindQuestion})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := newConversation()
		q := &question{
			open: map[string]*parts{"other": nil}, found: make(chan found, 1),
			none: make(chan struct{}),
		}
		c.begin(7, q)
		for range maxHeard + 1 {
			if !c.take(b) {
				return
			}
		}
		if len(c.heard) != maxHeard {
			t.Fatalf("%d wait", len(c.heard))
		}
		for range 2 {
			m := <-c.heard
			c.hear(binary.BigEndian.Uint64(m[2:]), &reader{b: m[askHead:]})
		}
		if p := q.open["other"]; p != nil && len(p.got) > maxParts {
			t.Fatalf("%d parts", len(p.got))
		}
	})
}

// A small answer that becomes a large one is not taken.
func TestAnAnswerIsBounded(t *testing.T) {
	if _, ok := unpack(pack(make([]byte, maxUnpacks+1))); ok {
		t.Error("too large an answer is taken")
	}
	if got, ok := unpack(pack(make([]byte, maxUnpacks))); !ok || len(got) != maxUnpacks {
		t.Errorf("%d bytes, %v", len(got), ok)
	}
	c := newConversation()
	for i := range uint64(maxAsked) {
		if !c.begin(i, &question{}) {
			t.Errorf("question %d is refused", i)
		}
	}
	if c.begin(maxAsked, &question{}) {
		t.Error("one question more is asked than may be")
	}
}
