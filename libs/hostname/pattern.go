package hostname

import (
	"errors"
	"net/netip"
	"strings"
)

// Any is the pattern that every host matches.
const Any = "*"

// Pattern returns a pattern for hosts in the form in which equal patterns are equal texts: Any,
// "*.example.org" for whatever ends so, a name in lower case without a trailing dot, or an IPv6
// address in its shortest form without brackets.
func Pattern(pattern string) (string, error) {
	if pattern == Any {
		return pattern, nil
	}
	host, wild := strings.CutPrefix(pattern, "*.")
	if strings.Contains(host, ":") {
		return ipv6(host, wild)
	}
	host, err := ASCII(host)
	if err != nil {
		return "", err
	}
	if strings.Contains(host, "*") {
		return "", errors.New(`has a "*" that is not the whole first label; write *.example.org`)
	}
	host = strings.TrimSuffix(host, ".")
	if err := Check(host); err != nil {
		return "", err
	}
	if wild {
		if _, err := netip.ParseAddr(host); err == nil {
			return "", errWildAddress
		}
		return "*." + host, nil
	}
	return host, nil
}

var errWildAddress = errors.New("is a wildcard of an address, and only names have wildcards")

// ipv6 returns an IPv6 address, with or without brackets, in its shortest form. Most of what has a
// colon and is none has a port, and the error says so.
func ipv6(host string, wild bool) (string, error) {
	bare, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		if bare, bracketed = strings.CutSuffix(bare, "]"); !bracketed {
			return "", errors.New("has a port, or a bracket that is not closed; a host has no port")
		}
	}
	a, err := netip.ParseAddr(bare)
	switch {
	case err == nil && a.Zone() != "":
		return "", errors.New(
			"has a zone, which says something only on the machine it was written on")
	case err == nil && wild:
		return "", errWildAddress
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
