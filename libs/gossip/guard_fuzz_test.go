package gossip

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
)

// Whatever comes as a packet, or on a connection, from somebody who has the key, memberlist
// lives on: it answers who asks whether it is there.
func FuzzWhatMemberlistIsGiven(f *testing.F) {
	for _, s := range []string{
		"\x00\x81\xa5SeqNo\x07", "\x08report",
		"\x04\x86\xabIncarnation\x01\xa4Node\xa1x\xa4Addr\xa4\x7f\x00\x00\x01\xa4Port\x05" +
			"\xa4Meta\xa5\x01\x00\x00\x00\x00\xa3Vsn\xa6\x01\x05\x02\x00\x00\x00",
		string(accuse(3, "x", "y", 1)), string(accuse(5, "x", "x", 1<<31)),
		"\x01\x83\xa5SeqNo\x01\xa6Target\xa4abcd\xa4Nack\xc3",
		"\x02\x82\xa5SeqNo\x01\xa7Payload\xc0",
		"\x06\x83\xa5Nodes\x01\xacUserStateLen\x05\xa4Join\xc3\x87\xa4Name\xa1x" +
			"\xa4Addr\xa4\x7f\x00\x00\x01\xa4Port\x05\xa4Meta\xc0\xabIncarnation\x01" +
			"\xa5State\x02\xa3Vsn\xa6\x01\x05\x02\x00\x00\x00state",
		"\x07\x02\x00\x02\x00\x02\x08a\x08b",
	} {
		f.Add([]byte(s))
	}
	m := newMemory(1)
	s := m.station(0)
	r, err := New(f.Context(), Options{
		Info: Info{Role: "edge"}, Name: "n", Log: quiet(), transport: s, Keys: [][]byte{key(1, 16)},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = r.Close() })
	stream := func(t *testing.T, b []byte) []byte {
		near, far := net.Pipe()
		defer near.Close()
		s.streams <- far
		if err := near.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := near.Write(r.keys.SealStream(b)); err != nil {
			return nil // it was refused before all was read
		}
		answer, _ := io.ReadAll(near)
		return answer
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r.guard.rates.mu.Lock()
		r.guard.rates.allPackets, r.guard.rates.allStreams = bucket{}, bucket{}
		r.guard.rates.allBytes, r.guard.rates.names = bucket{}, bucket{}
		clear(r.guard.rates.packets)
		clear(r.guard.rates.streams)
		clear(r.guard.rates.bytes)
		r.guard.rates.mu.Unlock()
		s.packets <- &memberlist.Packet{
			Buf: r.keys.Seal(nil, b, nil), From: place("10.9.9.9:1"), Timestamp: time.Now(),
		}
		stream(t, b)
		if len(stream(t, []byte("\x00\x81\xa5SeqNo\x07"))) == 0 {
			t.Fatal("it does not answer")
		}
	})
}
