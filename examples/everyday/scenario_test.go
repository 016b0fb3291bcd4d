// Package everyday_test does what this folder's README does, step by step, so that the README
// stays true.
package everyday_test

import (
	"compress/gzip"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/access"
	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/examples/talk"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// site is the gateway of this folder, with its apps behind it.
type site struct {
	*exampletest.Edge
	client *http.Client
	api    *httptest.Server
}

// app answers with its name and the path that it sees; its texts are long enough to compress.
func app(t *testing.T, name string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, name+" "+r.URL.Path+strings.Repeat("\nand so on", 500))
	}))
	t.Cleanup(s.Close)
	return s
}

func start(t *testing.T) *site {
	t.Helper()
	authority := testkit.NewAuthority(t)
	certs := t.TempDir()
	authority.Leaf(t, nil, "localhost", "127.0.0.1").Write(t, certs, "server")
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{api: app(t, "api")}
	chat := httptest.NewServer(talk.Chat())
	t.Cleanup(chat.Close)
	address := func(h *httptest.Server) string { return strings.TrimPrefix(h.URL, "http://") }
	s.Edge = exampletest.Start(t, map[string]string{
		"127.0.0.1:8443": "127.0.0.1:0",
		"127.0.0.1:9001": address(app(t, "one")), "127.0.0.1:9002": address(app(t, "two")),
		"127.0.0.1:9003": address(s.api), "127.0.0.1:9004": address(chat),
		"certs/": certs + "/", "pages/": here + "/pages/",
		"file: jwks.json":      "file: " + here + "/jwks.json",
		"file: users.htpasswd": "file: " + here + "/users.htpasswd",
	})
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: authority.Pool(), ServerName: "localhost"},
		DisableCompression: true, ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &http.Client{
		Timeout: testkit.Deadline, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	return s
}

// ask sends a request to a listener; headers are names and values by turns.
func (s *site) ask(t *testing.T, method, url string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := io.Reader(resp.Body)
	if resp.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func TestEveryday(t *testing.T) {
	s := start(t)
	secure := "https://" + s.Addr("secure")

	r, _ := s.ask(t, "GET", "http://"+s.Addr("plain")+"/shop/cart?a=b")
	if to := r.Header.Get("Location"); r.StatusCode != 301 ||
		!strings.HasSuffix(to, ":8443/shop/cart?a=b") || !strings.HasPrefix(to, "https://") {
		t.Errorf("over HTTP: %d, to %q", r.StatusCode, to)
	}

	r, body := s.ask(t, "GET", secure+"/shop/cart")
	who, _, _ := strings.Cut(body, " ")
	cookie := r.Header.Get("Set-Cookie")
	if r.StatusCode != 200 || !strings.HasPrefix(body, who+" /cart") ||
		!strings.HasPrefix(cookie, "gw=") || !strings.Contains(cookie, "Secure") {
		t.Errorf("the shop: %d %q, cookie %q", r.StatusCode, body[:20], cookie)
	}
	value, _, _ := strings.Cut(cookie, ";")
	for range 6 {
		if _, body := s.ask(t, "GET", secure+"/shop/cart", "Cookie", value); !strings.HasPrefix(
			body, who+" ") {
			t.Errorf("with the cookie of %s it is %q", who, body[:20])
		}
	}

	r, _ = s.ask(t, "OPTIONS", secure+"/api/users", "Origin", "https://app.example.com",
		"Access-Control-Request-Method", "PUT")
	if r.StatusCode != 204 ||
		r.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("what browsers ask first: %d %v", r.StatusCode, r.Header)
	}

	const token = "Bearer " + access.Token
	r, body = s.ask(t, "GET", secure+"/api/users")
	if r.StatusCode != 401 || r.Header.Get("WWW-Authenticate") != `Bearer realm="main"` {
		t.Errorf("the API without a token: %d %v %q", r.StatusCode, r.Header, body)
	}
	r, body = s.ask(t, "GET", secure+"/api/users", "Accept-Encoding", "gzip",
		"Authorization", token)
	if r.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(body, "api /api/users") {
		t.Errorf("compressed: %v %q", r.Header, body[:20])
	}
	if left := r.Header.Get("RateLimit"); !strings.HasPrefix(left, `"default";r=9`) ||
		r.Header.Get("RateLimit-Policy") != `"default";q=50;w=1` {
		t.Errorf("the limit of the API: %v", r.Header)
	}

	r, body = s.ask(t, "GET", secure+"/shop/old/1", "Accept", "text/html")
	if r.StatusCode != 503 || r.Header.Get("Retry-After") != "600" ||
		!strings.Contains(body, "is being painted") {
		t.Errorf("maintenance: %d %v %q", r.StatusCode, r.Header, body)
	}

	s.api.Close()
	r, body = s.ask(t, "GET", secure+"/api/users", "Accept", "text/html",
		"Authorization", token)
	if r.StatusCode != 502 || !strings.Contains(body, "<h1>Bad Gateway</h1>") {
		t.Errorf("without the API: %d %q", r.StatusCode, body)
	}
	r, body = s.ask(t, "GET", secure+"/api/users", "Authorization", token)
	if r.StatusCode != 502 || !strings.HasPrefix(body, "{") {
		t.Errorf("without the API, a program gets %d %q", r.StatusCode, body)
	}
}

func TestEverydayPasswords(t *testing.T) {
	s := start(t)
	url := "https://" + s.Addr("secure") + "/staff"
	for _, tc := range []struct {
		credentials string
		status      int
	}{{"", 401}, {"Basic YW5hOndyb25n", 401}, {"Basic YW5hOm15UGFzc3dvcmQ=", 200}} {
		r, body := s.ask(t, "GET", url, "Authorization", tc.credentials)
		challenge := r.Header.Get("WWW-Authenticate")
		if r.StatusCode != tc.status || (tc.status == 401) != (challenge ==
			`Basic realm="staff", charset="UTF-8"`) {
			t.Errorf("%q: %d %v %q", tc.credentials, r.StatusCode, r.Header, body)
		}
	}
}

// The point of this example is how little it takes.
func TestEverydayIsShort(t *testing.T) {
	b, err := os.ReadFile("gateway.yaml")
	if n := strings.Count(string(b), "\n"); err != nil || n > 40 {
		t.Errorf("gateway.yaml has %d lines (%v)", n, err)
	}
}

func TestEverydayWebSocket(t *testing.T) {
	s := start(t)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", "https://"+s.Addr("secure")+"/chat", nil)
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
	s.client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	s.client.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"http/1.1"}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 101 ||
		resp.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}
