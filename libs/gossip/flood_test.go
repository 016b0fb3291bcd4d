package gossip

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// dial opens a connection that the end of the test ends.
func dial(t *testing.T, to string) net.Conn {
	t.Helper()
	d := net.Dialer{Timeout: 5 * time.Second}
	c, err := d.DialContext(t.Context(), "tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Somebody without a key opens connections and sends what cannot be decrypted, as much as a
// node would read. What is kept of it stays within its bound, and a node that comes finds the ring.
func TestConnectionsWithoutAKeyTakeBoundedMemory(t *testing.T) {
	t.Parallel()
	k := key(3, 32)
	nodes := pair(t, k)
	l := &nodes[0].guard.lines
	most := nodes[0].guard.rules.Sealed()
	var group sync.WaitGroup
	for range 30 {
		c := dial(t, nodes[0].Address())
		head := binary.BigEndian.AppendUint32([]byte{10}, uint32(most))
		group.Go(func() {
			if err := c.SetWriteDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Error(err)
			}
			_, _ = c.Write(append(head, make([]byte, most-1000)...)) // until it is ended
		})
	}
	filled := false
	testkit.Within(t, 20*time.Second, "the connections are read", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.held > maxHeld {
			t.Fatalf("%d bytes are kept", l.held)
		}
		filled = filled || l.held > maxHeld/2
		return filled
	})
	late := onLoopback(t, func(o *Options) {
		o.Keys, o.Join = [][]byte{k}, []string{nodes[0].Address()}
	})
	testkit.Within(t, 20*time.Second, "a node finds the ring", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(late.Members()) == 3 && l.held <= maxHeld
	})
	group.Wait()
	testkit.Within(t, 20*time.Second, "nothing is kept any more", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.held < maxHeld/100
	})
}

// More is announced than any node sends: it is refused before it is read.
func TestWhatIsAnnouncedTakesNoMemory(t *testing.T) {
	t.Parallel()
	nodes := pair(t, key(3, 32))
	for _, size := range []uint32{
		0, 1, 28, uint32(nodes[0].guard.rules.Sealed()) + 1, 20 << 20, 1<<32 - 1,
	} {
		c := dial(t, nodes[0].Address())
		if _, err := c.Write(binary.BigEndian.AppendUint32([]byte{10}, size)); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil || testkit.IsTimeout(err) {
			t.Errorf("%d bytes are waited for", size)
		}
	}
}

// Connections that say nothing keep nobody out, and end by themselves.
func TestIdleConnectionsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	k := key(3, 32)
	nodes := pair(t, k)
	l := &nodes[0].guard.lines
	for range maxLines + 50 {
		dial(t, nodes[0].Address())
	}
	late := onLoopback(t, func(o *Options) {
		o.Keys, o.Join = [][]byte{k}, []string{nodes[0].Address()}
	})
	testkit.Within(t, 20*time.Second, "a node finds the ring", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.open) > maxLines {
			t.Fatalf("%d connections are open", len(l.open))
		}
		return len(late.Members()) == 3
	})
	testkit.Within(t, 20*time.Second, "they end", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.open) < 20
	})
}

// Packets come faster than any node sends them, with the key and without.
func TestAFloodOfPacketsIsCutShort(t *testing.T) {
	t.Parallel()
	k := key(3, 32)
	nodes := pair(t, k)
	h := newHolder(t, nodes[0].Ring, k)
	d := net.Dialer{Timeout: time.Second}
	c, err := d.DialContext(t.Context(), "udp", h.to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	report := lossOf("nobody", 1, 1, "a")
	message := append([]byte{8}, encodeDelta(&report)...)
	limited := func() bool { return nodes[0].counts.in[inLimit].Load() > 0 }
	for i := 0; i < 50_000 && !limited(); i++ {
		b := make([]byte, 100)
		if i%2 == 0 {
			b = h.keys.Seal(nil, message, nil)
		}
		if _, err := c.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	testkit.Eventually(t, "it is cut short", limited)
	if nodes[0].counts.strangers.Load() == 0 {
		t.Error("nothing was from a stranger")
	}
	stillHear(t, nodes)
}

// accuse writes an accusation of memberlist's.
func accuse(kind byte, node, from string, incarnation uint32) []byte {
	b := append([]byte{kind, 0x83}, "\xabIncarnation\xce"...)
	b = binary.BigEndian.AppendUint32(b, incarnation)
	b = append(append(b, "\xa4Node\xda"...), byte(len(node)>>8), byte(len(node)))
	b = append(append(b, node...), "\xa4From\xda"...)
	return append(append(b, byte(len(from)>>8), byte(len(from))), from...)
}

// A node that is accused in the highest incarnations there are is in the ring again soon, and
// one of which the highest reports are told is heard again.
func TestTheHighestNumbersSilenceNobody(t *testing.T) {
	t.Parallel()
	for what, number := range map[string]func() uint32{
		"the highest of all":             func() uint32 { return 1<<32 - 1 },
		"just above what is believed":    func() uint32 { return latest(time.Now()) + 100 },
		"the highest that is believed":   func() uint32 { return latest(time.Now()) },
		"the highest but for the sum +1": func() uint32 { return 1<<32 - 2 },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			k := key(3, 32)
			nodes := pair(t, k)
			for i, n := range nodes {
				h := newHolder(t, n.Ring, k)
				for _, accused := range nodes {
					h.packet(accuse(3, accused.Name(), "liar", number()))
					h.packet(accuse(5, accused.Name(), "liar", number()))
					h.packet(accuse(5, accused.Name(), accused.Name(), number()))
				}
				for _, r := range []Report{
					lossOf(nodes[1-i].Name(), maxNumber, maxNumber, "a:1"),
					lossOf(n.Name(), maxNumber, maxNumber, "a:1"),
					lossOf(nodes[1-i].Name(), uint64(time.Now().Unix())+maxLead, maxSequence,
						"a:1"),
					lossOf(nodes[1-i].Name(), nodes[1-i].life.Load(), maxNumber, "a:1"),
				} {
					h.packet(append([]byte{8}, encodeDelta(&r)...))
				}
			}
			testkit.Within(t, 40*time.Second, "both are in the ring", func() bool {
				return len(nodes[0].Members()) == 2 && len(nodes[1].Members()) == 2
			})
			stillHear(t, nodes)
		})
	}
}

// Many names of nodes that nobody has heard of fill no memory.
func TestNamesThatNobodyHasHeardOfAreBounded(t *testing.T) {
	t.Parallel()
	k := key(3, 32)
	nodes := pair(t, k)
	g := nodes[0].guard
	now := time.Now()
	g.rates.mu.Lock()
	g.rates.names = bucket{used: newNames.burst, when: now.Add(time.Hour)}
	g.rates.mu.Unlock()
	h := newHolder(t, nodes[0].Ring, k)
	for i := range 20 {
		b := append([]byte{4, 0x86}, "\xabIncarnation\x01\xa4Node\xa3"...)
		b = append(b, fmt.Sprintf("n%02d", i)...)
		b = append(b, "\xa4Addr\xa4\x7f\x00\x00\x01\xa4Port\x05\xa4Meta\xa0"...)
		b = append(b, "\xa3Vsn\xa6\x01\x05\x02\x00\x00\x00"...)
		h.packet(b)
	}
	testkit.Eventually(t, "they are refused", func() bool {
		return nodes[0].counts.in[inMalformed].Load() >= 20
	})
	if n := len(nodes[0].Members()); n != 2 {
		t.Errorf("%d members", n)
	}
}

// A node of a version that lets memberlist encrypt speaks with one whose guard does.
func TestNodesThatLetMemberlistEncryptAreUnderstood(t *testing.T) {
	t.Parallel()
	k := key(3, 32)
	n := onLoopback(t, func(o *Options) { o.Keys = [][]byte{k} })
	pace := DefaultPace()
	c := pace.configure()
	ring, err := memberlist.NewKeyring([][]byte{k}, k)
	if err != nil {
		t.Fatal(err)
	}
	c.Name, c.Keyring, c.Logger = "before", ring, newLogger(quiet())
	c.BindAddr, c.BindPort = "127.0.0.1", 0
	c.Delegate = &before{meta: (&meta{Info: Info{Role: "edge"}, life: 7}).encode(),
		report: lossOf("before", 7, 1, "a:1")}
	m, err := memberlist.Create(c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Shutdown() }()
	if _, err := m.Join([]string{n.Address()}); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "both know each other and what was said", func() bool {
		return len(n.Members()) == 2 && n.Members()[0].RoundTrip+n.Members()[1].RoundTrip > 0 &&
			m.NumMembers() == 2 && len(n.Standing()) == 1
	})
	if got := n.counts.in[inMalformed].Load() + n.counts.strangers.Load(); got != 0 {
		t.Errorf("%d of its messages are refused", got)
	}
	if err := m.Leave(time.Second); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "it has left", func() bool { return len(n.Members()) == 1 })
}

// before is a node that says one thing.
type before struct {
	meta   []byte
	report Report
}

func (b *before) NodeMeta(int) []byte             { return b.meta }
func (b *before) NotifyMsg([]byte)                {}
func (b *before) GetBroadcasts(_, _ int) [][]byte { return nil }
func (b *before) MergeRemoteState([]byte, bool)   {}
func (b *before) LocalState(bool) []byte {
	s := newState()
	s.merge(&b.report, time.Now())
	return s.encode([]string{"before"}, time.Now())
}
