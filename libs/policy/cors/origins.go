package cors

import (
	"bytes"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// origins are those whose pages may use a route.
type origins struct {
	any   bool
	exact map[string]struct{}
	wild  []wildcard
}

// A wildcard is an origin of which a part is anything.
type wildcard struct {
	scheme []byte // with "://"
	host   []byte // ".example.org" for what is below it, nil for any, else the whole host
	below  bool
	port   []byte // with its colon; nil for that of the scheme
	ports  bool   // any
}

func newOrigins(list []string) (o origins, err error) {
	o.exact = make(map[string]struct{}, len(list))
	for _, s := range list {
		if s == config.AnyOrigin || s == config.NullOrigin {
			o.any = o.any || s == config.AnyOrigin
			o.exact[s] = struct{}{} // nothing sends "*"
			continue
		}
		parsed, err := config.ParseOrigin(s)
		if err != nil {
			return o, err
		}
		if !parsed.Below && parsed.Port != "*" {
			o.exact[parsed.String()] = struct{}{}
			continue
		}
		w := wildcard{
			scheme: []byte(parsed.Scheme + "://"), below: parsed.Below, ports: parsed.Port == "*",
		}
		switch {
		case parsed.Below && parsed.Host != "":
			w.host = []byte("." + parsed.Host)
		case !parsed.Below:
			w.host = []byte(parsed.Host)
		}
		if parsed.Port != "" && !w.ports {
			w.port = []byte(":" + parsed.Port)
		}
		o.wild = append(o.wild, w)
	}
	return o, nil
}

// has reports whether an origin, as a browser sends it, is one of them.
func (o *origins) has(origin []byte) bool {
	if o.any {
		return true
	}
	if _, ok := o.exact[string(origin)]; ok {
		return true
	}
	for i := range o.wild {
		if o.wild[i].is(origin) {
			return true
		}
	}
	return false
}

func (w *wildcard) is(origin []byte) bool {
	rest, ok := bytes.CutPrefix(origin, w.scheme)
	if !ok {
		return false
	}
	host, port := rest, []byte(nil)
	if i := bytes.LastIndexByte(rest, ':'); i >= 0 && !bytes.HasSuffix(rest, bracket) {
		host, port = rest[:i], rest[i:]
	}
	switch {
	case !w.ports && !bytes.Equal(port, w.port), w.ports && !digits(port):
		return false
	case !w.below:
		return bytes.Equal(host, w.host)
	}
	label, ok := bytes.CutSuffix(host, w.host)
	return ok && isName(label)
}

var bracket = []byte{']'}

// digits reports whether a port, with its colon, is a number, or none.
func digits(port []byte) bool {
	if len(port) == 0 {
		return true
	}
	for _, c := range port[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(port) > 1 && len(port) <= 6
}

// isName reports whether something is a host as browsers write it, or a part of one.
func isName(b []byte) bool {
	for _, c := range b {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		case c == '[', c == ']', c == ':': // IPv6
		default:
			return false
		}
	}
	return len(b) > 0 && b[0] != '.' && b[len(b)-1] != '.'
}
