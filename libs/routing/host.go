package routing

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxHost is the longest host a rule can name, as RFC 1035 says. A longer host of a request can match only rules for any host.
const maxHost = 253

// parsePattern returns the normal form of a rule's host: lower case, without a trailing dot, letters beyond ASCII as the
// A-labels that clients send (bücher.example is xn--bcher-kva.example), an IPv6 address in its shortest form without
// brackets. wild says that it is a wildcard; host is then what follows "*.". any says that it is "*".
func parsePattern(pattern string) (host string, wild, any bool, err error) {
	if pattern == "*" {
		return "", false, true, nil
	}
	host, wild = strings.CutPrefix(pattern, "*.")
	if strings.Contains(host, ":") {
		host, err = parseAddr(host, wild)
		return host, false, false, err
	}
	if host, err = asciiHost(host); err != nil {
		return "", false, false, err
	}
	host = strings.TrimSuffix(host, ".")
	if err := checkName(host); err != nil {
		return "", false, false, err
	}
	return host, wild, false, nil
}

// parseAddr returns an IPv6 address, with or without brackets, in its shortest form.
func parseAddr(host string, wild bool) (string, error) {
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
		return "", errors.New("is a URL; only its host belongs here")
	case strings.Count(host, ":") == 1:
		return "", errors.New("has a port; a host has no port")
	default:
		return "", errors.New("is neither a host name nor an IPv6 address; a host has no port")
	}
}

// asciiHost returns a host name in lower case, with A-labels in place of letters beyond ASCII. A name that is ASCII already
// is not judged by the rules of IDNA, which know no underscore.
func asciiHost(host string) (string, error) {
	if strings.IndexFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return strings.ToLower(host), nil
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

// checkName says what is wrong with a host name in lower case.
func checkName(host string) error {
	if host == "" || len(host) > maxHost {
		return fmt.Errorf("is not a host name of 1 to %d bytes", maxHost)
	}
	if strings.Count(host, ".") >= maxDepth {
		return fmt.Errorf("has more than %d labels", maxDepth)
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return errors.New("has a label that is empty or over 63 bytes")
		}
	}
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		case c == '*':
			return errors.New(`has a "*" that is not the whole first label`)
		default:
			return fmt.Errorf("has %q, which no host name has", c)
		}
	}
	return nil
}

// trimHost cuts the port, one trailing dot and the brackets of an IPv6 address off the host of a request. v6 says that what
// is left is an address that must not be taken apart into labels.
func trimHost(host []byte) (h []byte, v6 bool) {
	if len(host) > 0 && host[0] == '[' {
		end := bytes.IndexByte(host, ']')
		if end < 0 || bytes.IndexByte(host[:end], ':') < 0 {
			return nil, false
		}
		return host[1:end], true
	}
	if i := bytes.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if n := len(host); n > 1 && host[n-1] == '.' {
		host = host[:n-1]
	}
	return host, false
}
