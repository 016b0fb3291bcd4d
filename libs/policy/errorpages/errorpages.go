// Package errorpages is the policy that shows people a page where a request ends with an error
// (routes[].error_pages).
package errorpages

import (
	"bytes"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy gives a page in the place of an error, to clients that prefer HTML.
type Policy struct{ gateway, upstream pages }

// New makes the policy of a route; nil for one without pages. It reads the files.
func New(c *config.Route) (policy.Policy, error) {
	p, err := read(c.ErrorPages)
	if p == nil || err != nil {
		return nil, err
	}
	if c.AnswersItself() {
		p.upstream = nil // what stands in the configuration is meant as it is
	}
	return p, nil
}

// NewListener makes the pages of a listener; nil for one that has none. It reads the files.
func NewListener(c *config.Listener) (*Policy, error) { return read(c.ErrorPages) }

func read(all []config.ErrorPage) (*Policy, error) {
	if len(all) == 0 {
		return nil, nil
	}
	p := new(Policy)
	for i := range all {
		c := &all[i]
		text, err := files.Read(c.File, config.MostPage)
		if err != nil {
			return nil, err
		}
		made := parse(text)
		if c.From != config.ErrorsOfUpstream {
			p.gateway.add(c.On, made)
		}
		if c.From != config.ErrorsOfGateway {
			p.upstream.add(c.On, made)
		}
	}
	return p, nil
}

// pages are by status, and by the first digit of one where they are for all that have it.
type pages map[int]*page

func (p *pages) add(on []string, made *page) {
	if *p == nil {
		*p = make(pages)
	}
	for _, s := range on {
		status, err := strconv.Atoi(s)
		if err != nil {
			status = int(s[0] - '0') // 4xx or 5xx
		}
		(*p)[status] = made
	}
}

// of is the page for a status, nil where there is none.
func (p pages) of(status int) *page {
	if len(p) == 0 || status < 400 {
		return nil
	}
	if made := p[status]; made != nil {
		return made
	}
	return p[status/100]
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "error_pages" }

const (
	contentType = "text/html; charset=utf-8"
	varyLine    = "Vary: Accept\r\n"
)

// OnAnswer is policy.OnAnswer's.
func (p *Policy) OnAnswer(r *policy.Request, a *policy.Answer) *policy.Answer {
	made := p.gateway.of(a.Code.Status())
	if made == nil || r.Call != nil || a.ContentType != "" {
		return nil
	}
	lines := varyLine
	if bytes.Contains(a.Lines, []byte(varyLine)) {
		lines = "" // the route has said so, and the listener's page comes behind it
	}
	if !prefersHTML(r.Head) {
		return r.Extend(a, lines)
	}
	b := r.Extend(a, lines)
	r.Room().Body = made.append(r.Room().Body[:0], &filling{
		status: a.Code.Status(), code: a.Code.String(), message: a.Message, id: r.ID,
	})
	b.ContentType, b.Body = contentType, r.Room().Body
	return b
}

// vary says that the answer depends on what the client accepts, beside what else it depends on.
var vary = http1.NewAddition("Vary", "Accept")

// OnResponse is policy.OnResponse's.
func (p *Policy) OnResponse(r *policy.Request, h *policy.Response) *policy.Answer {
	if h.Head.Status < 400 {
		return nil
	}
	made := p.upstream.of(h.Head.Status)
	// A client that is to authenticate its connection has to go on with this very one.
	if made == nil || r.Call != nil || h.Head.ConnectionAuth() {
		return nil
	}
	h.Edit(vary)
	if !prefersHTML(r.Head) {
		return nil
	}
	room := r.Room()
	room.Lines = appendOthers(room.Lines[:0], h.Head)
	room.Body = made.append(room.Body[:0], &filling{status: h.Head.Status, id: r.ID})
	room.Answer = policy.Answer{
		Code: gwerr.None, Status: h.Head.Status, ContentType: contentType,
		Body: room.Body, Lines: room.Lines,
	}
	return &room.Answer
}

// ofContent are the fields that tell of the content that the page takes the place of, and those
// that the gateway writes for every answer.
var ofContent = [...]string{
	"content-type", "content-length", "content-encoding", "etag", "last-modified", "accept-ranges",
	"content-range", "content-language", "content-location", "content-disposition", "content-md5",
	"content-digest", "repr-digest", "digest", "trailer", "transfer-encoding", "date",
	"x-request-id",
}

// appendOthers appends the lines of a response that its page keeps, such as its cookies. Those that
// are for one connection alone are left out where the answer is sent, as of every response.
func appendOthers(dst []byte, h *http1.ResponseHead) []byte {
next:
	for i := range h.Fields {
		f := &h.Fields[i]
		for _, name := range ofContent {
			if http1.EqualFold(h.Name(f), name) {
				continue next
			}
		}
		dst = append(append(append(append(dst, h.Name(f)...), ": "...), h.Value(f)...), "\r\n"...)
	}
	return dst
}
