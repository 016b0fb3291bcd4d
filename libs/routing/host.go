package routing

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// A table notes the labels of a host as it does the segments of a path. This line stops the build
// when names may have more of them than fit.
var _ [maxDepth - hostname.MaxLabels]struct{}

// parsePattern returns the normal form of a rule's host, as package hostname has it. wild says that
// it is a wildcard; host is then what follows "*.". any says that every host matches, and host is
// "" then.
func parsePattern(pattern string) (host string, wild, any bool, err error) {
	host, err = hostname.Pattern(pattern)
	if host == hostname.Any {
		return "", false, true, nil
	}
	host, wild = strings.CutPrefix(host, "*.")
	return host, wild, false, err
}
