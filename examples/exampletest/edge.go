package exampletest

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

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// An Edge is a running edge, or relay, with its configuration.
type Edge struct {
	*testkit.Process
	File string // the configuration, which the edge watches

	document *openspectest.Document
	client   *http.Client
}

// Start runs the edge with the gateway.yaml of the working directory. The listeners, all on
// 127.0.0.1:8080, and the admin API, on 127.0.0.1:9901, get free ports; what else is to be
// replaced, the addresses of upstreams first of all, is in replace.
func Start(t testing.TB, replace map[string]string) *Edge {
	t.Helper()
	return start(t, testkit.RunEdge, "127.0.0.1:8080", replace)
}

// StartRelay is Start for the relay, whose listener is on the given address.
func StartRelay(t testing.TB, listener string, replace map[string]string) *Edge {
	t.Helper()
	return start(t, testkit.RunRelay, listener, replace)
}

func start(
	t testing.TB, run func(dir, config string) (*testkit.Process, error), listener string,
	replace map[string]string,
) *Edge {
	t.Helper()
	b, err := os.ReadFile("gateway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := put(t, string(b), listener, "127.0.0.1:0")
	text = put(t, text, "127.0.0.1:9901", "127.0.0.1:0")
	for old, with := range replace {
		text = put(t, text, old, with)
	}
	document, err := openspectest.Parse(openspec.Admin)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	process, err := run(dir, text)
	if err != nil {
		t.Fatal(err)
	}
	e := &Edge{
		Process: process, File: filepath.Join(dir, "gateway.yaml"), document: document,
		client: &http.Client{
			Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // the answer of the edge is what is asked for
			},
		},
	}
	t.Cleanup(func() {
		e.Kill()
		if t.Failed() {
			t.Logf("its stderr:\n%s", e.Stderr())
		}
	})
	return e
}

func put(t testing.TB, text, old, with string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the configuration no longer has %s, which the README tells", old)
	}
	return strings.ReplaceAll(text, old, with)
}

// Edit replaces texts in the configuration, old and new by turns, as an editor does that writes a
// new file and renames it.
func (e *Edge) Edit(t testing.TB, pairs ...string) {
	t.Helper()
	b, err := os.ReadFile(e.File)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i+1 < len(pairs); i += 2 {
		text = put(t, text, pairs[i], pairs[i+1])
	}
	fresh := e.File + "~"
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, e.File); err != nil {
		t.Fatal(err)
	}
}

// Position is where a text begins in the configuration, counting from 1.
func (e *Edge) Position(t testing.TB, text string) (line, column int) {
	t.Helper()
	b, err := os.ReadFile(e.File)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(b), text)
	if !ok {
		t.Fatalf("the configuration has no %s", text)
	}
	return 1 + strings.Count(before, "\n"), len(before) - strings.LastIndex(before, "\n")
}

// An Answer is what an edge answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request to the listener "public". The Host is among the headers.
func (e *Edge) Do(t testing.TB, method, path string, header http.Header) Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+e.Addr("public")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header, r.Host = header, header.Get("Host")
	}
	a, err := e.ask(r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (e *Edge) ask(r *http.Request) (Answer, error) {
	resp, err := e.client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(body)}, err
}

// Admin performs an operation of the admin API, such as "POST /reload", and decodes the answer into
// v, which may be nil. The answer must be as openspec/admin.yaml describes it.
func (e *Edge) Admin(t testing.TB, operation string, v any) (status int) {
	t.Helper()
	method, path, _ := strings.Cut(operation, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+e.Addr("admin")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.ask(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(path, "/why/") {
		operation = "GET /why/{id}"
	}
	if err := e.document.CheckAnswer(operation, a.Status, a.Header, []byte(a.Body)); err != nil {
		t.Errorf("%v\n%s", err, a.Body)
	}
	if v != nil {
		d := json.NewDecoder(bytes.NewReader([]byte(a.Body)))
		d.DisallowUnknownFields()
		if err := d.Decode(v); err != nil {
			t.Fatalf("%s: %v\n%s", operation, err, a.Body)
		}
	}
	return a.Status
}

// Reload asks for a reload and wants it to succeed.
func (e *Edge) Reload(t testing.TB) (r admin.Receipt) {
	t.Helper()
	if status := e.Admin(t, "POST /reload", &r); status != http.StatusOK {
		t.Fatalf("the reload was refused: %s %v", r.Message, r.Problems)
	}
	return r
}

// Status is what the edge says of itself.
func (e *Edge) Status(t testing.TB) (s admin.Status) {
	t.Helper()
	e.Admin(t, "GET /status", &s)
	return s
}

// Catalog is the edge's routes by name.
func (e *Edge) Catalog(t testing.TB) map[string]admin.CatalogRoute {
	t.Helper()
	var c admin.Catalog
	e.Admin(t, "GET /catalog", &c)
	routes := map[string]admin.CatalogRoute{}
	for _, r := range c.Routes {
		routes[r.Name] = r
	}
	return routes
}

// Text is an answer of an upstream, for testkit.Answer.
func Text(status int, body string, fields ...string) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n%s\r\n%s", status,
		http.StatusText(status), len(body), strings.Join(append(fields, ""), "\r\n"), body)
}
