package spectest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/demo"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

func load(t testing.TB, text string) *apidoc.Document {
	t.Helper()
	file := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := apidoc.Load(file, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func run(t *testing.T, d *apidoc.Document, h http.Handler, edit func(*Options)) *Report {
	t.Helper()
	s := httptest.NewServer(h)
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Target: u, Unsafe: true, Timeout: 10 * time.Second, Client: s.Client()}
	defer s.Client().CloseIdleConnections()
	if edit != nil {
		edit(&o)
	}
	r, err := Run(t.Context(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnUpstreamThatKeepsItsContractPasses(t *testing.T) {
	d := load(t, openspec.Demo)
	r := run(t, d, demo.Handler(), nil)
	if !r.OK() || r.Passed != 6 || r.Skipped != 0 || r.Digest != d.Contract.Digest() {
		t.Errorf("%+v", r)
	}
	r = run(t, d, demo.Handler(), func(o *Options) { o.Unsafe = false })
	if r.Passed != 5 || r.Skipped != 1 {
		t.Errorf("%+v", r)
	}
}

func TestWhatIsNotAsDescribedFails(t *testing.T) {
	d := load(t, openspec.Demo)
	for name, c := range map[string]struct {
		status int
		kind   string
		body   string
		want   string
	}{
		"a status":       {299, "application/json", `{}`, "status"},
		"a content type": {200, "text/html", `<p>`, "content_type"},
		"a body":         {200, "application/json", `{"message":1}`, "type"},
		"no JSON":        {200, "application/json", `{"message":`, "syntax"},
		"a member":       {200, "application/json", `{}`, "required"},
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		r := run(t, d, h, func(o *Options) { o.Only = []string{"GET /hello"} })
		if r.OK() || len(r.Results) != 1 || r.Results[0].Violations[0].Rule != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestAnUpstreamThatIsAwayIsAnError(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	r := run(t, load(t, openspec.Demo), h, nil)
	if r.OK() || r.Errors != 6 || r.Results[0].Reason == "" {
		t.Errorf("%+v", r)
	}
}

const shapes = `
openapi: 3.1.0
info: {title: Shapes, version: "1"}
servers: [{url: "https://api.example.com/v{n}", variables: {n: {default: "2"}}}]
paths:
  /a/{id}/{when}/{tags}/{deep}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer, minimum: 5}}
      - {name: when, in: path, required: true, schema: {type: string, format: date}}
      - {name: tags, in: path, required: true, style: label, schema: {type: array, minItems: 2, items: {enum: [x y]}}}
      - {name: deep, in: path, required: true, schema: {type: string, pattern: "^[A-F]{3}-[0-9]+$"}}
    post:
      operationId: everything
      parameters:
        - {name: q, in: query, required: true, schema: {type: array, items: {type: string, minLength: 6}}}
        - {name: filter, in: query, required: true, style: deepObject, schema: {$ref:
	"#/components/schemas/Filter"}}
        - {name: page, in: query, schema: {type: integer}, example: 7}
        - {name: left, in: query, schema: {type: integer}}
        - {name: X-Trace, in: header, required: true, schema: {type: string, format: uuid}}
        - {name: session, in: cookie, required: true, schema: {type: string, const: abc}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              allOf:
                - {$ref: "#/components/schemas/Filter"}
                - type: object
                  required: [n, ratio, list, on, tree]
                  properties:
                    n: {type: integer, exclusiveMinimum: 9, multipleOf: 5}
                    ratio: {type: number, maximum: 0.5}
                    list: {type: array, minItems: 2, items: {type: ["null", string], format: email}}
                    on: {type: boolean}
                    tree: {$ref: "#/components/schemas/Tree"}
      responses: {"200": {description: Fine.}}
  /form:
    put:
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: {type: object, required: [name], properties: {name: {type: string}}}
      responses: {"200": {description: Fine.}}
  /multi:
    put:
      requestBody:
        required: true
        content: {multipart/mixed: {schema: {type: object}}}
      responses: {"200": {description: Fine.}}
  /hard:
    get:
      parameters:
        - {name: odd, in: query, required: true, schema: {type: string, pattern: "^(?=a)b$"}}
      responses: {"200": {description: Fine.}}
components:
  schemas:
    Filter: {type: object, required: [kind], properties: {kind: {enum: [small, large]}}}
    Tree: {type: object, properties: {child: {$ref: "#/components/schemas/Tree"}}}
`

func TestRequestsAreMadeOfSchemasAndExamples(t *testing.T) {
	var seen []string
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		seen = append(seen, fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.Header.Get("X-Trace"),
			" ", r.Header.Get("Cookie"), " ", body.String()))
	})
	r := run(t, load(t, strings.Replace(shapes, `, pattern: "^(?=a)b$"`, `, not: {}`, 1)), h, nil)
	want := []string{
		`POST /v2/a/5/2026-01-02/.x%20y,x%20y/AAA-1?q=textxx&filter%5Bkind%5D=small&page=7 ` +
			`00000000-0000-4000-8000-000000000001 session=abc ` +
			`{"kind":"small","list":["user@example.com","user@example.com"],"n":10,"on":true,` +
			`"ratio":0.5,"tree":{}}`,
		`PUT /v2/form   name=text`,
	}
	if got := strings.Join(seen, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("sent\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	skipped := map[string]string{}
	for _, one := range r.Results {
		if one.Result == Skipped {
			skipped[one.Request] = one.Reason
		}
	}
	if len(skipped) != 2 || !strings.Contains(skipped["GET /hard"], "give an example") ||
		!strings.Contains(skipped["PUT /multi"], "multipart/mixed can't be made") {
		t.Errorf("%v", skipped)
	}
}

func TestAPathOfTheTargetComesInPlaceOfTheServers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(file, []byte(openspec.Demo), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := apidoc.Load(file, "/base")
	if err != nil {
		t.Fatal(err)
	}
	h := http.StripPrefix("/base", demo.Handler())
	r := run(t, d, h, func(o *Options) { o.Target.Path = "/base/" })
	if r.Passed != 6 {
		t.Errorf("%+v", r)
	}
}

func TestRecordedTrafficIsHeldAgainstTheDocument(t *testing.T) {
	d := load(t, openspec.Demo)
	entry := func(method, target, status, body string) string {
		return fmt.Sprintf(`{"request":{"method":%q,"url":%q,"headers":[{"name":":authority",`+
			`"value":"a"}]},"response":{"status":%s,"headers":[{"name":"content-type",`+
			`"value":"application/json"},{"name":"content-encoding","value":"br"}],`+
			`"content":{"text":%q}}}`, method, target, status, body)
	}
	har := `{"log":{"entries":[` + strings.Join([]string{
		entry("GET", "http://a/hello?name=x", "200", `{"message":"Hello"}`),
		entry("GET", "http://a/hello", "200", `{"mesage":"Hello"}`),
		entry("GET", "http://a/nothing", "404", ``),
		entry("GET", "http://a/hello", "0", ``),
		entry("GET", "http://a//x/../%68ello?name=x", "200", `{"message":"Hello"}`),
		entry("GET", "http://elsewhere/nothing", "200", ``),
	}, ",") + `]}}`
	target, _ := url.Parse("http://a")
	r, err := Recorded([]byte(har), d, target)
	if err != nil {
		t.Fatal(err)
	}
	if r.Passed != 3 || r.Failed != 2 || r.Results[2].Violations[0].Rule != "unknown_path" {
		t.Errorf("%+v", r)
	}
	for _, bad := range []string{"", "{}", "[]", "\x00", `{"log":{"entries":[{"request":{"url":
		"%"}}]}}`} {
		if _, err := Recorded([]byte(bad), d, nil); err == nil {
			t.Errorf("%q is taken for a HAR file", bad)
		}
	}
}

func TestAReportForCI(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) })
	r := run(t, load(t, openspec.Demo), h, func(o *Options) { o.Unsafe = false })
	var b bytes.Buffer
	if err := r.JUnit(&b); err != nil {
		t.Fatal(err)
	}
	var s suites
	if err := xml.Unmarshal(b.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Suite.Tests != 6 || s.Suite.Failures != r.Failed || s.Suite.Skipped != 1 ||
		s.Suite.Failures == 0 || !strings.Contains(b.String(), r.Digest) {
		t.Errorf("%s", &b)
	}
	shape(t, b.Bytes())
}

// shape holds a report against what the schemas of JUnit's reports ask for: attributes, and
// elements in their order.
func shape(t *testing.T, text []byte) {
	t.Helper()
	needs := map[string]string{
		"testsuite": "id package name timestamp hostname tests failures errors time",
		"testcase":  "classname name time", "property": "name value", "failure": "message type",
		"error": "message type", "skipped": "message",
	}
	order := map[string]string{
		"testsuites": "testsuite", "testsuite": "properties testcase system-out system-err",
		"testcase": "skipped error failure", "properties": "property",
	}
	type open struct {
		name string
		at   int
	}
	var around []open
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch e := token.(type) {
		case xml.StartElement:
			for _, name := range strings.Fields(needs[e.Name.Local]) {
				if !slices.ContainsFunc(e.Attr, func(a xml.Attr) bool {
					return a.Name.Local == name
				}) {
					t.Errorf("%s has no %s", e.Name.Local, name)
				}
			}
			if n := len(around); n > 0 {
				o := &around[n-1]
				at := slices.Index(strings.Fields(order[o.name]), e.Name.Local)
				if at < o.at {
					t.Errorf("%s may not stand here in %s", e.Name.Local, o.name)
				}
				o.at = at
			}
			around = append(around, open{name: e.Name.Local})
			for _, a := range e.Attr {
				if a.Name.Local != "timestamp" {
					continue
				}
				if _, err := time.Parse("2006-01-02T15:04:05", a.Value); err != nil {
					t.Error(err)
				}
			}
		case xml.EndElement:
			around = around[:len(around)-1]
		}
	}
	if len(around) > 0 {
		t.Errorf("%v has no end", around)
	}
}

// Whatever an expression is, a text for it is made within bounds, or none is.
func FuzzMatching(f *testing.F) {
	for _, p := range []string{
		"^a+$", "[^a-z]{3}", "(a|b)*", `\d{1000}`, "(", "(((a{9}){9}){9}){9}",
	} {
		f.Add(p, 3)
	}
	f.Fuzz(func(t *testing.T, pattern string, least int) {
		if s, ok := matching(pattern, min(max(least, 0), 100)); ok && len(s) > 2*mostBytes {
			t.Errorf("%d bytes", len(s))
		}
	})
}
