package proxyproto

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// maxLine is the longest line of version 1, its end included: section 2.1.
const maxLine = 107

const keyword = "PROXY "

func parse1(b []byte) (h Header, n int, err error) {
	if !begins(b, keyword) {
		return h, 0, refuse("it begins like neither version")
	}
	end := bytes.IndexByte(b[:min(len(b), maxLine)], '\n')
	switch {
	case end < 0 && len(b) >= maxLine:
		return h, 0, refuse("the line is longer than 107 bytes")
	case end < 0:
		return h, 0, ErrNeedMore
	case b[end-1] != '\r': // there is the keyword before it
		return h, 0, refuse("the line does not end with CR LF")
	}
	h.Version = 1
	line := string(b[len(keyword) : end-1])
	if strings.IndexByte(line, '\r') >= 0 {
		return h, 0, refuse("there is a CR within the line")
	}
	if line == "UNKNOWN" || strings.HasPrefix(line, "UNKNOWN ") {
		return h, end + 1, nil
	}
	f := strings.Split(line, " ")
	if len(f) != 5 {
		return h, 0, refuse("the line has not one protocol, two addresses and two ports")
	}
	var v6 bool
	switch f[0] {
	case "TCP4":
	case "TCP6":
		v6 = true
	default:
		return h, 0, refuse("the protocol is not TCP4, TCP6 or UNKNOWN")
	}
	if h.Source, err = endpoint1(f[1], f[3], v6); err != nil {
		return h, 0, err
	}
	if h.Destination, err = endpoint1(f[2], f[4], v6); err != nil {
		return h, 0, err
	}
	return h, end + 1, nil
}

func endpoint1(address, port string, v6 bool) (netip.AddrPort, error) {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Is4() == v6 || a.Zone() != "" {
		return netip.AddrPort{}, refuse("an address is not one of the protocol it names")
	}
	p, err := strconv.ParseUint(port, 10, 16)
	// ParseUint takes a plus sign and leading zeros, which the protocol has not.
	if err != nil || port[0] == '+' || port[0] == '0' && len(port) > 1 {
		return netip.AddrPort{}, refuse("a port is not a number from 0 to 65535")
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(p)), nil
}

// AppendV1 appends a header of version 1. Where one of the addresses is not valid it
// says UNKNOWN.
func AppendV1(dst []byte, source, destination netip.AddrPort) []byte {
	dst = append(dst, keyword...)
	src, to, v6, ok := family(source, destination)
	switch {
	case !ok:
		return append(dst, "UNKNOWN\r\n"...)
	case v6:
		dst = append(dst, "TCP6 "...)
	default:
		dst = append(dst, "TCP4 "...)
	}
	dst = src.AppendTo(dst)
	dst = append(dst, ' ')
	dst = to.AppendTo(dst)
	dst = append(dst, ' ')
	dst = strconv.AppendUint(dst, uint64(source.Port()), 10)
	dst = append(dst, ' ')
	dst = strconv.AppendUint(dst, uint64(destination.Port()), 10)
	return append(dst, "\r\n"...)
}

// family gives two addresses one family: where only one is IPv4 it is written as
// IPv6. ok is false where one is not valid.
func family(source, destination netip.AddrPort) (src, to netip.Addr, v6, ok bool) {
	src, to = source.Addr().Unmap().WithZone(""), destination.Addr().Unmap().WithZone("")
	if !src.IsValid() || !to.IsValid() {
		return src, to, false, false
	}
	if src.Is4() && to.Is4() {
		return src, to, false, true
	}
	return netip.AddrFrom16(src.As16()), netip.AddrFrom16(to.As16()), true, true
}
