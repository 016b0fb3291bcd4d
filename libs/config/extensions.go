package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// PassExtensions, among Cluster.ProxyProtocolTLVs, stands for all that say something of the client.
const PassExtensions = "pass"

// Extension is one kind of extension (TLV) of the PROXY protocol.
type Extension struct {
	Name string
	Kind byte
}

// Extensions returns those that have a name and may be passed on.
func Extensions() []Extension {
	return []Extension{
		{"alpn", 0x01}, {"authority", 0x02}, {"unique_id", 0x05}, {"ssl", 0x20}, {"netns", 0x30},
	}
}

// ParseExtension reads an entry of Cluster.ProxyProtocolTLVs other than PassExtensions: a name, or
// 0x and two hexadecimal digits.
func ParseExtension(s string) (kind byte, ok bool) {
	for _, e := range Extensions() {
		if e.Name == s {
			return e.Kind, true
		}
	}
	digits, hex := strings.CutPrefix(s, "0x")
	n, err := strconv.ParseUint(digits, 16, 8)
	return byte(n), hex && err == nil && len(digits) == 2
}

// extensions checks which extensions of PROXY headers a cluster's endpoints get.
func (v *validator) extensions(c *Cluster, at spot) {
	if len(c.ProxyProtocolTLVs) == 0 {
		return
	}
	at = at.of("proxy_protocol_tlvs")
	if c.ProxyProtocol != ProxyProtocolV2 {
		v.add(at.String(), CodeConflict, "only version 2 of the PROXY protocol has TLVs",
			"set proxy_protocol: v2, or remove it")
	}
	for i, s := range c.ProxyProtocolTLVs {
		kind, ok := ParseExtension(s)
		why, hint := "is no TLV of the PROXY protocol", "write pass for all, a type such as "+
			"\"0xEA\", or one of alpn, authority, unique_id, ssl and netns"
		switch {
		case s == PassExtensions, ok && kind != 0x03 && kind != 0x04:
			continue
		case ok || s == "crc32c" || s == "noop":
			why = "is about the header that it stands in, not about the client"
			hint = "remove it; the gateway writes a checksum of its own where the sender did"
		}
		v.add(text.JoinIndex(at.String(), i), CodeValue, fmt.Sprintf("%s %s", text.Quote(s), why),
			hint)
	}
}
