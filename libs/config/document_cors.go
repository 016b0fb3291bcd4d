package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// CORS says which pages of other origins may use a route, as browsers ask (the Fetch standard, CORS
// protocol).
type CORS struct {
	Origins     []string      `config:"origins,required,form=origin"`
	Methods     []string      `config:"methods,form=anyMethod"`
	Headers     []string      `config:"headers,form=anyField"`
	Expose      []string      `config:"expose,form=anyField"`
	Credentials bool          `config:"credentials"`
	MaxAge      time.Duration `config:"max_age"`
}

func (CORS) keyTexts() texts {
	return texts{
		"origins": "The origins whose pages may read responses: `https://app.example.com`, with " +
			"the port unless it is that of the scheme. `https://*.example.org` is all below " +
			"example.org, `http://localhost:*` any port, `\"*\"` every origin, `\"null\"` pages " +
			"without one.",
		"methods": "What scripts may use beside GET, HEAD and POST. `\"*\"`: any. Absent: the " +
			"`methods` of the route, or else those three.",
		"headers": "Header fields that scripts may send. `\"*\"`: any.",
		"expose": "Header fields of responses that scripts may read, beside the few that they " +
			"may anyway. `\"*\"`: any, which goes with no `credentials`.",
		"credentials": "Requests may come with cookies, and responses to them may be read. Goes " +
			"with origins that are named.",
		"max_age": "How long a browser may remember what it was told, in whole seconds.",
	}
}

// AnyOrigin, among the origins of CORS, is every origin; NullOrigin is that of pages without one,
// such as files.
const (
	AnyOrigin  = "*"
	NullOrigin = "null"
)

// An Origin is one of CORS.Origins, but for AnyOrigin and NullOrigin.
type Origin struct {
	// Scheme is in lower case, Host in lower case and ASCII, an IPv6 address in brackets. Below
	// says that it is what stands below Host, which is "" for any.
	Scheme, Host string
	Below        bool
	// Port is "" for that of the scheme, and "*" for any.
	Port string
}

// ParseOrigin reads an origin. An error reads behind it: "is not …".
func ParseOrigin(s string) (Origin, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return Origin{}, errors.New("has no scheme")
	}
	o := Origin{Scheme: strings.ToLower(scheme)}
	if o.Scheme == "" || strings.Trim(o.Scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return Origin{}, errors.New("has no scheme that there could be")
	}
	if i := strings.IndexAny(rest, "/?#@"); i >= 0 {
		return Origin{}, fmt.Errorf("has a %q behind its scheme, and an origin ends with the host "+
			"or the port", rest[i])
	}
	host := rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		host, o.Port = rest[:i], rest[i+1:]
		if o.Port != "*" {
			n, err := strconv.Atoi(o.Port)
			if err != nil || n < 1 || n > 65535 || o.Port[0] == '0' || o.Port[0] == '+' {
				return Origin{}, fmt.Errorf("has the port %q, and a port is a number from 1 to "+
					"65535, or *", o.Port)
			}
			if n == int(SchemePort(o.Scheme)) {
				o.Port = "" // browsers leave it out
			}
		}
	}
	if host == "*" {
		o.Below = true
		return o, nil
	}
	name, err := hostname.Pattern(strings.Trim(host, "[]"))
	if err != nil {
		return Origin{}, fmt.Errorf("has a host that %w", err)
	}
	if o.Host, o.Below = strings.CutPrefix(name, "*."); !o.Below && strings.Contains(name, ":") {
		o.Host = "[" + name + "]"
	}
	return o, nil
}

// String is the origin as browsers send it, if it is one and no pattern.
func (o Origin) String() string {
	s := o.Scheme + "://"
	switch {
	case o.Below && o.Host == "":
		s += "*"
	case o.Below:
		s += "*." + o.Host
	default:
		s += o.Host
	}
	if o.Port != "" {
		s += ":" + o.Port
	}
	return s
}
