package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// splitAddress takes host:port apart. host is "" for all interfaces, an IP address without brackets
// in its shortest form, or a host name in lower case. An IPv4 address in the form of an IPv6 one is
// the IPv4 address, for the system takes it as that.
func splitAddress(s string) (host string, port int, err error) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return "", 0, errors.New("has no port")
	}
	host = s[:colon]
	digits := s[colon+1:]
	port, err = strconv.Atoi(digits)
	if err != nil || port < 0 || port > 65535 || digits[0] == '+' || digits[0] == '-' {
		return "", 0, fmt.Errorf("has the port %s, and a port is a number from 0 to 65535",
			text.Quote(digits))
	}
	if host, err = hostname.OfAddress(host); err != nil {
		return "", 0, err
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Is4In6() {
		host = a.Unmap().String()
	}
	return host, port, nil
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
	return hostname.Check(s) == nil
}

// unreachable is an error about a path prefix that no request has after its path was normalised.
type unreachable struct{ message, hint string }

func (e unreachable) Error() string { return e.message }

// escapes are the percent-encodings that a route may let through.
type escapes struct{ slash, backslash bool }

func (r *Route) escapes() escapes {
	return escapes{slash: r.AllowEncodedSlash, backslash: r.AllowEncodedBackslash}
}

// normalPrefix returns a path prefix in the form in which equal prefixes are equal texts: "/" or
// "/a/b". The error is unreachable where the prefix is a path but not one that is left after
// normalising; let says which encodings the route lets through.
func normalPrefix(prefix string, let escapes) (string, error) {
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
				return "",
					errors.New(
						`has a "*", and a prefix has no wildcards: it matches everything below it`)
			case c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^{|}`+"`", c) >= 0:
				letter, size := utf8.DecodeRuneInString(trimmed[i:])
				return "",
					fmt.Errorf("has %q, which a path has only percent-encoded, as %s", letter,
						percentEncoded(trimmed[i:i+size]))
			}
			continue
		}
		switch trimmed[segment:i] {
		case "":
			return "", unreachable{"has a doubled slash, and a path is matched with single ones",
				"write one slash"}
		case ".", "..":
			return "", unreachable{"has a dot segment, and a path is matched without those",
				"write the path that is left without it"}
		}
		segment = i + 1
	}
	if err := checkEscapes(trimmed, let); err != nil {
		return "", err
	}
	return trimmed, nil
}

// percentEncoded returns every byte of a text as a path has those that need it.
func percentEncoded(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// checkEscapes says what is wrong with the percent-encoded bytes of a path. In a path that is
// matched, they are in upper case, and no byte is encoded that need not be.
func checkEscapes(path string, let escapes) error {
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
		case c == 0:
			return unreachable{fmt.Sprintf("has %%%s, and a path with that is answered with 400",
				digits), "remove it"}
		case c == '\\' && !let.backslash:
			return unreachable{"has an encoded backslash, and a path with one is answered with 400",
				"set allow_encoded_backslash: true"}
		case c == '/' && !let.slash:
			return unreachable{"has an encoded slash, and a path with one is answered with 400",
				"set allow_encoded_slash: true"}
		case alphanumeric(c) || strings.IndexByte("-._~", c) >= 0:
			return unreachable{fmt.Sprintf("has %%%s, and a path is matched with that decoded",
				digits), fmt.Sprintf("write %c", c)}
		case digits != strings.ToUpper(digits):
			return unreachable{fmt.Sprintf(
				"has %%%s, and a path is matched with that in upper case", digits),
				"write %" + strings.ToUpper(digits)}
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
