package compress

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy codes the bodies of responses.
type Policy struct {
	coders  *Coders
	limit   int64 // bytes of all coders in use
	order   []coding
	kinds   kinds
	level   int
	least   int64 // bytes of a body that is worth it
	cookies bool
	marks   [codings]*http1.Edits // of a response that is coded
}

// New makes the policy of a route; nil for one that codes nothing. The coders in use have at most
// limit bytes.
func New(c *config.Route, coders *Coders, limit int64) (policy.Policy, error) {
	if c.Compress == nil || len(c.Compress.Algorithms) == 0 {
		return nil, nil
	}
	p := &Policy{
		coders: coders, limit: limit, kinds: newKinds(c.Compress.Types), level: c.Compress.Level,
		least: c.Compress.MinBytes, cookies: c.Compress.Cookies,
	}
	for _, name := range c.Compress.Algorithms {
		k, ok := codingOf(name)
		if !ok {
			return nil, fmt.Errorf("no algorithm is named %q", name)
		}
		p.order = append(p.order, k)
		// Ranges of a coded body can't be asked for: the endpoint would count bytes of the plain
		// one.
		p.marks[k] = http1.NewEdits(map[string]string{"Content-Encoding": name},
			[]string{"Accept-Ranges"})
	}
	return p, nil
}

func codingOf(name string) (coding, bool) {
	for c := range codings {
		if c.name() == name {
			return c, true
		}
	}
	return 0, false
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "compress" }

// vary says that the response depends on what the client accepts.
var vary = http1.NewAddition("Vary", "Accept-Encoding")

// may reports whether a response is of those that the route codes, for clients that want that.
func (p *Policy) may(r *policy.Request, h *policy.Response, s *seen) bool {
	switch h.Head.Status {
	case 204, 205, 206, 304:
		return false
	}
	return r.Call == nil && h.Head.Status >= 200 && !s.coded && !s.whole &&
		(p.cookies || !s.cookies) && !begins(s.kind, "application/grpc") && p.kinds.has(s.kind)
}

// Begins is policy.Begins's: a short body is not worth it. Streams of events are never short.
func (p *Policy) Begins(r *policy.Request, h *policy.Response) int {
	s := look(r, h)
	if !p.may(r, h, &s) || begins(s.kind, "text/event-stream") {
		return 0
	}
	a, _ := accepts(r.Head)
	if _, ok := a.best(p.order); !ok {
		return 0
	}
	return max(int(p.least), 1)
}

// Transform is policy.Transforms's.
func (p *Policy) Transform(r *policy.Request, h *policy.Response) policy.Transform {
	s := look(r, h)
	if h.Head.Status == 304 {
		return p.notModified(r, h, &s)
	}
	if !p.may(r, h, &s) || h.Length == 0 {
		return nil
	}
	a, _ := accepts(r.Head)
	if h.Length >= 0 && h.Length < p.least && !a.refusesPlain() {
		return nil
	}
	s.addVary(h)
	kind, ok := a.best(p.order)
	if !ok || r.Head.Minor == 0 || asksForNoTransform(r.Head) {
		return nil
	}
	if r.Head.Method == http1.MethodHead {
		p.mark(h, &s, kind)
		return announced{}
	}
	made := p.coders.take(kind, p.level, p.limit)
	if made == nil {
		return nil
	}
	p.mark(h, &s, kind)
	return &stream{coders: p.coders, coder: made}
}

// addVary has the response say that it depends on Accept-Encoding, once, beside what it says.
func (s *seen) addVary(h *policy.Response) {
	switch {
	case s.varies:
	case len(s.vary) == 0:
		h.Edit(vary)
	default:
		h.Edit(http1.NewEdits(map[string]string{"Vary": string(s.vary) + ", Accept-Encoding"}, nil))
	}
}

// mark gives a response the fields of a coded one.
func (p *Policy) mark(h *policy.Response, s *seen, kind coding) {
	h.Edit(p.marks[kind])
	s.weaken(h)
}

// weaken makes a strong ETag weak: the coded bytes are others each time, though they mean the same
// (RFC 9110 section 8.8.3.3). What is no tag at all is left out.
func (s *seen) weaken(h *policy.Response) {
	switch {
	case len(s.tag) == 0 || len(s.tag) > 2 && s.tag[0] == 'W' && s.tag[1] == '/':
	case s.tag[0] == '"':
		h.Edit(http1.NewEdits(map[string]string{"ETag": "W/" + string(s.tag)}, nil))
	default:
		h.Edit(http1.NewEdits(nil, []string{"ETag"}))
	}
}

// notModified gives a 304 the fields that the 200 would have had, as far as it tells of them: a
// client that holds the coded response knows it by its weak tag.
func (p *Policy) notModified(
	r *policy.Request, h *policy.Response, s *seen,
) policy.Transform {
	if s.whole || r.Call != nil || len(s.kind) > 0 && !p.kinds.has(s.kind) {
		return nil
	}
	s.addVary(h)
	if !hasWeak(r.Head, s.tag) {
		return nil
	}
	s.weaken(h)
	return announced{} // a Content-Length would be that of the plain body
}
