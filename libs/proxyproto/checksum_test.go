package proxyproto_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/netip"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
)

// begins is how long a header is without addresses and extensions.
const begins = 16

// summed is a header with extensions, of which the one in the middle is a checksum.
func summed(head []byte) []byte {
	b := append(append([]byte{}, head...), 0x04, 0, 2, 'n', 'o') // PP2_TYPE_NOOP
	at := len(b) + 3
	b = append(b, 0x03, 0, 4, 0, 0, 0, 0)
	b = append(b, 0xE0, 0, 3, 'a', 'b', 'c')
	binary.BigEndian.PutUint16(b[14:], uint16(len(b)-begins))
	binary.BigEndian.PutUint32(b[at:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// A header that says a checksum has it: whatever byte was changed on the way, it is refused.
func TestAChecksumIsChecked(t *testing.T) {
	from, to := netip.MustParseAddrPort("192.0.2.1:4711"), netip.MustParseAddrPort("192.0.2.9:80")
	from6, to6 := netip.MustParseAddrPort("[2001:db8::1]:4711"),
		netip.MustParseAddrPort("[2001:db8::2]:80")
	for name, head := range map[string][]byte{
		"TCP4": proxyproto.AppendV2(nil, from, to), "TCP6": proxyproto.AppendV2(nil, from6, to6),
		"LOCAL": proxyproto.AppendV2(nil, netip.AddrPort{}, netip.AddrPort{}),
	} {
		good := summed(head)
		if _, n, err := proxyproto.Parse(good); err != nil || n != len(good) {
			t.Errorf("%s: %d of %d bytes, %v", name, n, len(good), err)
		}
		for i := begins; i < len(good); i++ {
			bad := append([]byte{}, good...)
			bad[i] ^= 0x40
			if i == len(good)-13 || name == "LOCAL" {
				continue // it no longer says that it is one, or need not
			}
			if _, _, err := proxyproto.Parse(bad); err == nil ||
				errors.Is(err, proxyproto.ErrNeedMore) {
				t.Errorf("%s: byte %d was changed: %v", name, i, err)
			}
		}
	}
}
