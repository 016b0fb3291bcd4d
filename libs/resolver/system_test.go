package resolver

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// answer is a message with two records, the second of which holds for less.
func answer(t testing.TB, ttls ...uint32) []byte {
	t.Helper()
	name := dnsmessage.MustNewName("a.test.")
	m := dnsmessage.Message{
		Header: dnsmessage.Header{Response: true},
		Questions: []dnsmessage.Question{
			{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
		},
	}
	for _, ttl := range ttls {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{
				Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: ttl,
			},
			Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}},
		})
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The TTL is heard, over UDP and over TCP in pieces.
func TestTheTTLIsHeard(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	var l listener
	if l.heard() != 0 {
		t.Error("something was heard in silence")
	}
	c, err := l.dial(ctx, "udp", udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, ok := c.(net.PacketConn); !ok {
		t.Error("the package net would take this for TCP")
	}
	b := make([]byte, 512)
	for _, message := range [][]byte{answer(t), {1, 2, 3}, answer(t, 300, 20)} {
		if _, err := udp.WriteTo(message, c.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(b); err != nil {
			t.Fatal(err)
		}
	}
	if l.heard() != 20*time.Second {
		t.Errorf("over UDP: %v, want 20s", l.heard())
	}

	var far listener
	here, there := net.Pipe()
	defer here.Close()
	s := &stream{Conn: here, listener: &far}
	message := answer(t, 7)
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	framed = append(append(framed, message...), framed...)
	go func() {
		for _, c := range framed {
			_, _ = there.Write([]byte{c})
		}
		_ = there.Close()
	}()
	if _, err := io.ReadAll(s); err != nil {
		t.Fatal(err)
	}
	if far.heard() != 7*time.Second {
		t.Errorf("over TCP: %v, want 7s", far.heard())
	}
}

func TestSystemKnowsThisMachine(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	addrs, _, err := System(ctx, "localhost")
	if err != nil || len(addrs) == 0 || !addrs[0].IsLoopback() {
		t.Errorf("localhost is %v, %v", addrs, err)
	}
}

// What a server sends is read without harm.
func FuzzHear(f *testing.F) {
	f.Add(answer(f, 5))
	f.Add([]byte{})
	f.Fuzz(func(_ *testing.T, message []byte) {
		var l listener
		l.hear(message)
		l.heard()
	})
}
