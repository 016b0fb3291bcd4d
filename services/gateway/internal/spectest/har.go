package spectest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// archive is traffic that was recorded (HAR 1.2), as browsers and proxies write it.
type archive struct {
	Log *struct {
		Entries []exchange `json:"entries"`
	} `json:"log"`
}

type exchange struct {
	Request struct {
		Method   string  `json:"method"`
		URL      string  `json:"url"`
		Headers  []field `json:"headers"`
		PostData *struct {
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  int     `json:"status"`
		Headers []field `json:"headers"`
		Content struct {
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
	} `json:"response"`
}

type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Recorded holds recorded traffic (HAR 1.2) against a document: requests and responses. With a
// target only that of its scheme and host counts.
func Recorded(data []byte, d *apidoc.Document, target *url.URL) (*Report, error) {
	var a archive
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("it is no HAR file: %w", err)
	}
	if a.Log == nil {
		return nil, fmt.Errorf("it is no HAR file: it has no log")
	}
	begin := time.Now()
	r := newReport(d)
	for i := range a.Log.Entries {
		e := &a.Log.Entries[i]
		u, err := url.Parse(e.Request.URL)
		if err != nil {
			return nil, fmt.Errorf("entry %d: its URL is none", i+1)
		}
		if target != nil && (u.Scheme != target.Scheme || u.Host != target.Host) {
			continue
		}
		one, err := e.check(d, u)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		r.add(one)
	}
	r.Duration = time.Since(begin)
	return r, nil
}

func (e *exchange) check(d *apidoc.Document, u *url.URL) (Result, error) {
	m := &message{
		method: e.Request.Method, path: u.EscapedPath(), query: u.RawQuery,
		fields: fields(e.Request.Headers),
	}
	if m.path == "" {
		m.path = "/"
	}
	r := Result{Request: m.method + " " + m.target(), Status: e.Response.Status}
	var err error
	if p := e.Request.PostData; p != nil {
		if m.body, err = content(p.Text, p.Encoding); err != nil {
			return r, err
		}
	}
	o, wrong := m.operation(d.Contract)
	if o == nil {
		r.judge(wrong)
		return r, nil
	}
	r.Operation = o.Name()
	body, err := content(e.Response.Content.Text, e.Response.Content.Encoding)
	if err != nil {
		return r, err
	}
	r.judge(o.CheckRequest(m.request()))
	if e.Response.Status == 0 { // the client went away
		return r, nil
	}
	r.judge(o.CheckResponse(&openapi.Response{
		Status: e.Response.Status, Fields: fields(e.Response.Headers), Body: body,
		Head: m.method == "HEAD",
	}))
	return r, nil
}

// operation finds the operation of a request as the edge does, which normalises the path before.
func (m *message) operation(c *openapi.Contract) (*openapi.Operation, []openapi.Violation) {
	var head http1.RequestHead
	head.Reset(http1.Limits{})
	line := m.method + " " + m.path + " HTTP/1.1\r\nHost: a\r\n\r\n"
	if n, err := head.Parse([]byte(line)); err == nil && n == len(line) {
		m.path = string(head.Path)
	}
	o, wrong := c.Operation([]byte(m.method), []byte(m.path))
	if wrong != nil {
		return nil, []openapi.Violation{*wrong}
	}
	return o, nil
}

func content(text, encoding string) ([]byte, error) {
	if encoding == "base64" {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("a body is no base64: %w", err)
		}
		return b, nil
	}
	return []byte(text), nil
}

// fields are those of a recorded message. What says how the body went over the wire is left out:
// the archive has it decoded. Names that begin with a colon are HTTP/2's own.
func fields(list []field) (all []openapi.Field) {
	for _, f := range list {
		switch strings.ToLower(f.Name) {
		case "content-encoding", "transfer-encoding", "content-length":
			continue
		}
		if !strings.HasPrefix(f.Name, ":") {
			all = append(all, openapi.Field{Name: []byte(f.Name), Value: []byte(f.Value)})
		}
	}
	return all
}
