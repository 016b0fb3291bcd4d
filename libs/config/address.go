package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
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
	ascii, err := asciiHost(host)
	if err != nil {
		return "", 0, err
	}
	if ascii != strings.ToLower(host) {
		return "", 0, fmt.Errorf("has letters beyond ASCII; write the name as DNS has it, %s", ascii)
	}
	host = strings.TrimSuffix(ascii, ".")
	if err := checkHostName(host); err != nil {
		return "", 0, err
	}
	return host, port, nil
}

// maxHost is the longest host name, as RFC 1035 says.
const maxHost = 253

// checkHostName says what is wrong with a host name that has no trailing dot.
func checkHostName(s string) error {
	if s == "" || len(s) > maxHost {
		return fmt.Errorf("has a host name that is empty or over %d bytes", maxHost)
	}
	labels, label := 1, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if label == 0 || label > 63 {
				return errors.New("has a host name with a label that is empty or over 63 bytes")
			}
			labels, label = labels+1, -1
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return fmt.Errorf("has %q, which no host name has", c)
		}
		label++
	}
	if label == 0 || label > 63 {
		return errors.New("has a host name with a label that is empty or over 63 bytes")
	}
	if labels > 63 {
		return errors.New("has a host name of more than 63 labels")
	}
	return nil
}

// asciiHost returns a host name in lower case, with the A-labels that clients send in the place of letters beyond ASCII. A
// name that is ASCII already is not judged by the rules of IDNA, which know no underscore. libs/routing does the same.
func asciiHost(host string) (string, error) {
	for i := range len(host) {
		if host[i] < utf8.RuneSelf {
			continue
		}
		if strings.ContainsRune(host, utf8.RuneError) { // which the library takes for a letter
			return "", errors.New("is not UTF-8")
		}
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", fmt.Errorf("is not a name that IDNA allows: %s", strings.TrimPrefix(err.Error(), "idna: "))
		}
		return ascii, nil
	}
	return strings.ToLower(host), nil
}

// normalHost returns a host pattern of a route in the form in which equal patterns are equal texts, "*" for any host.
func normalHost(pattern string) (string, error) {
	if pattern == "*" {
		return pattern, nil
	}
	host, wild := strings.CutPrefix(pattern, "*.")
	if strings.Contains(host, ":") {
		return normalIPv6(host, wild)
	}
	host, err := asciiHost(host)
	if err != nil {
		return "", err
	}
	if strings.Contains(host, "*") {
		return "", errors.New(`has a "*" that is not the whole first label; write *.example.org`)
	}
	host = strings.TrimSuffix(host, ".")
	if err := checkHostName(host); err != nil {
		return "", err
	}
	if wild {
		if _, err := netip.ParseAddr(host); err == nil {
			return "", errors.New("is a wildcard of an address, and only names have wildcards")
		}
		return "*." + host, nil
	}
	return host, nil
}

// normalIPv6 returns an IPv6 address, with or without brackets, in its shortest form.
func normalIPv6(host string, wild bool) (string, error) {
	bare, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		if bare, bracketed = strings.CutSuffix(bare, "]"); !bracketed {
			return "", errors.New("has a port, or a bracket that is not closed; a host has no port")
		}
	}
	a, err := netip.ParseAddr(bare)
	switch {
	case err == nil && a.Zone() != "":
		return "", errors.New("has a zone, which says something only on the machine it was written on")
	case err == nil && wild:
		return "", errors.New("is a wildcard of an address, and only names have wildcards")
	case err == nil:
		return a.String(), nil
	case strings.Contains(host, "://"):
		return "", errors.New("is a URL, and only its host belongs here")
	case strings.Count(host, ":") == 1:
		return "", errors.New("has a port, and a host has none")
	default:
		return "", errors.New("is neither a host name nor an IPv6 address; a host has no port")
	}
}

// hostField says whether s may be the value of a Host field: a host, possibly with a port.
func hostField(s string) bool {
	if strings.HasSuffix(s, ":") || strings.Contains(s, "*") {
		return false
	}
	if end := strings.LastIndexByte(s, ':'); end >= 0 && !strings.HasSuffix(s, "]") {
		host, port, err := splitAddress(s)
		return err == nil && host != "" && port > 0
	}
	if strings.HasPrefix(s, "[") {
		a, err := netip.ParseAddr(strings.TrimSuffix(s[1:], "]"))
		return err == nil && a.Is6() && a.Zone() == ""
	}
	return checkHostName(s) == nil
}

// unreachable is an error about a path prefix that no request has after its path was normalised.
type unreachable struct{ message, hint string }

func (e unreachable) Error() string { return e.message }

// normalPrefix returns a path prefix in the form in which equal prefixes are equal texts: "/" or "/a/b". The error is
// unreachable where the prefix is a path but not one that is left after normalising; encodedSlash says whether the route lets
// %2F through.
func normalPrefix(prefix string, encodedSlash bool) (string, error) {
	if prefix == "" || prefix == "/" {
		return "/", nil
	}
	if prefix[0] != '/' {
		return "", errors.New("does not start with a slash")
	}
	if len(prefix) > 1<<16-1 {
		return "", errors.New("has more than 65535 bytes")
	}
	trimmed := strings.TrimSuffix(prefix, "/")
	if strings.Count(trimmed, "/") > 63 {
		return "", errors.New("has more than 63 segments")
	}
	segment := 1 // where the current one begins
	for i := 1; i <= len(trimmed); i++ {
		if i < len(trimmed) && trimmed[i] != '/' {
			switch c := trimmed[i]; {
			case c == '?' || c == '#':
				return "", fmt.Errorf("has %q, and a path ends before its query", c)
			case c == '*':
				return "", errors.New(`has a "*", and a prefix has no wildcards: it matches everything below it`)
			case c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^{|}`+"`", c) >= 0:
				return "", fmt.Errorf("has %q, which a path has only percent-encoded", c)
			}
			continue
		}
		switch trimmed[segment:i] {
		case "":
			return "", unreachable{"has a doubled slash, and a path is matched with single ones", "write one slash"}
		case ".", "..":
			return "", unreachable{"has a dot segment, and a path is matched without those", "write the path that is left without it"}
		}
		segment = i + 1
	}
	if err := checkEscapes(trimmed, encodedSlash); err != nil {
		return "", err
	}
	return trimmed, nil
}

// checkEscapes says what is wrong with the percent-encoded bytes of a path. In a path that is matched, they are in upper case,
// and no byte is encoded that need not be.
func checkEscapes(path string, encodedSlash bool) error {
	for i := 0; i < len(path); i++ {
		if path[i] != '%' {
			continue
		}
		if i+2 >= len(path) {
			return errors.New(`has a "%" without two hexadecimal digits`)
		}
		digits := path[i+1 : i+3]
		n, err := strconv.ParseUint(digits, 16, 8)
		c := byte(n)
		switch {
		case err != nil:
			return errors.New(`has a "%" without two hexadecimal digits`)
		case c == 0 || c == '\\':
			return unreachable{fmt.Sprintf("has %%%s, and a path with that is answered with 400", digits), "remove it"}
		case c == '/' && !encodedSlash:
			return unreachable{"has an encoded slash, and a path with one is answered with 400", "set allow_encoded_slash: true"}
		case alphanumeric(c) || strings.IndexByte("-._~", c) >= 0:
			return unreachable{fmt.Sprintf("has %%%s, and a path is matched with that decoded", digits), fmt.Sprintf("write %c", c)}
		case digits != strings.ToUpper(digits):
			return unreachable{fmt.Sprintf("has %%%s, and a path is matched with that in upper case", digits), "write %" + strings.ToUpper(digits)}
		}
	}
	return nil
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// validToken says whether s is a token of HTTP, as methods and field names are.
func validToken(s string) bool {
	for i := range len(s) {
		if !alphanumeric(s[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
