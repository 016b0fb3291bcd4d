package demo_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/demo"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

func serve(method, target string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, body)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	demo.Handler().ServeHTTP(w, r)
	return w
}

func TestEveryOperationKeepsItsContract(t *testing.T) {
	d, err := openspectest.Parse(openspec.Demo)
	if err != nil {
		t.Fatal(err)
	}
	registered := demo.Operations()
	slices.Sort(registered)
	if described := d.Operations(); !slices.Equal(registered, described) {
		t.Errorf("the API has %q, its document %q", registered, described)
	}
	covered := map[string]bool{"POST /echo": true} // a test of its own
	for _, c := range []struct {
		operation, target string
		status            int
	}{
		{"GET /", "/", 200},
		{"GET /hello", "/hello", 200},
		{"GET /hello", "/hello?name=Ada%22%0a", 200},
		{"GET /hello", "/hello?name=" + strings.Repeat("x", 101), 400},
		{"GET /users", "/users", 200},
		{"GET /users/{id}", "/users/2", 200},
		{"GET /users/{id}", "/users/99", 404},
		{"GET /users/{id}", "/users/x", 404},
		{"GET /status/{code}", "/status/503", 503},
		{"GET /status/{code}", "/status/204", 204},
		{"GET /status/{code}", "/status/299", 299},
		{"GET /status/{code}", "/status/99", 404},
		{"GET /status/{code}", "/status/101", 404},
	} {
		covered[c.operation] = true
		w := serve("GET", c.target, nil)
		if w.Code != c.status {
			t.Errorf("GET %s: status %d, want %d", c.target, w.Code, c.status)
		}
		if err := d.Check(c.operation, w.Code, w.Header().Get("Content-Type"),
			w.Body.Bytes()); err != nil {
			t.Error(err)
		}
	}
	for _, op := range d.Operations() {
		if !covered[op] {
			t.Errorf("%s has no test", op)
		}
	}
}

func TestIndexShowsWhatTheGatewayAdded(t *testing.T) {
	w := serve("GET", "/", nil, "Via", "1.1 gateway", "X-Request-Id", "id-1", "Cookie", "secret")
	for _, want := range []string{
		`"Via":"1.1 gateway"`, `"X-Request-Id":"id-1"`, "through the gateway",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "secret") {
		t.Error("a field that the gateway did not add is shown")
	}
}

func TestUnknownPathsSayWhereToLook(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		if w := serve(method, "/nothing", nil); w.Code != 404 ||
			!strings.Contains(w.Body.String(), "GET / lists") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

func TestEchoStreams(t *testing.T) {
	s := httptest.NewServer(demo.Handler())
	defer s.Close()
	body, feed := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/echo", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/x-test")
	first := make(chan error, 1)
	go func() {
		_, err := feed.Write([]byte("first"))
		first <- err
	}()
	client := s.Client()
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != "first" ||
		<-first != nil {
		t.Fatalf("%q, %v", got, err)
	}
	large := bytes.Repeat([]byte("x"), 1<<20)
	go func() {
		_, err := feed.Write(large)
		feed.CloseWithError(err)
	}()
	rest, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(rest, large) {
		t.Errorf("%d bytes, %v", len(rest), err)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/x-test" {
		t.Errorf("Content-Type %q", got)
	}
	if !slices.Equal(resp.Header["X-Content-Type-Options"], []string{"nosniff"}) {
		t.Error("the echo can be sniffed")
	}
}

func TestEmptyEchoHasALength(t *testing.T) {
	w := serve("POST", "/echo", http.NoBody)
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "0" {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
}
