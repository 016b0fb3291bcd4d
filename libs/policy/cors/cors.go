// Package cors is the policy that lets pages of other origins use a route (routes[].cors), as the
// Fetch standard has it (https://fetch.spec.whatwg.org/#http-cors-protocol).
//
// The gateway answers preflight requests itself. It writes the fields Access-Control-… of all
// responses of the route, and leaves out those of endpoints: two writers of one field would say two
// things. A response that depends on the origin says so in Vary, also where the request has none,
// since a cache may keep it for another.
package cors

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy answers preflight requests, and tells browsers who may read responses.
type Policy struct {
	origins origins
	// allowed and refused are the edits of responses; the first of two also adds Vary.
	allowed, refused [2]*http1.Edits
	// shared are the lines of every response that may be read, but for that with the origin.
	shared string
	// methods is what a preflight request is told that scripts may use, headers the fields that
	// they may send; "*": what it asks for.
	methods, headers string
	rest             string // more lines for it
}

// New makes the policy of a route; nil for one that says nothing of origins.
func New(c *config.Route) (policy.Policy, error) {
	if c.CORS == nil {
		return nil, nil
	}
	p := &Policy{
		methods: list(c.CORS.Methods), headers: list(c.CORS.Headers),
		rest: "Access-Control-Max-Age: " +
			strconv.FormatInt(int64(c.CORS.MaxAge/time.Second), 10) + "\r\n",
	}
	var err error
	if p.origins, err = newOrigins(c.CORS.Origins); err != nil {
		return nil, err
	}
	if p.methods == "" {
		p.methods = list(c.Methods)
	}
	if p.methods == "" {
		p.methods = "GET, HEAD, POST"
	}
	add := map[string]placeholder.Template{allowOrigin: placeholder.Only(placeholder.RequestOrigin)}
	if p.origins.any {
		add[allowOrigin] = placeholder.Literal("*")
	}
	if c.CORS.Credentials {
		p.shared += allowCredentials + ": true\r\n"
		add[allowCredentials] = placeholder.Literal("true")
	}
	if expose := list(c.CORS.Expose); expose != "" {
		p.shared += exposeHeaders + ": " + expose + "\r\n"
		add[exposeHeaders] = placeholder.Literal(expose)
	}
	p.allowed[0] = http1.Change{Remove: names[:], Add: add}.New()
	p.refused[0] = http1.Change{Remove: names[:]}.New()
	vary := map[string]placeholder.Template{"Vary": placeholder.Literal("Origin")}
	p.refused[1] = http1.Change{Remove: names[:], Add: vary}.New()
	for name, value := range add {
		vary[name] = value
	}
	p.allowed[1] = http1.Change{Remove: names[:], Add: vary}.New()
	return p, nil
}

const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	exposeHeaders    = "Access-Control-Expose-Headers"
	varyOrigin       = "Vary: Origin\r\n"
	// varyAsked is for an answer that also depends on what a preflight request asks for.
	varyAsked = "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n"
)

// names are the fields that the gateway writes, and those of preflight requests, which get no
// answer of an endpoint.
var names = [...]string{
	allowOrigin, allowCredentials, exposeHeaders, "Access-Control-Allow-Methods",
	"Access-Control-Allow-Headers", "Access-Control-Max-Age",
	"Access-Control-Allow-Private-Network",
}

// list is a list as a field has it; "*" where that is among what it has.
func list(of []string) string {
	if slices.Contains(of, "*") {
		return "*"
	}
	return strings.Join(of, ", ")
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "cors" }

// origin is the request's, nil for none, and for what no browser sends: two of them.
func origin(r *http1.RequestHead) []byte {
	f := r.Named("origin")
	if f == nil {
		return nil
	}
	for i := range r.Fields {
		if o := &r.Fields[i]; o != f && o.Start > f.Start &&
			bytes.EqualFold(r.Name(o), r.Name(f)) {
			return nil
		}
	}
	return r.Value(f)
}

// allows reports whether the request is of an origin whose pages may read the response.
func (p *Policy) allows(r *policy.Request) bool {
	if p.origins.any {
		return true
	}
	o := origin(r.Head)
	return o != nil && p.origins.has(o)
}

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	method, ok := r.Head.Preflight()
	if !ok {
		return nil
	}
	room := r.Room()
	dst := p.appendShared(room.Lines[:0], r)
	if p.allows(r) {
		dst = append(dst, "Access-Control-Allow-Methods: "...)
		if p.methods == "*" {
			dst = append(dst, method...)
		} else {
			dst = append(dst, p.methods...)
		}
		dst = append(dst, "\r\n"...)
		headers := []byte(nil)
		if p.headers == "*" {
			headers = r.Head.TokenList("access-control-request-headers")
		}
		if len(headers) > 0 || p.headers != "" && p.headers != "*" {
			dst = append(dst, "Access-Control-Allow-Headers: "...)
			if p.headers == "*" {
				dst = append(dst, headers...)
			} else {
				dst = append(dst, p.headers...)
			}
			dst = append(dst, "\r\n"...)
		}
		dst = append(dst, p.rest...)
	}
	switch {
	case p.methods == "*" || p.headers == "*":
		dst = append(dst, varyAsked...)
	case !p.origins.any:
		dst = append(dst, varyOrigin...)
	}
	room.Lines = dst
	room.Answer = policy.Answer{Status: 204, Lines: dst}
	return &room.Answer
}

// appendShared appends what every response says that may be read.
func (p *Policy) appendShared(dst []byte, r *policy.Request) []byte {
	if !p.allows(r) {
		return dst
	}
	dst = append(dst, allowOrigin+": "...)
	if p.origins.any {
		dst = append(dst, '*')
	} else {
		dst = append(dst, origin(r.Head)...)
	}
	dst = append(dst, "\r\n"...)
	return append(dst, p.shared...)
}

// OnResponse is policy.OnResponse's.
func (p *Policy) OnResponse(r *policy.Request, h *policy.Response) *policy.Answer {
	if _, ok := r.Head.Preflight(); ok {
		return nil // the answer is this policy's
	}
	n := 0
	if !p.origins.any && (!varies(h.Head) || h.Edits.Drops(vary)) {
		n = 1
	}
	if p.allows(r) {
		h.Edit(p.allowed[n])
	} else {
		h.Edit(p.refused[n])
	}
	return nil
}

var vary = []byte("Vary")

// varies reports whether a response says that it depends on the origin.
func varies(h *http1.ResponseHead) bool {
	for i := range h.Fields {
		f := &h.Fields[i]
		if !bytes.EqualFold(h.Name(f), vary) {
			continue
		}
		for rest := h.Value(f); len(rest) > 0; {
			var name []byte
			name, rest, _ = bytes.Cut(rest, comma)
			name = bytes.TrimSpace(name)
			if len(name) == 1 && name[0] == '*' || bytes.EqualFold(name, originName) {
				return true
			}
		}
	}
	return false
}

var comma, originName = []byte{','}, []byte("Origin")

// OnInterim is policy.OnInterim's: what endpoints say is left out there too.
func (p *Policy) OnInterim(_ *policy.Request, h *policy.Response) { h.Edit(p.refused[0]) }

// OnAnswer is policy.OnAnswer's. A page has to be able to read what went wrong.
func (p *Policy) OnAnswer(r *policy.Request, a *policy.Answer) *policy.Answer {
	b := r.Extend(a, "")
	room := r.Room()
	room.Lines = p.appendShared(room.Lines, r)
	if !p.origins.any {
		room.Lines = append(room.Lines, varyOrigin...)
	}
	b.Lines = room.Lines
	return b
}
