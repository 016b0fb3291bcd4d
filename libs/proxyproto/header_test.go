package proxyproto_test

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
)

const signature = "\r\n\r\n\x00\r\nQUIT\n"

func addr(s string) netip.AddrPort {
	if s == "" {
		return netip.AddrPort{}
	}
	return netip.MustParseAddrPort(s)
}

var valid = []struct {
	name, in            string
	version             int
	local               bool
	source, destination string
}{
	{
		"1 over IPv4", "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", 1, false,
		"192.0.2.1:56324", "198.51.100.7:443",
	},
	{
		"1 over IPv6", "PROXY TCP6 2001:db8::1 ::1 0 65535\r\n", 1, false, "[2001:db8::1]:0",
		"[::1]:65535",
	},
	{
		"1, IPv4 in IPv6", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", 1, false, "192.0.2.1:1",
		"[::1]:2",
	},
	{"1, unknown", "PROXY UNKNOWN\r\n", 1, false, "", ""},
	{
		"1, unknown with more", "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", 1,
		false, "", "",
	},
	{
		"2 over IPv4", signature +
			"\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x07\xdc\x04\x01\xbb", 2, false,
		"192.0.2.1:56324", "198.51.100.7:443",
	},
	{
		"2 over IPv4 with extensions", signature +
			"\x21\x11\x00\x10\xc0\x00\x02\x01\xc6\x33\x64\x07\xdc\x04\x01\xbb\x04\x00\x01x", 2,
		false, "192.0.2.1:56324", "198.51.100.7:443",
	},
	{
		"2 over IPv6", signature + "\x21\x21\x00\x24" + "\x20\x01\x0d\xb8" +
			strings.Repeat("\x00", 11) + "\x01" + strings.Repeat("\x00", 15) + "\x01" +
			"\x00\x01\x00\x02", 2, false, "[2001:db8::1]:1", "[::1]:2",
	},
	{"2, local", signature + "\x20\x00\x00\x00", 2, true, "", ""},
	{
		"2, local with addresses to be ignored", signature +
			"\x20\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x07\xdc\x04\x01\xbb", 2, true, "", "",
	},
	{"2, unspecified", signature + "\x21\x00\x00\x02xx", 2, false, "", ""},
	{
		"2, a UNIX socket", signature + "\x21\x31\x00\xd8" +
			strings.Repeat("p", 216), 2, false, "", "",
	},
	{
		"2, datagrams", signature +
			"\x21\x12\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x07\xdc\x04\x01\xbb", 2, false, "", "",
	},
}

func TestHeadersAreRead(t *testing.T) {
	for _, tc := range valid {
		h, n, err := proxyproto.Parse([]byte(tc.in + "PROXY or whatever comes next\n"))
		want := proxyproto.Header{
			Version: tc.version, Local: tc.local, Source: addr(tc.source),
			Destination: addr(tc.destination),
		}
		if err != nil || n != len(tc.in) || h != want {
			t.Errorf("%s: %+v, %d bytes of %d, %v; want %+v", tc.name, h, n, len(tc.in), err, want)
		}
	}
}

func TestAHeaderMayComeByteByByte(t *testing.T) {
	for _, tc := range valid {
		for i := range len(tc.in) {
			if _, _, err := proxyproto.Parse([]byte(tc.in[:i])); err != proxyproto.ErrNeedMore {
				t.Errorf("%s: after %d bytes: %v, want %v", tc.name, i, err, proxyproto.ErrNeedMore)
			}
		}
	}
}

func TestWhatIsNoHeaderIsRefused(t *testing.T) {
	for name, in := range map[string]string{
		"something else":                   "G",
		"a TLS client":                     "\x16\x03\x01",
		"the wrong case":                   "proxy TCP4",
		"no space":                         "PROXYX",
		"an empty line":                    "PROXY \r\n",
		"a line feed alone":                "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
		"a carriage return within":         "PROXY UNKNOWN \r x\r\n",
		"UDP":                              "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
		"IPv6 named TCP4":                  "PROXY TCP4 ::1 ::1 1 2\r\n",
		"IPv4 named TCP6":                  "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
		"one address of the wrong family":  "PROXY TCP4 192.0.2.1 ::1 1 2\r\n",
		"a zone":                           "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
		"two spaces":                       "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
		"a space at the end":               "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
		"a port missing":                   "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
		"an empty port":                    "PROXY TCP4 192.0.2.1 192.0.2.2  2\r\n",
		"a port too large":                 "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
		"a port with a sign":               "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
		"a port with a zero in front":      "PROXY TCP4 192.0.2.1 192.0.2.2 1 02\r\n",
		"an address with a zero in front":  "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
		"a name":                           "PROXY TCP4 localhost 192.0.2.2 1 2\r\n",
		"UNKNOWN without a space":          "PROXY UNKNOWNS\r\n",
		"an endless line":                  "PROXY UNKNOWN " + strings.Repeat("x", 93),
		"a signature broken off":           "\r\n\r\n\x00\r\nQUIX",
		"an HTTP client that sends CR LF":  "\r\nGET",
		"version 1 in binary":              signature + "\x11",
		"version 3":                        signature + "\x31",
		"an unknown command":               signature + "\x22",
		"an unknown family":                signature + "\x21\x41",
		"an unknown transport":             signature + "\x21\x13",
		"a length without room, IPv4":      signature + "\x21\x11\x00\x0b",
		"a length without room, IPv6":      signature + "\x21\x21\x00\x23",
		"a length of many times the usual": signature + "\x21\x11\xff\xff",
	} {
		_, n, err := proxyproto.Parse([]byte(in))
		var refused *proxyproto.Error
		if !errors.As(err, &refused) || n != 0 {
			t.Errorf("%s: %d bytes, %v; want it refused", name, n, err)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for _, tc := range []struct{ source, destination, readSource, readDestination string }{
		{"192.0.2.1:1", "198.51.100.7:65535", "", ""},
		{"[2001:db8::1]:1", "[2001:db8::2]:2", "", ""},
		{"192.0.2.1:1", "[2001:db8::2]:2", "", ""},
		{"[2001:db8::1]:1", "192.0.2.1:2", "", ""},
		{"[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:2", "192.0.2.1:1", "192.0.2.2:2"},
		{"[fe80::1%eth0]:1", "[fe80::2%eth0]:2", "[fe80::1]:1", "[fe80::2]:2"},
	} {
		want := proxyproto.Header{Source: addr(tc.source), Destination: addr(tc.destination)}
		if tc.readSource != "" {
			want.Source, want.Destination = addr(tc.readSource), addr(tc.readDestination)
		}
		for version, write := range []func([]byte, netip.AddrPort, netip.AddrPort) []byte{
			proxyproto.AppendV1, proxyproto.AppendV2,
		} {
			b := write([]byte("x"), addr(tc.source), addr(tc.destination))
			h, n, err := proxyproto.Parse(b[1:])
			want.Version = version + 1
			if err != nil || n != len(b)-1 || h != want || b[0] != 'x' {
				t.Errorf("version %d, %s to %s: %q is read as %+v, %v", version+1, tc.source,
					tc.destination, b, h, err)
			}
		}
	}
}

func TestWithoutAddressesAHeaderSaysSo(t *testing.T) {
	if b := proxyproto.AppendV1(nil, netip.AddrPort{},
		addr("192.0.2.1:1")); string(b) != "PROXY UNKNOWN\r\n" {
		t.Errorf("version 1: %q", b)
	}
	if b := proxyproto.AppendV2(nil, addr("192.0.2.1:1"), netip.AddrPort{}); string(b) != signature+
		"\x20\x00\x00\x00" {
		t.Errorf("version 2: %q", b)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	for _, tc := range valid {
		if tc.version == 1 {
			continue // its fields are text; the cost is once per connection
		}
		b := []byte(tc.in)
		if n := testing.AllocsPerRun(100, func() { _, _, _ = proxyproto.Parse(b) }); n != 0 {
			t.Errorf("%s: %v allocations", tc.name, n)
		}
	}
}

// What is accepted is accepted at its last byte, needs every byte before it, and does
// not depend on what follows.
func FuzzParse(f *testing.F) {
	for _, tc := range valid {
		f.Add([]byte(tc.in), []byte("x"))
	}
	f.Add([]byte("PROXY TCP4 192.0.2.1 "), []byte("\r\n"))
	f.Fuzz(func(t *testing.T, b, more []byte) {
		h, n, err := proxyproto.Parse(b)
		again, m, errMore := proxyproto.Parse(append(bytes.Clone(b), more...))
		if err == proxyproto.ErrNeedMore {
			if len(b) > proxyproto.MaxBytes {
				t.Fatalf("needs more than %d bytes", len(b))
			}
			return
		}
		if h != again || n != m || (err == nil) != (errMore == nil) {
			t.Fatalf("%+v, %d, %v became %+v, %d, %v with more bytes", h, n, err, again, m, errMore)
		}
		if err != nil {
			if n != 0 {
				t.Fatalf("an error, and %d bytes", n)
			}
			return
		}
		if n > len(b) || n > proxyproto.MaxBytes {
			t.Fatalf("%d bytes of %d", n, len(b))
		}
		if _, _, err := proxyproto.Parse(b[:n-1]); err != proxyproto.ErrNeedMore {
			t.Fatalf("without its last byte: %v", err)
		}
		if h.Source.IsValid() != h.Destination.IsValid() || h.Local && h.Source.IsValid() {
			t.Fatalf("%+v", h)
		}
		if !h.Source.IsValid() {
			return
		}
		for version, b := range [][]byte{
			proxyproto.AppendV1(nil, h.Source, h.Destination),
			proxyproto.AppendV2(nil, h.Source, h.Destination),
		} {
			back, _, err := proxyproto.Parse(b)
			h.Version = version + 1
			if err != nil || back != h {
				t.Fatalf("%+v is written as %q, which is %+v, %v", h, b, back, err)
			}
		}
	})
}
