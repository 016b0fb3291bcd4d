package gossip

import (
	"bytes"
	"compress/lzw"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gossip/wire"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// holder is somebody who has the key of a ring, and says what no node says.
type holder struct {
	t    *testing.T
	key  []byte // nil: the ring has none
	keys *wire.Keys
	to   string
}

func newHolder(t *testing.T, to *Ring, key []byte) *holder {
	t.Helper()
	h := &holder{t: t, key: key, to: to.Address()}
	if key != nil {
		var err error
		if h.keys, err = wire.NewKeys([][]byte{key}); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// packet sends a message as a packet.
func (h *holder) packet(message []byte) {
	h.t.Helper()
	if h.keys != nil {
		message = h.keys.Seal(nil, message, nil)
	}
	h.raw("udp", message)
}

// stream sends a message on a connection, and waits until the other side ends it.
func (h *holder) stream(message []byte) {
	h.t.Helper()
	if h.keys != nil {
		message = h.keys.SealStream(message)
	}
	h.raw("tcp", message)
}

// raw sends bytes. A connection is left when the other side has ended it.
func (h *holder) raw(network string, b []byte) {
	h.t.Helper()
	d := net.Dialer{Timeout: 5 * time.Second}
	c, err := d.DialContext(h.t.Context(), network, h.to)
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		h.t.Fatal(err)
	}
	if _, err := c.Write(b); err != nil {
		return // it was refused before all was said
	}
	if half, ok := c.(*net.TCPConn); ok {
		if err := half.CloseWrite(); err != nil {
			return
		}
		for err == nil {
			_, err = c.Read(make([]byte, 4096))
		}
		if testkit.IsTimeout(err) {
			h.t.Error("the connection stays open")
		}
	}
}

// padded seals a message as memberlist's encryption of version 0, with this behind it.
func (h *holder) padded(message []byte, stream bool) []byte {
	h.t.Helper()
	block, err := aes.NewCipher(h.key)
	if err != nil {
		h.t.Fatal(err)
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		h.t.Fatal(err)
	}
	nonce := make([]byte, sealer.NonceSize())
	var head []byte
	if stream {
		size := uint32(1 + len(nonce) + len(message) + sealer.Overhead())
		head = binary.BigEndian.AppendUint32([]byte{10}, size)
	}
	return append(append(head, 0), sealer.Seal(nonce, nonce, message, head)...)
}

// compress packs a message as memberlist does.
func compress(t *testing.T, message []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := lzw.NewWriter(&b, lzw.LSB, 8)
	if _, err := w.Write(message); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out := append([]byte{9, 0x82}, "\xa4Algo\x00\xa3Buf\xc6"...)
	return append(binary.BigEndian.AppendUint32(out, uint32(b.Len())), b.Bytes()...)
}

// hostile are messages that no node of ours sends.
func hostile(t *testing.T) map[string][]byte {
	nested := []byte{8, 'x'}
	for range 300 {
		nested = append([]byte{7, 1, byte(len(nested) >> 8), byte(len(nested))}, nested...)
	}
	long := strings.Repeat("n", 65000)
	record := func(kind byte, fields ...string) []byte {
		return append([]byte{kind}, strings.Join(fields, "")...)
	}
	const (
		inc        = "\xabIncarnation\x01"
		at         = "\xa4Addr\xa4\x7f\x00\x00\x01\xa4Port\x05\xa4Meta\xa0"
		nowhere    = "\xa4Addr\xa3\x7f\x00\x00\xa4Port\x05\xa4Meta\xa0"
		version255 = "\xa3Vsn\xa6\xff\xff\xff\x00\x00\x00"
		version2   = "\xa3Vsn\xa6\x01\x05\x02\x00\x00\x00"
		named      = "\xa4Node\xa1x"
		size       = "\xacUserStateLen"
		head       = "\x83\xa5Nodes"
		join       = "\xa4Join\xc3"
	)
	lists := append([]byte{4, 0x81, 0xa1, 'x'}, bytes.Repeat([]byte{0x91}, 1200)...)
	return map[string][]byte{
		"one byte":                     {0},
		"a kind that is none":          {200},
		"a label":                      {244, 0},
		"a label that is cut":          {244, 255, 'a'},
		"a compound of nothing":        {7, 0},
		"a compound that is cut":       {7, 255, 0, 1},
		"a compound of empty messages": {7, 3, 0, 0, 0, 0, 0, 0},
		"compounds in compounds":       nested,
		"a checksum that is wrong":     {12, 0, 0, 0, 0, 8, 'x'},
		"a checksum of nothing":        {12, 0, 0, 0, 0},
		"checksums in checksums":       {12, 0, 0, 0, 0, 12, 0, 0, 0, 0},
		"what is compressed":           compress(t, []byte{8, 'x'}),
		"compressed nothing":           compress(t, nil),
		"a bomb":                       compress(t, make([]byte, 30<<20)),
		"a map without end":            record(4, "\xdf\xff\xff\xff\xff"),
		"a list of fields":             record(4, "\x95\x01\xa1a\xc4\x04abcd\x01\xa0"),
		"lists in lists":               lists,
		"a name without end":           record(4, "\x81\xa4Node\xdb\xff\xff\xff\xff"),
		"a list without end":           record(4, "\x81\xa4Meta\xdd\xff\xff\xff\xff"),
		"a list where a number is":     record(3, "\x81\xabIncarnation\xdd\x7f\xff\xff\xff"),
		"a field twice":                record(11, "\x82\xa5SeqNo\x01\xa5SeqNo\x02"),
		"a number below zero":          record(11, "\x81\xa5SeqNo\xff"),
		"a number that is too big":     record(11, "\x81\xa5SeqNo\xcf", strings.Repeat("\xff", 8)),
		"a ping to a strange place":    record(0, "\x82\xa5SeqNo\x01\xaaSourceAddr\xa3abc"),
		"an indirect one to a strange": record(1, "\x82\xa5SeqNo\x01\xa6Target\xa5abcde"),
		"an accusation of nobody":      record(3, "\x83", inc, "\xa4Node\xa0\xa4From\xa0"),
		"a node without a version":     record(4, "\x85", inc, named, at),
		"a node of version 255":        record(4, "\x86", inc, named, at, version255),
		"a node at no address":         record(4, "\x86", inc, named, nowhere, version2),
		"a node with a long name":      append(record(4, "\x81\xa4Node\xda\xfd\xe8"), long...),
		"a state of many":              record(6, head, "\xd2\x00\x10\x00\x00", size, "\x00", join),
		"a state of less than 0":       record(6, head, "\xff", size, "\xff", join),
		"a state to come":              record(6, head, "\x00", size, "\xd2\x01\x40\x00\x00", join),
		"a report that is announced":   record(8, "\x81\xaaUserMsgLen\xd2\x01\x40\x00\x00"),
		"an error":                     record(13, "\x81\xa5Error\xa1x"),
		"what is encrypted again":      {10, 0, 0, 0, 1, 0},
		"a report that is too long":    append([]byte{8}, make([]byte, 1300)...),
	}
}

// One message of somebody who has the key, or of anybody where there is none, ends no node, and
// keeps no two of them from hearing each other.
func TestAHostileMessageEndsNothing(t *testing.T) {
	t.Parallel()
	for what, k := range map[string][]byte{"with a key": key(9, 32), "without a key": nil} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			nodes := pair(t, k)
			h := newHolder(t, nodes[0].Ring, k)
			if k != nil {
				for _, end := range []byte{0, 1, 2, 17, 255} {
					for _, b := range [][]byte{{end}, append(make([]byte, 15), end)} {
						h.raw("udp", h.padded(b, false))
						h.raw("tcp", h.padded(b, true))
					}
				}
				h.raw("udp", h.padded(nil, false))
				h.raw("tcp", h.padded(nil, true))
				h.packet(nil)
				h.stream(nil)
			}
			for name, b := range hostile(t) {
				if len(b) < 60000 {
					h.packet(b)
				}
				h.stream(b)
				if k != nil && len(b) < 60000 {
					h.raw("udp", b) // and the same of somebody who has none
					h.raw("tcp", b)
				}
				if t.Failed() {
					t.Fatal(name)
				}
			}
			stillHear(t, nodes)
		})
	}
}
