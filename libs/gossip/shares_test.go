package gossip

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

// A node hears what others send it about shares, also after it has left, until it ends.
func TestMessagesAboutSharesArrive(t *testing.T) {
	simulate(t, 1, func(t *testing.T, m *memory) {
		var mu sync.Mutex
		heard := make(map[string]int)
		a := m.start(t, 0, nil)
		b := m.start(t, 1, func(o *Options) {
			o.Shares = func(body []byte) {
				mu.Lock()
				defer mu.Unlock()
				heard[string(body)]++
			}
		})
		within(t, 5*time.Second, "one ring", oneRing([]*node{a, b}))
		if got := a.NodeAt(stationAddress(1)); got != "edge-1" {
			t.Errorf("%q is at the address of edge-1", got)
		}
		if got := b.NodeAt(stationAddress(1)); got != "edge-1" {
			t.Errorf("edge-1 finds %q at its own address", got)
		}
		longest := bytes.Repeat([]byte{9}, MaxSend)
		a.Send("edge-1", []byte("one"))
		a.Send("edge-1", longest)
		a.Send("edge-1", append(longest, 9)) // is too long
		a.Send("edge-7", []byte("nobody"))
		b.Send("edge-0", []byte("who does not listen"))
		pass(time.Second)
		b.Leave()
		pass(5 * time.Second)
		a.Send("edge-1", []byte("left"))
		pass(time.Second)
		mu.Lock()
		defer mu.Unlock()
		if len(heard) != 3 || heard["one"] != 1 || heard[string(longest)] != 1 ||
			heard["left"] != 1 {
			t.Errorf("%d messages were heard", len(heard))
		}
	})
}
