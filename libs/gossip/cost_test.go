package gossip

import (
	"flag"
	"fmt"
	"testing"
	"time"
)

// most is the size of the largest fleet that the cost is measured with. docs/gossip.md has
// what 200 gives: go test ./libs/gossip -run Cost -v -args -fleet 200.
var most = flag.Int("fleet", 20, "measure the cost with fleets of up to so many nodes")

// cost is what one node sends in a second.
type cost struct{ packets, bytes, streamed float64 }

func (c cost) String() string {
	return fmt.Sprintf("%5.1f packets/s %6.2f kB/s by UDP, %6.2f kB/s by TCP", c.packets,
		c.bytes/1000, c.streamed/1000)
}

// measure lets time pass, and returns what a node sent in it on average.
func measure(nodes []*node, d time.Duration, meanwhile func()) (c cost) {
	total := func() (packets, bytes, streamed int64) {
		for _, n := range nodes {
			packets += n.station.sent.Load()
			bytes += n.station.sentBytes.Load()
			streamed += n.station.streamed.Load()
		}
		return packets, bytes, streamed
	}
	p, b, s := total()
	for range d / time.Second {
		if meanwhile != nil {
			meanwhile()
		}
		pass(time.Second)
	}
	p2, b2, s2 := total()
	per := float64(len(nodes)) * d.Seconds()
	return cost{float64(p2-p) / per, float64(b2-b) / per, float64(s2-s) / per}
}

// What a node sends does not grow with the fleet: neither while nothing happens, nor while
// an endpoint fails for everybody.
func TestCostOfANodeStaysFlat(t *testing.T) {
	var first [2]cost
	for _, size := range []int{10, 20, 40, 100, 200} {
		if size > *most {
			break
		}
		simulate(t, uint64(size), func(t *testing.T, m *memory) {
			nodes := m.fleet(t, size)
			within(t, 15*time.Second, "one ring", oneRing(nodes))
			pass(20 * time.Second)
			idle := measure(nodes, 30*time.Second, nil)

			nodes[1].fails(2)
			spread := within(t, 5*time.Second, "all have heard of one node's loss", func() bool {
				for _, n := range nodes {
					if !n.knows(nodes[1].Name(), endpoint(2)) {
						return false
					}
				}
				return true
			})
			pass(15 * time.Second)
			busy := measure(nodes, 10*time.Second, func() {
				for _, n := range nodes {
					n.fails(0)
				}
			})
			t.Logf("| %d | idle: %v | an endpoint fails everywhere: %v | %v |", size, idle, busy,
				spread)
			if size == 10 {
				first = [2]cost{idle, busy}
				return
			}
			if idle.packets > 1.5*first[0].packets+1 || idle.bytes > 1.5*first[0].bytes+500 {
				t.Errorf("idle, a node of %d sends %v, one of 10 sends %v", size, idle, first[0])
			}
			// Everybody hears what everybody says, in as many packets.
			if busy.packets > 1.5*first[1].packets+10 {
				t.Errorf("while an endpoint fails, a node of %d sends %v, one of 10 sends %v", size,
					busy, first[1])
			}
		})
	}
}

// knows says whether a node holds a report of a loss.
func (n *node) knows(observer, address string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	o := n.state.observers[observer]
	return o != nil && o.reports[about{"users", address}] != nil
}
