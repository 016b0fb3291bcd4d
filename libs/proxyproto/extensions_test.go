package proxyproto_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/netip"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
)

// tlv is one extension.
func tlv(kind byte, value string) string {
	return string(binary.BigEndian.AppendUint16([]byte{kind}, uint16(len(value)))) + value
}

// with is a header with extensions behind its addresses.
func with(head []byte, extensions string) []byte {
	b := append(bytes.Clone(head), extensions...)
	binary.BigEndian.PutUint16(b[14:], uint16(len(b)-begins))
	return b
}

var (
	from4, to4 = netip.MustParseAddrPort("192.0.2.1:4711"), netip.MustParseAddrPort("192.0.2.9:80")
	head4      = proxyproto.AppendV2(nil, from4, to4)
	head6      = proxyproto.AppendV2(nil, netip.MustParseAddrPort("[2001:db8::1]:1"),
		netip.MustParseAddrPort("[2001:db8::2]:2"))
)

func TestExtensionsGoOn(t *testing.T) {
	alpn, name, id := tlv(0x01, "h2"), tlv(0x02, "a.test"), tlv(0x05, "0123")
	ssl := tlv(0x20, "\x01\x00\x00\x00\x00"+tlv(0x21, "TLSv1.3"))
	netns, noop, vpce, empty := tlv(0x30, "blue"), tlv(0x04, "  "), tlv(0xEA, "\x01vpce-1"),
		tlv(0xE0, "")
	every := alpn + noop + name + id + ssl + netns + vpce + empty + vpce
	for _, tc := range []struct {
		name string
		s    proxyproto.Selection
		want string
	}{
		{"none", proxyproto.Selection{}, ""},
		{"all", proxyproto.All(), alpn + name + id + ssl + vpce + empty + vpce},
		{"some", proxyproto.Selection{}.With(0xEA).With(0x05), id + vpce + vpce},
		{"all but some", proxyproto.All().Without(0x20, 0x01, 0x02, 0xE0), id + vpce + vpce},
		{"all, and one of the sender's", proxyproto.All().With(0x30),
			alpn + name + id + ssl + netns + vpce + empty + vpce},
		{"those of a hop", proxyproto.Selection{}.With(0x03).With(0x04), ""},
	} {
		for family, head := range map[string][]byte{"TCP4": head4, "TCP6": head6} {
			got, h := passed(t, with(head, every), tc.s)
			if want := with(head, tc.want); !bytes.Equal(got, want) {
				t.Errorf("%s, %s: %+v: %q, want %q", tc.name, family, h, got, want)
			}
		}
	}
}

// passed is what goes on of a header that came.
func passed(t testing.TB, b []byte, s proxyproto.Selection) ([]byte, proxyproto.Header) {
	t.Helper()
	h, n, err := proxyproto.Parse(b)
	if err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	out := proxyproto.AppendV2With([]byte("x"), h.Source, h.Destination,
		proxyproto.Extensions(b[:n]), s)
	if out[0] != 'x' {
		t.Fatalf("what was there is gone: %q", out)
	}
	return out[1:], h
}

// A sender that sums its header up gets a sum of its own from each hop, since what is summed up
// changes.
func TestTheChecksumIsTheHopsOwn(t *testing.T) {
	for name, s := range map[string]proxyproto.Selection{
		"none": {}, "all": proxyproto.All(), "one": proxyproto.Selection{}.With(0xE0),
	} {
		got, h := passed(t, summed(head4), s)
		back, n, err := proxyproto.Parse(got)
		if err != nil || n != len(got) || back != h {
			t.Fatalf("%s: %+v, %d of %d bytes, %v", name, back, n, len(got), err)
		}
		at := bytes.Index(got, []byte{0x03, 0, 4})
		if at < 0 || bytes.Count(got, []byte{0x03, 0, 4}) != 1 {
			t.Fatalf("%s: there is not one checksum: %q", name, got)
		}
		sum := binary.BigEndian.Uint32(got[at+3:])
		copy(got[at+3:], []byte{0, 0, 0, 0})
		if want := crc32.Checksum(got, crc32.MakeTable(crc32.Castagnoli)); sum != want {
			t.Errorf("%s: the checksum is %x, want %x", name, sum, want)
		}
		if kept := bytes.Contains(got, []byte("abc")); kept != (name != "none") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got, _ := passed(t, with(head4, tlv(0xE0, "abc")), proxyproto.All()); bytes.Contains(got,
		[]byte{0x03, 0, 4}) {
		t.Errorf("nobody asked for a checksum: %q", got)
	}
}

// Where a header names no client nothing in it counts, and what does not fit is none.
func TestExtensionsOfNobody(t *testing.T) {
	vpce := tlv(0xEA, "x")
	of := func(kind string) []byte { // with the addresses of head4
		return with([]byte(signature+kind+"\x00\x00"+string(head4[begins:])), vpce)
	}
	for name, b := range map[string][]byte{
		"LOCAL":                   of("\x20\x11"),
		"LOCAL without addresses": with([]byte(signature+"\x20\x00\x00\x00"), vpce),
		"unspecified":             with([]byte(signature+"\x21\x00\x00\x00"), vpce),
		"datagrams":               of("\x21\x12"),
		"version 1":               []byte("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
		"no extensions":           head4,
		"half a header":           with(head4, vpce)[:20],
		"nothing":                 nil,
	} {
		if got := proxyproto.Extensions(b); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	got := proxyproto.AppendV2With(nil, netip.AddrPort{}, to4, []byte(tlv(0xEA, "x")),
		proxyproto.All())
	if string(got) != signature+"\x20\x00\x00\x00" {
		t.Errorf("without a client: %q", got)
	}
}

// Whatever header is taken, what goes on of it is a header that says the same of the client, has no
// extension that it did not have, all that were selected, and is not longer.
func FuzzExtensionsGoOn(f *testing.F) {
	f.Add(with(head4, tlv(0x20, "ssl")+tlv(0x05, "id")), uint64(0), true)
	f.Add(summed(head6), ^uint64(0), false)
	for _, tc := range valid {
		f.Add([]byte(tc.in), uint64(1), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, kinds uint64, all bool) {
		h, n, err := proxyproto.Parse(b)
		if err != nil {
			return
		}
		var s proxyproto.Selection
		if all {
			s = proxyproto.All()
		}
		for k := range 64 {
			if kinds&(1<<k) != 0 {
				s = s.With(byte(4 * k)).With(byte(k))
			}
		}
		ext := proxyproto.Extensions(b[:n])
		out := proxyproto.AppendV2With(nil, h.Source, h.Destination, ext, s)
		back, m, err := proxyproto.Parse(out)
		h.Version, h.Local = 2, !h.Source.IsValid()
		if err != nil || m != len(out) || back != h {
			t.Fatalf("%+v became %q: %+v, %d, %v", h, out, back, m, err)
		}
		if len(ext) > 0 && len(out) > n {
			t.Fatalf("%d bytes became %d", n, len(out))
		}
		want, sums := "", 0
		for rest := ext; len(rest) > 0; {
			end := 3 + int(binary.BigEndian.Uint16(rest[1:]))
			if rest[0] == 3 {
				sums = 7
			} else if s == s.With(rest[0]) && rest[0] != 4 {
				want += string(rest[:end])
			}
			rest = rest[end:]
		}
		got := proxyproto.Extensions(out)
		if string(got[:len(got)-sums]) != want {
			t.Fatalf("%q of %q, want %q and %d bytes more", got, ext, want, sums)
		}
	})
}
