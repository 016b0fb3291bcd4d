package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// splitAddress takes host:port apart. host is "" for all interfaces, an IP address without brackets in its shortest form, or
// a host name in lower case.
func splitAddress(s string) (host string, port int, err error) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return "", 0, errors.New("has no port")
	}
	host = s[:colon]
	digits := s[colon+1:]
	port, err = strconv.Atoi(digits)
	if err != nil || port < 0 || port > 65535 || digits[0] == '+' || digits[0] == '-' {
		return "", 0, fmt.Errorf("has the port %s, and a port is a number from 0 to 65535", quote(digits))
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		a, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !a.Is6() {
			return "", 0, errors.New("has no IPv6 address in its brackets")
		}
		return a.String(), port, nil
	}
	if strings.Contains(host, ":") {
		return "", 0, errors.New("has an IPv6 address without brackets")
	}
	if host == "" {
		return "", port, nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.String(), port, nil
	}
	if strings.Trim(host, "0123456789.") == "" {
		return "", 0, errors.New("has numbers for a host that are no IP address")
	}
	if err := checkHostName(strings.TrimSuffix(host, ".")); err != nil {
		return "", 0, err
	}
	return strings.ToLower(strings.TrimSuffix(host, ".")), port, nil
}

// checkHostName says what is wrong with a host name that has no trailing dot.
func checkHostName(s string) error {
	if s == "" || len(s) > 253 {
		return errors.New("has a host name that is empty or over 253 bytes")
	}
	if strings.Count(s, ".") >= 63 {
		return errors.New("has a host name of more than 63 labels")
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return errors.New("has a host name with a label that is empty or over 63 bytes")
		}
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		case c >= 0x80:
			return errors.New(`has letters beyond ASCII; write the name as DNS has it, beginning with "xn--"`)
		default:
			return fmt.Errorf("has %q, which no host name has", c)
		}
	}
	return nil
}

// normalHost returns a host pattern of a route in the form in which equal patterns are equal texts, "*" for any host.
func normalHost(pattern string) (string, error) {
	if pattern == "*" {
		return pattern, nil
	}
	host, wild := strings.CutPrefix(pattern, "*.")
	if v6 := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"); strings.Contains(v6, ":") {
		a, err := netip.ParseAddr(v6)
		if err != nil || a.Zone() != "" || wild {
			return "", errors.New("is neither a host name nor an IPv6 address; write it without a port")
		}
		return a.String(), nil
	}
	if strings.Contains(host, "*") {
		return "", errors.New(`has a "*" that is not the whole first label; write *.example.org`)
	}
	host = strings.TrimSuffix(host, ".")
	if err := checkHostName(host); err != nil {
		return "", err
	}
	host = strings.ToLower(host)
	if wild {
		return "*." + host, nil
	}
	return host, nil
}

// normalPrefix returns a path prefix in the form in which equal prefixes are equal texts: "/" or "/a/b".
func normalPrefix(prefix string) (string, error) {
	if prefix == "" || prefix == "/" {
		return "/", nil
	}
	if prefix[0] != '/' {
		return "", errors.New("does not start with a slash")
	}
	trimmed := strings.TrimSuffix(prefix, "/")
	if len(prefix) > 1<<16-1 {
		return "", errors.New("has more than 65535 bytes")
	}
	if strings.Count(trimmed, "/") > 63 {
		return "", errors.New("has more than 63 segments")
	}
	for segment := range strings.SplitSeq(trimmed[min(1, len(trimmed)):], "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", errors.New("has an empty or dot segment, and paths are matched without those")
		}
	}
	for i := range len(prefix) {
		switch c := prefix[i]; {
		case c == '?' || c == '#':
			return "", fmt.Errorf("has %q, and a path ends before its query", c)
		case c == '*':
			return "", errors.New(`has a "*", and a prefix has no wildcards: it matches everything below it`)
		case c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^{|}`+"`", c) >= 0:
			return "", fmt.Errorf("has %q, which a path has only percent-encoded", c)
		}
	}
	return trimmed, nil
}

// validMethod says whether s is a token of HTTP.
func validMethod(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
