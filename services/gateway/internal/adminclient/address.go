package adminclient

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// ParseAddress reads an address of an admin API as a person or a configuration writes it:
// host:port, :port, unix:PATH, or a URL of http. An address of all interfaces is reached on
// loopback.
func ParseAddress(s string) (string, error) {
	if s == config.AdminOff {
		return "",
			errors.New("the admin API is turned off (admin.address: off), so the gateway can't " +
				"be asked anything")
	}
	if path, ok := strings.CutPrefix(s, config.UnixScheme); ok && path != "" {
		return s, nil
	}
	if strings.HasPrefix(s, "https://") {
		return "", errors.New("the admin API speaks http, not https")
	}
	host, port, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(s, "http://"), "/"))
	if err != nil || strings.ContainsAny(host, "/?#@ ") {
		return "",
			fmt.Errorf("%q is no address of an admin API; write host:port, such as %s", s,
				config.DefaultAdminAddress)
	}
	switch n, err := strconv.Atoi(port); {
	case err != nil || n < 0 || n > 65535:
		return "", fmt.Errorf("%q has the port %q; a port is a number from 1 to 65535", s, port)
	case n == 0:
		return "",
			fmt.Errorf("%q lets the gateway take any free port; its startup lines say which one "+
				"it took, give that with --admin", s)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if err == nil && ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}
