package drafttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// A Request is sent to the other product and to the edge.
type Request struct {
	Listener string // where, as Differential.Ports has it
	Method   string
	Host     string
	Target   string
	Fields   []string // lines of header fields
	Body     string
}

func (r Request) String() string {
	return r.Method + " http://" + r.Host + r.Target + " to " + r.Listener + " " +
		strings.Join(r.Fields, ", ")
}

// wire is the request as it is sent.
func (r Request) wire() string {
	lines := append([]string{r.Method + " " + r.Target + " HTTP/1.1", "Host: " + r.Host},
		r.Fields...)
	if r.Body != "" {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(r.Body)))
	}
	return strings.Join(append(lines, "Connection: close", "", r.Body), "\r\n")
}

// seen is what an endpoint saw of a request, and what it answers with.
type seen struct {
	Endpoint string
	Method   string
	Target   string
	Host     string
	Fields   map[string]string
	Body     string
}

// An Excuse says which difference a note of the list is for.
type Excuse struct {
	// Note is part of a note that has to be in the list.
	Note string
	// Of is which requests, Kind which part: status, location, endpoint, target, fields, body or
	// answer (a field of the response).
	Of   func(Request) bool
	Kind string
}

// Differential compares another product with the edge.
type Differential struct {
	// Own are the fields that both write for themselves.
	Own []string
	// Answers are the fields of responses that are compared, beside Location and Content-Type.
	Answers []string
	Excuses []Excuse
	Notes   []draft.Note
	// Product and Edge are addresses by the name of the listener.
	Product, Edge map[string]string
}

// Endpoints starts endpoints that answer with what they saw, and returns their addresses.
func Endpoints(t *testing.T, n int) []string {
	t.Helper()
	var all []string
	for i := range n {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
			fields := map[string]string{}
			for name, values := range r.Header {
				fields[name] = strings.Join(values, ", ")
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Powered-By", "endpoint")
			w.Header().Set("X-Endpoint", strconv.Itoa(i))
			if status, err := strconv.Atoi(r.URL.Query().Get("status")); err == nil &&
				status >= 200 && status < 600 {
				w.WriteHeader(status)
			}
			_ = json.NewEncoder(w).Encode(seen{
				strconv.Itoa(i), r.Method, r.RequestURI, r.Host, fields, string(body),
			})
		}))
		t.Cleanup(s.Close)
		all = append(all, s.Listener.Addr().String())
	}
	return all
}

// FreePorts returns addresses on loopback that nothing listens on.
func FreePorts(t *testing.T, n int) []string {
	t.Helper()
	var all []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		all = append(all, l.Addr().String())
	}
	return all
}

// answer is what a client gets, in the form that is compared.
func (d *Differential) answer(t *testing.T, to map[string]string, r Request) map[string]string {
	t.Helper()
	c := testkit.Dial(t, to[r.Listener])
	defer c.Close()
	if err := c.Send(r.wire()); err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	response, err := c.Response(r.Method)
	if errors.Is(err, io.EOF) {
		return map[string]string{"status": "closed"}
	} else if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	got := map[string]string{"status": strconv.Itoa(response.Status)}
	location := response.Fields.Get("Location")
	for name, address := range to {
		_, port, _ := net.SplitHostPort(address)
		location = strings.ReplaceAll(location, ":"+port, ":"+name)
	}
	if strings.HasPrefix(location, "/") { // which clients take as one of the same host
		location = "http://" + r.Host + ":" + r.Listener + location
	}
	got["location"] = strings.TrimSuffix(location, "/")
	for _, name := range d.Answers {
		got["answer "+name] = strings.Join(response.Fields.Values(name), ", ")
	}
	var at seen
	if response.Fields.Get("X-Endpoint") != "" {
		if r.Method == http.MethodHead {
			got["endpoint"] = response.Fields.Get("X-Endpoint")
			return got
		}
		if err := json.Unmarshal(response.Body, &at); err != nil {
			t.Fatalf("%s: %v in %q", r, err, response.Body)
		}
		got["endpoint"] = at.Endpoint
		got["target"] = at.Method + " " + at.Target
		for _, own := range d.Own {
			delete(at.Fields, own)
		}
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(at.Fields)) {
			fields = append(fields, name+": "+at.Fields[name])
		}
		got["fields"] = "Host: " + at.Host + "\n" + strings.Join(fields, "\n")
		got["body"] = at.Body
		return got
	}
	if response.Status < 300 || response.Status >= 500 && response.Fields.Get("X-Body") != "" {
		got["body"] = string(response.Body)
		got["answer Content-Type"] = response.Fields.Get("Content-Type")
	}
	return got
}

// Run sends all requests to both and compares. Every difference needs an excuse whose note is in
// the list, and every excuse has to be needed.
func (d *Differential) Run(t *testing.T, requests []Request) {
	t.Helper()
	used := make([]int, len(d.Excuses))
	differences := 0
	for _, r := range requests {
		want, got := d.answer(t, d.Product, r), d.answer(t, d.Edge, r)
		keys := map[string]bool{}
		for k := range want {
			keys[k] = true
		}
		for k := range got {
			keys[k] = true
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if want[key] == got[key] {
				continue
			}
			i := slices.IndexFunc(d.Excuses, func(e Excuse) bool {
				return (e.Kind == "" || e.Kind == key) && e.Of(r) && d.noted(e.Note)
			})
			if i >= 0 {
				used[i]++
				continue
			}
			if differences++; differences <= 40 {
				t.Errorf("%s: %s is\n  %q, and of the other product\n  %q", r, key, got[key],
					want[key])
			}
		}
	}
	for i, e := range d.Excuses {
		if used[i] == 0 {
			t.Errorf("nothing needs the excuse %q (in the list: %v)", e.Note, d.noted(e.Note))
		}
	}
	t.Log(fmt.Sprintf("%d requests, %d differences without an excuse", len(requests), differences))
}

func (d *Differential) noted(part string) bool {
	return slices.ContainsFunc(d.Notes, func(n draft.Note) bool {
		return strings.Contains(n.String(), part)
	})
}
