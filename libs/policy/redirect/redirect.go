// Package redirect is the policy that sends clients to another URL (routes[].redirect). Its rules
// are those of HTTPRequestRedirectFilter of the Kubernetes Gateway API.
package redirect

import (
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/rewrite"
)

// Policy answers each request with where its client is to go.
type Policy struct {
	scheme, host string // "": that of the request
	port         int    // 0: that of scheme, or else the one the client came to
	path         string // "": that of the request, after prefix
	prefix       rewrite.Prefix
	slashes      bool // doubled slashes of the path stay
	status       int
	drop         bool // the query is left out
}

// New makes the policy of a route; nil for one that redirects nobody.
func New(c *config.Route) (policy.Policy, error) {
	to := c.Redirect
	if to == nil {
		return nil, nil
	}
	host, err := writtenHost(to.Host)
	if err != nil {
		return nil, err
	}
	p := &Policy{
		scheme: to.Scheme, host: host, port: to.Port, path: to.Path, status: to.Status,
		slashes: !c.PathNormalization.MergeSlashes, drop: to.Query == config.QueryDrop,
	}
	if to.ReplacePrefix != "" {
		p.prefix = rewrite.Replace(c.PathPrefix, to.ReplacePrefix)
	}
	return p, nil
}

// writtenHost is a host as a URL has it: in lower case, an IPv6 address in brackets.
func writtenHost(host string) (string, error) {
	if host == "" {
		return "", nil
	}
	host, err := hostname.Pattern(host)
	if err == nil && strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host, err
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "redirect" }

var noHost = policy.Refuse(gwerr.BadRequest,
	"the request has no host, and the redirect of its route needs one")

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	if a := p.answer(r, p.status); a != nil {
		return a
	}
	return noHost
}

// answer sends the client on with a status; nil: the request has no host that a URL could have.
func (p *Policy) answer(r *policy.Request, status int) *policy.Answer {
	room := r.Room()
	location, ok := p.AppendLocation(append(room.Lines[:0], "Location: "...), r)
	if !ok {
		return nil
	}
	room.Lines = append(location, "\r\n"...)
	room.Answer = policy.Answer{Status: status, Lines: room.Lines}
	return &room.Answer
}

// AppendLocation appends the URL that the client of a request is sent to. It allocates only if dst
// has to grow. false: the request has no host that could stand in it.
func (p *Policy) AppendLocation(dst []byte, r *policy.Request) ([]byte, bool) {
	scheme, port := r.Scheme, p.port
	switch {
	case p.scheme != "":
		scheme = p.scheme
	case port == 0:
		port = int(r.Port)
	}
	dst = append(append(dst, scheme...), "://"...)
	if p.host != "" {
		dst = append(dst, p.host...)
	} else {
		host, v6 := hostname.OfAuthority(r.Head.Authority)
		if len(host) == 0 {
			return dst, false
		}
		dst = appendHost(dst, host, v6)
	}
	dst = appendPort(dst, scheme, port)
	dst = p.appendPath(dst, r.Head)
	if !p.drop {
		dst = appendSafe(dst, r.Head.Query)
	}
	return dst, true
}

func appendHost(dst, host []byte, v6 bool) []byte {
	if v6 {
		return append(append(append(dst, '['), host...), ']')
	}
	return append(dst, host...)
}

// appendPort appends a port, unless it is the one that the scheme has anyway.
func appendPort(dst []byte, scheme string, port int) []byte {
	if port == 0 || port == int(config.SchemePort(scheme)) {
		return dst
	}
	return strconv.AppendInt(append(dst, ':'), int64(port), 10)
}

// appendPath appends the path, which begins with a slash: what comes behind the host must not
// become a part of it.
func (p *Policy) appendPath(dst []byte, r *http1.RequestHead) []byte {
	switch {
	case p.path != "":
		return append(dst, p.path...)
	case len(r.Path) == 0 || r.Path[0] != '/':
		return append(dst, '/') // the asterisk of OPTIONS
	}
	path := r.Path
	if r.Oddities != 0 {
		path = r.AppendPath(nil, p.slashes)
	}
	base := len(dst)
	if p.prefix.On() {
		dst = p.prefix.Append(dst, path)
	} else {
		dst = append(dst, path...)
	}
	if safe(dst[base:]) {
		return dst
	}
	return appendSafe(dst[:base], append([]byte(nil), dst[base:]...))
}

// unsafe are the bytes that no URL has as they are. Clients send them nevertheless, and a parser
// that forgives them may make something else of them: a slash of a backslash, for example.
var unsafe = func() (t [256]bool) {
	for c := range t {
		t[c] = c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}#", byte(c)) >= 0
	}
	return t
}()

func safe(b []byte) bool {
	for _, c := range b {
		if unsafe[c] {
			return false
		}
	}
	return true
}

// appendSafe appends a part of a URL, with the bytes percent-encoded that no URL has.
func appendSafe(dst, part []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range part {
		if unsafe[c] {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
