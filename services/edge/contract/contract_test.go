// Package contract_test has tests of the edge's OpenAPI contracts over real sockets.
package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

var (
	endpoints = []string{"http1", "h2c"}
	protocols = []string{"HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS"}
)

const document = `
openapi: 3.0.3
info: {title: things, version: "1"}
paths:
  /things:
    get:
      operationId: list
      parameters: [{name: n, in: query, schema: {type: integer, maximum: 9}}]
      responses: {"200": {$ref: '#/components/responses/Thing'}}
    post:
      operationId: add
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
      responses: {"200": {$ref: '#/components/responses/Thing'}}
components:
  responses:
    Thing:
      description: a thing
      content:
        application/json: {schema: {$ref: '#/components/schemas/Thing'}}
        text/event-stream: {schema: {type: string, maxLength: 1}}
  schemas:
    Thing:
      type: object
      required: [name]
      properties: {name: {type: string}, secret: {type: string, writeOnly: true}}
`

// spec writes the document to a file.
func spec(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "api.yaml")
	edgetest.Must(t, os.WriteFile(path, []byte(document), 0o600))
	return path
}

// endpoint answers with what the request asks for.
func endpoint(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	kind, body := r.Header.Get("X-Type"), r.Header.Get("X-Body")
	if kind == "" {
		kind = "application/json"
	}
	if body == "" {
		body = `{"name":"a"}`
	}
	w.Header().Set("Content-Type", kind)
	if coding := r.Header.Get("X-Coding"); coding != "" {
		w.Header().Set("Content-Encoding", coding)
	}
	if r.Header.Get("X-Slow") == "" {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	}
	if r.Header.Get("X-Status") != "" {
		w.WriteHeader(http.StatusTeapot)
	}
	for len(body) > 0 {
		n := len(body)
		if r.Header.Get("X-Slow") != "" {
			n = min(n, 7)
		}
		_, _ = io.WriteString(w, body[:n])
		w.(http.Flusher).Flush()
		body = body[n:]
	}
}

func start(t *testing.T, protocol, more string) *testkit.Front {
	t.Helper()
	authority := testkit.NewAuthority(t)
	return testkit.StartFront(t, authority, testkit.Cluster{
		Address:  edgetest.Serve(t, authority, protocol, http.HandlerFunc(endpoint)),
		Protocol: protocol,
		Route:    fmt.Sprintf(", openapi: {spec: %q, %s}", spec(t), more),
	})
}

// a request, and what is refused of it or of its response.
type request struct {
	name, method, path, kind, body string
	lines                          []string
	chunked                        bool
	status                         int
	want                           string // where, pointer and rule of the first violation
}

var requests = []request{
	{name: "as described", method: "GET", path: "/things?n=9", status: 200},
	{name: "HEAD", method: "HEAD", path: "/things", status: 200},
	{name: "a parameter", method: "GET", path: "/things?n=10", status: 400,
		want: "query /n maximum"},
	{name: "a parameter twice", method: "GET", path: "/things?n=1&n=2", status: 400,
		want: "query /n duplicate"},
	{name: "a path", method: "GET", path: "/thing", status: 400, want: "operation  unknown_path"},
	{name: "a method", method: "DELETE", path: "/things", status: 400,
		want: "operation  unknown_method"},
	{name: "a body", method: "POST", path: "/things", body: `{"name":"x"}`, status: 200},
	{name: "a body in pieces", method: "POST", path: "/things", body: `{"name":"x"}`, chunked: true,
		status: 200},
	{name: "no body", method: "POST", path: "/things", status: 400, want: "body  required"},
	{name: "no byte in pieces", method: "POST", path: "/things", kind: "application/json",
		chunked: true, status: 400, want: "body  required"},
	{name: "a wrong body", method: "POST", path: "/things", body: `{"name":1}`, status: 400,
		want: "body /name type"},
	{name: "a wrong body in pieces", method: "POST", path: "/things", body: `{"name":1}`,
		chunked: true, status: 400, want: "body /name type"},
	{name: "a key twice", method: "POST", path: "/things", body: `{"name":"x","name":"y"}`,
		status: 400, want: "body /name duplicate_key"},
	{name: "behind the document", method: "POST", path: "/things", body: `{"name":"x"}]`,
		status: 400, want: "body  trailing"},
	{name: "another type", method: "POST", path: "/things", body: `{"name":"x"}`,
		kind: "text/plain", status: 400, want: "header /Content-Type content_type"},
	{name: "a long body", method: "POST", path: "/things",
		body: `{"name":1,"x":"` + strings.Repeat("x", 3000) + `"}`, status: 200},
	{name: "a long body in pieces", method: "POST", path: "/things", chunked: true,
		body: `{"name":1,"x":"` + strings.Repeat("x", 3000) + `"}`, status: 200},
	{name: "a coded body", method: "POST", path: "/things", body: "\x1f\x8b",
		lines: []string{"Content-Encoding", "gzip"}, status: 200},
	// responses
	{name: "a status", method: "GET", path: "/things", lines: []string{"X-Status", "418"},
		status: 502, want: "status  status"},
	{name: "a wrong response", method: "GET", path: "/things", lines: []string{"X-Body",
		`{"name":1}`},
		status: 502, want: "body /name type"},
	{name: "a wrong response in pieces", method: "GET", path: "/things", status: 502,
		lines: []string{"X-Body", `{"name":1}`, "X-Slow", "1"}, want: "body /name type"},
	{name: "a response in pieces", method: "GET", path: "/things", status: 200,
		lines: []string{"X-Body", `{"name":"` + strings.Repeat("x", 900) + `"}`, "X-Slow", "1"}},
	{name: "writeOnly", method: "GET", path: "/things", status: 502,
		lines: []string{"X-Body", `{"name":"a","secret":"b"}`}, want: "body /secret writeOnly"},
	{name: "another type of response", method: "GET", path: "/things",
		lines: []string{"X-Type", "text/html"}, status: 502,
		want: "header /Content-Type content_type"},
	{name: "a long response", method: "GET", path: "/things", status: 200,
		lines: []string{"X-Body", `{"x":"` + strings.Repeat("x", 3000) + `"}`}},
	{name: "a long response in pieces", method: "GET", path: "/things", status: 200,
		lines: []string{"X-Body", `{"x":"` + strings.Repeat("x", 3000) + `"}`, "X-Slow", "1"}},
	{name: "a coded response", method: "GET", path: "/things", status: 200,
		lines: []string{"X-Body", "coded", "X-Coding", "br"}},
	{name: "a stream", method: "GET", path: "/things", status: 200,
		lines: []string{"X-Body", "data: xyz", "X-Type", "text/event-stream", "X-Slow", "1"}},
}

// ask sends a request. It returns the status, the body, and the violations in brief.
func (q request) ask(t *testing.T, c *http.Client, base string) (int, string, []string) {
	t.Helper()
	var body io.Reader
	if q.body != "" || q.chunked {
		body = strings.NewReader(q.body)
		if q.chunked {
			body = io.MultiReader(body) // whose length nobody knows
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), q.method, base+q.path, body)
	edgetest.Must(t, err)
	if q.kind == "" && q.body != "" {
		q.kind = "application/json"
	}
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	for i := 0; i+1 < len(q.lines); i += 2 {
		r.Header.Set(q.lines[i], q.lines[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	edgetest.Must(t, err)
	var e struct {
		Error struct {
			Code, Message, CorrelationID string
			Violations                   []struct{ Where, Pointer, Rule, Message string }
		}
	}
	var brief []string
	if resp.StatusCode >= 400 && json.Unmarshal(text, &e) == nil {
		for _, v := range e.Error.Violations {
			if v.Message == "" {
				t.Errorf("%s: a violation has no message: %s", q.name, text)
			}
			brief = append(brief, v.Where+" "+v.Pointer+" "+v.Rule)
		}
	}
	return resp.StatusCode, string(text), brief
}

// What a route enforces is refused, over each protocol of clients and of endpoints, and what is as
// described goes through.
func TestEnforced(t *testing.T) {
	t.Parallel()
	for _, protocol := range endpoints {
		f := start(t, protocol, "requests: enforce, responses: enforce, max_body_bytes: 1000")
		for _, p := range protocols {
			c, base := edgetest.ClientOf(t, f.Authority, f.Process, p)
			for _, q := range requests {
				status, text, got := q.ask(t, c, base)
				want := []string{q.want}
				if q.want == "" {
					want = nil
				}
				if status != q.status || len(got) != len(want) || len(got) > 0 && got[0] != q.want {
					t.Errorf("%s to %s: %s: %d %.300s", p, protocol, q.name, status, text)
				}
				code := map[int]string{400: "GW_CONTRACT_REQUEST",
					502: "GW_CONTRACT_RESPONSE"}[status]
				if q.method != "HEAD" && !strings.Contains(text, code) {
					t.Errorf("%s to %s: %s: %.300s", p, protocol, q.name, text)
				}
			}
		}
	}
}

// What a route only watches goes through as it is, and is counted and logged.
func TestShadow(t *testing.T) {
	t.Parallel()
	for _, protocol := range endpoints {
		f := start(t, protocol, "requests: shadow, responses: shadow, max_body_bytes: 1000")
		c, base := edgetest.ClientOf(t, f.Authority, f.Process, "HTTP/1.1")
		for _, q := range requests {
			status, text, got := q.ask(t, c, base)
			if wanted := map[bool]int{true: 418,
				false: 200}[q.name == "a status"]; status != wanted ||
				got != nil {
				t.Errorf("%s: %s: %d %.200s", protocol, q.name, status, text)
			}
			for i := 0; i+1 < len(q.lines); i += 2 {
				if q.lines[i] == "X-Body" && text != q.lines[i+1] {
					t.Errorf("%s: %s: the body is %.100q", protocol, q.name, text)
				}
			}
		}
		metrics := f.Metrics(t)
		for line, want := range map[string]float64{
			`violations_total{message="request",operation="list",route="all",rule="maximum",` +
				`where="query"}`: 1,
			`violations_total{message="request",operation="none",route="all",` +
				`rule="unknown_path",where="operation"}`: 1,
			`violations_total{message="response",operation="list",route="all",rule="type",` +
				`where="body"}`: 2,
			`unchecked_total{message="response",reason="size",route="all"}`:   2,
			`unchecked_total{message="response",reason="stream",route="all"}`: 1,
			`unchecked_total{message="request",reason="coding",route="all"}`:  1,
		} {
			if got := metrics["gateway_contract_"+line]; got != want {
				t.Errorf("%s: %s is %v, want %v", protocol, line, got, want)
			}
		}
	}
}

// A body that can't be checked is refused where the route says so.
func TestUncheckedIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t, "http1",
		"requests: enforce, responses: enforce, max_body_bytes: 1000, unchecked: refuse")
	c, base := edgetest.ClientOf(t, f.Authority, f.Process, "HTTP/1.1")
	for _, q := range requests {
		if !strings.Contains(q.name, "long") && !strings.Contains(q.name, "coded") {
			continue
		}
		status, text, got := q.ask(t, c, base)
		want := 400
		if q.method == "GET" {
			want = 502
		}
		if status != want || len(got) != 1 || got[0] != "body  unchecked" {
			t.Errorf("%s: %d %.300s", q.name, status, text)
		}
	}
}

// A response whose body breaks off while it is held is none: its head does not reach the client.
func TestAHeldResponseThatBreaksOff(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			_ = c.Send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" +
				"Content-Length: 90\r\n\r\n" +
				`{"name":`)
		}
	})
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Cluster{Address: up.Addr(),
		Route: fmt.Sprintf(", openapi: {spec: %q, responses: enforce}", spec(t))})
	c := testkit.Dial(t, f.Addr("plain"))
	r := c.Exchange(t, "GET", "GET /things HTTP/1.1\r\nHost: a.test\r\n\r\n")
	if r.Status != 502 || !bytes.Contains(r.Body, []byte("GW_UPSTREAM_RESET")) {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}

// A document that changes is read again, and one that is no good changes nothing.
func TestTheDocumentIsReadAgain(t *testing.T) {
	t.Parallel()
	path := spec(t)
	authority := testkit.NewAuthority(t)
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: edgetest.Serve(t, authority, "http1", http.HandlerFunc(endpoint)),
		Route:   fmt.Sprintf(", openapi: {spec: %q, requests: enforce}", path),
	})
	c, base := edgetest.ClientOf(t, f.Authority, f.Process, "HTTP/1.1")
	q := request{name: "a parameter", method: "GET", path: "/things?n=10"}
	reload := func(text string, want int) {
		t.Helper()
		edgetest.Must(t, testkit.Replace(path, text))
		if status, _, body, err := f.Ask("POST", "/reload"); err != nil || status != want {
			t.Fatalf("the reload is answered %d %s, %v", status, body, err)
		}
	}
	ask := func(want int) {
		t.Helper()
		if status, text, _ := q.ask(t, c, base); status != want {
			t.Errorf("%d %.300s", status, text)
		}
	}
	ask(400)
	reload(strings.Replace(document, "maximum: 9", "maximum: 99", 1), 200)
	ask(200)
	reload(document+"\n  x: [", 422)
	ask(200)
	reload(document, 200)
	ask(400)
}
