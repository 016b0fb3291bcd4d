package differential_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Fields that differ, as docs/connections.md says.
var (
	// addedToRequests are what the edge tells the endpoint of the client, and what is of one
	// hop.
	addedToRequests = []string{
		"Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port",
		"X-Forwarded-Proto", "X-Request-Id",
		"Content-Length", "Connection", "Te", "Accept-Encoding", "Expect", runField,
	}
	// addedToResponses are those of the hop, and the time.
	addedToResponses = []string{"X-Request-Id", "Connection", "Date"}
)

// differ says in what two outcomes differ that should not, "" if in nothing.
func differ(x *exchange, want, got outcome) string {
	var b strings.Builder
	compare := func(what string, want, got any) {
		if want != got {
			fmt.Fprintf(&b, "\n%s: straight %s\n  through the edge %s", what, excerpt(want),
				excerpt(got))
		}
	}
	compare("failure", want.failed, got.failed)
	compare("times it was sent", want.heard.times, got.heard.times)
	compare("request line", want.heard.line, got.heard.line)
	compare("request fields", without(want.heard.fields, addedToRequests),
		without(got.heard.fields, addedToRequests))
	compare("request body", want.heard.body, got.heard.body)
	compare("request trailer", want.heard.trailer, got.heard.trailer)
	if !x.unsized && x.body != "" {
		compare("request length", want.heard.length, got.heard.length)
	}
	compare("status", want.status, got.status)
	compare("interim responses", want.interim, got.interim)
	compare("response fields", without(list(want.fields), addedToResponses),
		without(list(got.fields), addedToResponses))
	compare("response body", want.body, got.body)
	compare("response trailer", want.trailer, got.trailer)
	if x.length {
		compare("response length", want.length, got.length)
	}
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("%s %s, body %d unsized %v trailer %d, %d, content %d length %v%s",
		x.method, x.target, len(x.body), x.unsized, len(x.trailer), x.status, len(x.content),
		x.length, b.String())
}

// without leaves out the fields with some names. A Content-Length of a response is one only
// where the endpoint has said it: see outcome.length.
func without(fields string, names []string) string {
	var b strings.Builder
	for line := range strings.Lines(fields) {
		name, _, _ := strings.Cut(line, ":")
		if !contains(names, name) && name != "Content-Length" {
			b.WriteString(line)
		}
	}
	return b.String()
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if http.CanonicalHeaderKey(n) == name {
			return true
		}
	}
	return false
}

// excerpt is a value as a message can have it.
func excerpt(v any) string {
	s := fmt.Sprintf("%q", fmt.Sprint(v))
	if len(s) > 1500 {
		return fmt.Sprintf("%s... (%d bytes)", s[:1500], len(s))
	}
	return s
}

// The comparison finds what it is there for.
func TestDifferencesAreFound(t *testing.T) {
	x := from(1)
	base := func() outcome {
		return outcome{
			heard: heard{
				line: "GET / a", fields: "X-A: \"1\"\n", body: "b", trailer: "t", times: 1,
			},
			status: 200, fields: http.Header{"X-B": {"1", "2"}, "Date": {"now"}}, body: "c",
			trailer: "X: \"1\"\n", interim: "103",
		}
	}
	if d := differ(x, base(), base()); d != "" {
		t.Errorf("the same differ: %s", d)
	}
	for name, change := range map[string]func(*outcome){
		"line":    func(o *outcome) { o.heard.line = "GET /x a" },
		"fields":  func(o *outcome) { o.heard.fields = "" },
		"body":    func(o *outcome) { o.heard.body = "" },
		"trailer": func(o *outcome) { o.heard.trailer = "" },
		"twice":   func(o *outcome) { o.heard.times = 2 },
		"status":  func(o *outcome) { o.status = 201 },
		"order":   func(o *outcome) { o.fields = http.Header{"X-B": {"2", "1"}} },
		"content": func(o *outcome) { o.body = "" },
		"interim": func(o *outcome) { o.interim = "" },
		"ending":  func(o *outcome) { o.trailer = "" },
		"failure": func(o *outcome) { o.failed = "broken" },
	} {
		o := base()
		change(&o)
		if differ(x, base(), o) == "" {
			t.Errorf("%s: the difference is not found", name)
		}
	}
}
