package plan

import "github.com/gatewayhomebrew/gateway/libs/config"

// Outside is the scheme and the port that the URLs of clients have, at a listener that has these
// itself.
func Outside(l *config.Listener, scheme string, port uint16) (string, uint16) {
	f := l.Forwarded
	switch {
	case f == nil:
		return scheme, port
	case f.Port != 0:
		port = uint16(f.Port)
	case f.Proto != "":
		port = config.SchemePort(f.Proto)
	}
	if f.Proto != "" {
		scheme = f.Proto
	}
	return scheme, port
}
