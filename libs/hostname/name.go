package hostname

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Bounds of a host name. RFC 1035 bounds the bytes; the labels are bounded so that a table of hosts
// can note them in the bits of a word.
const (
	MaxBytes  = 253
	MaxLabels = 63

	maxLabel = 63 // bytes of a label (RFC 1035)
)

// Check says what is wrong with a host name that has no trailing dot. The error is the end of a
// sentence that begins with what holds the name. An underscore is let through: no name of a host
// has one by the rules of DNS, and many that are in use do.
func Check(name string) error {
	if name == "" || len(name) > MaxBytes {
		return fmt.Errorf("has a host name that is empty or over %d bytes", MaxBytes)
	}
	labels, label := 1, 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.':
			if label == 0 || label > maxLabel {
				return errLabel
			}
			labels, label = labels+1, -1
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return fmt.Errorf("has %q, which no host name has", c)
		}
		label++
	}
	if label == 0 || label > maxLabel {
		return errLabel
	}
	if labels > MaxLabels {
		return fmt.Errorf("has a host name of more than %d labels", MaxLabels)
	}
	return nil
}

var errLabel = fmt.Errorf("has a host name with a label that is empty or over %d bytes", maxLabel)

// ASCII returns a host name in lower case, with the A-labels that clients send in the place of
// letters beyond ASCII: bücher.example is xn--bcher-kva.example. A name that is ASCII already is
// not judged by the rules of IDNA, which know no underscore.
func ASCII(host string) (string, error) {
	for i := range len(host) {
		if host[i] < utf8.RuneSelf {
			continue
		}
		if strings.ContainsRune(host, utf8.RuneError) { // which the library takes for a letter
			return "", errors.New("is not UTF-8")
		}
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", fmt.Errorf("is not a name that IDNA allows: %s",
				strings.TrimPrefix(err.Error(), "idna: "))
		}
		return ascii, nil
	}
	return strings.ToLower(host), nil
}

// OfAddress returns the host of an address, what is before the colon of host:port, in the form in
// which equal hosts are equal texts: "" for all interfaces, an IP address without brackets in its
// shortest form, or a name in lower case. A name must stand there as DNS has it.
func OfAddress(host string) (string, error) {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		a, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !a.Is6() {
			return "", errors.New("has no IPv6 address in its brackets")
		}
		return a.String(), nil
	}
	if strings.Contains(host, ":") {
		return "", errors.New("has an IPv6 address without brackets")
	}
	if host == "" {
		return "", nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.String(), nil
	}
	if strings.Trim(host, "0123456789.") == "" {
		return "", errors.New("has numbers for a host that are no IP address")
	}
	ascii, err := ASCII(host)
	if err != nil {
		return "", err
	}
	if ascii != strings.ToLower(host) {
		return "", fmt.Errorf("has letters beyond ASCII; write the name as DNS has it, %s", ascii)
	}
	host = strings.TrimSuffix(ascii, ".")
	if err := Check(host); err != nil {
		return "", err
	}
	return host, nil
}
