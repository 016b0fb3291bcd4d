// Package respond is the policy that answers with what the configuration says (routes[].respond).
package respond

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Policy answers all requests alike.
type Policy struct {
	answer *policy.Answer
	// tag is the entity tag of the content, nil for an answer that is not to be kept; unchanged
	// is for a client that has it already.
	tag       []byte
	unchanged *policy.Answer
	// fields are those of the configuration, where their values depend on the request; else they
	// are in the answers already.
	fields *http1.Edits
}

// New makes the policy of a route; nil for one that answers nothing itself. It reads the file.
func New(c *config.Route) (policy.Policy, error) {
	r := c.Respond
	if r == nil {
		return nil, nil
	}
	a := &policy.Answer{Status: r.Status, ContentType: r.ContentType, Body: []byte(r.Body)}
	if r.File != "" {
		var err error
		if a.Body, err = files.Read(r.File, config.MostPage); err != nil {
			return nil, err
		}
	}
	if a.ContentType == "" && len(a.Body) > 0 {
		a.ContentType = typeOf(r.File)
	}
	p := &Policy{answer: a}
	if r.Status == 200 && !named(r.Headers, "ETag") {
		sum := sha256.Sum256(a.Body)
		p.tag = []byte(`"` + hex.EncodeToString(sum[:12]) + `"`)
		a.Lines = append(append(append(a.Lines, "ETag: "...), p.tag...), "\r\n"...)
	}
	set, err := placeholder.ParseAll(r.Headers)
	if err != nil {
		return nil, err
	}
	if fields := (http1.Change{Set: set}).New(); fields.Open() {
		p.fields = fields
	} else {
		a.Lines = fields.Append(a.Lines, nil)
	}
	p.unchanged = &policy.Answer{Status: 304, Lines: a.Lines}
	return p, nil
}

func named(set map[string]string, name string) bool {
	for n := range set {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// Name is policy.Policy's.
func (*Policy) Name() string { return "respond" }

// OnRequest is policy.OnRequest's.
func (p *Policy) OnRequest(r *policy.Request) *policy.Answer {
	a := p.answer
	if p.tag != nil && p.has(r.Head) {
		a = p.unchanged
	}
	if p.fields == nil {
		return a
	}
	room := r.Room()
	room.Lines = p.fields.Append(append(room.Lines[:0], a.Lines...), r)
	room.Answer = *a
	room.Answer.Lines = room.Lines
	return &room.Answer
}

var ifNoneMatch = []byte("If-None-Match")

// has reports whether the client says that it has the content (RFC 9110 section 13.1.2).
func (p *Policy) has(r *http1.RequestHead) bool {
	if r.Method != http1.MethodGet && r.Method != http1.MethodHead {
		return false
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		if !bytes.EqualFold(r.Name(f), ifNoneMatch) {
			continue
		}
		// Tags are in quotes, and have none within, so this is a tag of the list and no part
		// of one.
		if v := r.Value(f); len(v) == 1 && v[0] == '*' || bytes.Contains(v, p.tag) {
			return true
		}
	}
	return false
}

// typeOf is the Content-Type of a file by its ending, and that of a text where there is no file.
// The system's table is not asked: the same configuration gives the same answers everywhere.
func typeOf(file string) string {
	if file == "" {
		return "text/plain; charset=utf-8"
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".html", ".htm":
		return "text/html; charset=utf-8"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".xml":
		return "application/xml"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".gif":
		return "image/gif"
	case ".webp":
		return "image/webp"
	case ".ico":
		return "image/x-icon"
	case ".pdf":
		return "application/pdf"
	}
	return "application/octet-stream"
}
