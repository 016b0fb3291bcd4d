package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// asked is a request that the user asks about, as the edge would see it.
type asked struct {
	Method string `json:"method"`
	Host   string `json:"host"` // "" is none
	Path   string `json:"path"`
	Query  string `json:"query,omitempty"`

	idempotent bool
	notes      []string
	head       http1.RequestHead
	client     netip.Addr
	listener   string // "" is any
}

// given is what the user has said of a request, for the conditions of routes.
type given struct{ *asked }

// Header returns the value of a header field.
func (g given) Header(name string) ([]byte, bool) {
	if name == "host" {
		return []byte(g.Host), g.Host != ""
	}
	v, _, ok := http1.FieldValue(nil, &g.head.Head, name)
	return v, ok
}

// Query returns the first value of a parameter.
func (g given) Query(name string) ([]byte, bool) {
	v, _, ok := http1.QueryValue(nil, []byte(g.asked.Query), name)
	return v, ok
}

// Cookie returns the first value of a cookie.
func (g given) Cookie(name string) ([]byte, bool) { return http1.CookieValue(&g.head.Head, name) }

// Client returns the client's address.
func (g given) Client() netip.Addr { return g.client }

// parseRequest reads what a person takes for a request: METHOD host/path, METHOD URL or METHOD
// /path, with or without a version behind. The codec of the edge judges it, so that what is wrong
// is what the edge would find wrong.
//
// lines are header fields beside it, each as "Name: value".
func parseRequest(text string, lines ...string) (asked, error) {
	words := strings.Fields(text)
	if len(words) == 3 && strings.HasPrefix(words[2], "HTTP/") {
		words = words[:2]
	}
	switch {
	case len(words) == 0:
		return asked{},
			errors.New(
				`the request is empty; write METHOD host/path, such as 'GET api.example.com/users/7'`)
	case len(words) == 1 && strings.ContainsAny(words[0], "/.:"):
		return asked{}, fmt.Errorf("%q has no method; write 'GET %s'", text, words[0])
	case len(words) == 1:
		return asked{},
			fmt.Errorf("%q has no host and no path; write '%s api.example.com/users/7'", text,
				words[0])
	case len(words) > 2:
		return asked{},
			fmt.Errorf("%q has more than a method and a target; a space in a path is written %%20",
				text)
	}
	var q asked
	method, target := words[0], words[1]
	if path, fragment, ok := strings.Cut(target, "#"); ok {
		q.notes = append(q.notes, fmt.Sprintf("a client does not send the fragment #%s", fragment))
		target = path
	}
	line, field, err := q.line(method, target)
	if err != nil {
		return q, err
	}
	head := &q.head
	head.Reset(http1.Limits{})
	for _, l := range lines {
		field += l + "\r\n"
	}
	_, err = head.Parse([]byte(line + field + "\r\n"))
	var wrong *http1.Error
	switch {
	case errors.As(err, &wrong):
		return q,
			fmt.Errorf("the edge answers %q with %d %s: %s", text, wrong.Code.Status(), wrong.Code,
				wrong.Reason)
	case err != nil:
		return q, fmt.Errorf("%q is no request: %w", text, err)
	}
	q.Method, q.Host, q.Path, q.Query = method, string(head.Authority), string(head.Path),
		string(head.Query)
	q.idempotent = head.Method.Idempotent()
	q.remark(head.Method, target)
	return q, nil
}

// line returns the request line and the Host field of a request.
func (q *asked) line(method, target string) (line, field string, err error) {
	switch scheme, rest, ok := strings.Cut(target, "://"); {
	case strings.HasPrefix(target, "/") || target == "*":
		q.notes = append(q.notes,
			"the request names no host, so only routes for any host can match; write METHOD "+
				"host/path for one with a host")
		return method + " " + target + " HTTP/1.0\r\n", "", nil // only HTTP/1.0 does without a host
	case ok && !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		return "", "", fmt.Errorf("the edge proxies http and https, not %q", scheme)
	case ok:
		target = rest
	}
	if method == "CONNECT" {
		return method + " " + target + " HTTP/1.1\r\n", "Host: " + target + "\r\n", nil
	}
	end := strings.IndexAny(target, "/?")
	if end < 0 {
		end = len(target)
	}
	host, path := target[:end], target[end:]
	if strings.IndexFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", "",
				fmt.Errorf("the host %q is no name that IDNA allows (%w); write it without a port",
					host, err)
		}
		q.notes = append(q.notes, fmt.Sprintf("a client sends the host %s as %s", host, ascii))
		host = ascii
	}
	return method + " http://" + host + path + " HTTP/1.1\r\n", "Host: " + host + "\r\n", nil
}

// remark notes what a person may not expect.
func (q *asked) remark(method http1.Method, target string) {
	if upper := strings.ToUpper(q.Method); upper != q.Method && method == http1.MethodOther {
		q.notes = append(q.notes,
			fmt.Sprintf("methods are told apart by case: %s is not %s", q.Method, upper))
	}
	path, _, _ := strings.Cut(target, "?")
	if !strings.HasSuffix(path, q.Path) && q.Path != "/" && q.Path != "*" {
		q.notes = append(q.notes,
			fmt.Sprintf("the path is normalised to %s before anything looks at it", q.Path))
	}
}
