package routing

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// maxHost is the longest host a rule can name, as RFC 1035 says. A longer host of a request can match only rules for any host.
const maxHost = 253

// parsePattern returns the normal form of a rule's host: lower case, without a trailing dot, an IPv6 address in its shortest
// form without brackets. wild says that it is a wildcard; host is then what follows "*.". any says that it is "*".
func parsePattern(pattern string) (host string, wild, any bool, err error) {
	if pattern == "*" {
		return "", false, true, nil
	}
	host, wild = strings.CutPrefix(pattern, "*.")
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if v6 := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"); strings.Contains(v6, ":") {
		a, err := netip.ParseAddr(v6)
		if err != nil || a.Zone() != "" || wild {
			return "", false, false, errors.New("is neither a host name nor an IPv6 address; a host has no port")
		}
		return a.String(), false, false, nil
	}
	if host == "" || len(host) > maxHost {
		return "", false, false, fmt.Errorf("is not a host name of 1 to %d bytes", maxHost)
	}
	if strings.Count(host, ".") >= maxDepth {
		return "", false, false, fmt.Errorf("has more than %d labels", maxDepth)
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return "", false, false, errors.New("has a label that is empty or over 63 bytes")
		}
	}
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		case c == '*':
			return "", false, false, errors.New(`has a "*" that is not the whole first label`)
		default:
			return "", false, false, fmt.Errorf("has %q, which no host name has", c)
		}
	}
	return host, wild, false, nil
}

// trimHost cuts the port, one trailing dot and the brackets of an IPv6 address off the host of a request. v6 says that what
// is left is an address that must not be taken apart into labels.
func trimHost(host []byte) (h []byte, v6 bool) {
	if len(host) > 0 && host[0] == '[' {
		if end := bytes.IndexByte(host, ']'); end > 0 {
			return host[1:end], true
		}
		return nil, false
	}
	if i := bytes.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if n := len(host); n > 1 && host[n-1] == '.' {
		host = host[:n-1]
	}
	return host, false
}

// lower writes src in lower case into dst, which is as long.
func lower(dst, src []byte) {
	for i, c := range src {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst[i] = c
	}
}
