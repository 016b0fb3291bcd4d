// Package tokens_test shows tokens to the real edge: auth.jwt with the keys of an issuer, and with
// a server that is asked about opaque ones.
package tokens_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// An issuer signs tokens by ES256, publishes its key, and answers questions about opaque tokens.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	id      string            // guarded by mu; of the key
	key     *ecdsa.PrivateKey // guarded by mu
	answers map[string]string // guarded by mu; by opaque token
	fetches atomic.Int32
	asked   atomic.Int32
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{answers: map[string]string{}}
	i.rotate(t, "one")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.fetches.Add(1)
		_, _ = io.WriteString(w, i.keys())
	})
	mux.HandleFunc("POST /ask", func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		if _, secret, _ := r.BasicAuth(); secret != "planted-secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		i.mu.Lock()
		answer, ok := i.answers[r.FormValue("token")]
		i.mu.Unlock()
		if !ok {
			answer = `{"active":false}`
		}
		_, _ = io.WriteString(w, answer)
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

// rotate gives the issuer another key.
func (i *issuer) rotate(t *testing.T, id string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.id, i.key = id, key
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// keys are the public ones, as a JSON Web Key Set.
func (i *issuer) keys() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	point, err := i.key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":%q,"use":"sig","x":%q,"y":%q}]}`,
		i.id, b64(point[1:33]), b64(point[33:]))
}

// sign makes a token of a header, in which KID stands for the key's, and claims.
func (i *issuer) sign(header, claims string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	header = strings.ReplaceAll(header, "KID", i.id)
	text := b64([]byte(header)) + "." + b64([]byte(claims))
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, sum[:])
	if err != nil {
		panic(err)
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + b64(signature[:])
}

const header = `{"alg":"ES256","kid":"KID"}`

// token is a good token with more claims, or others in the place of its own.
func (i *issuer) token(t testing.TB, claims map[string]any) string {
	t.Helper()
	all := map[string]any{
		"iss": "https://id.test", "aud": "gateway", "sub": "alice",
		"exp": time.Now().Add(time.Hour).Unix(), "scope": "read write",
	}
	for name, v := range claims {
		if all[name] = v; v == nil {
			delete(all, name)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return i.sign(header, string(text))
}

// An edge is one with the routes of a test, and an endpoint that tells what it got.
type edge struct {
	*edgetest.Reloadable
	clients map[string]*http.Client
	config  string
}

// start runs an edge. The text has auth: and routes:, ISSUER is the issuer's address.
func start(t *testing.T, issuer, text string) *edge {
	t.Helper()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Got", r.Method)
		_, _ = fmt.Fprintf(w, "%s\n", r.RequestURI)
		_ = r.Header.Write(w)
	}))
	t.Cleanup(echo.Close)
	dir := t.TempDir()
	authority := testkit.NewAuthority(t)
	authority.Leaf(t, nil, "127.0.0.1", "localhost").Write(t, dir, "server")
	config := strings.NewReplacer("ISSUER", issuer, "ENDPOINT", echo.Listener.Addr().String(),
		"DIR", dir).Replace(`
version: 1
listeners:
  - {name: plain, address: 127.0.0.1:0, protocol: http}
  - {name: secure, address: 127.0.0.1:0, protocol: http,
     tls: {certificates: [{cert: server.pem, key: server.key}]}}
clusters:
  - {name: echo, endpoints: [{address: ENDPOINT}]}
admin: {address: 127.0.0.1:0}
` + text)
	if _, err := os.Stat(filepath.Join(dir, "server.pem")); err != nil {
		t.Fatal(err)
	}
	e := &edge{Reloadable: edgetest.StartReloadableIn(t, dir, config), config: config}
	tlsConf := &tls.Config{RootCAs: authority.Pool()}
	secure := &http.Transport{TLSClientConfig: tlsConf, ForceAttemptHTTP2: true}
	plain := &http.Transport{}
	t.Cleanup(secure.CloseIdleConnections)
	t.Cleanup(plain.CloseIdleConnections)
	e.clients = map[string]*http.Client{
		"http://" + e.Addr("plain"):   {Transport: plain, Timeout: testkit.Deadline},
		"https://" + e.Addr("secure"): {Transport: secure, Timeout: testkit.Deadline},
	}
	return e
}

// ask sends a request over HTTP/1.1 and over HTTP/2, and has look see both answers.
func (e *edge) ask(
	t *testing.T, target string, h http.Header, look func(t *testing.T, r *http.Response,
		body string),
) {
	t.Helper()
	for base, c := range e.clients {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = h.Clone()
		if r.Header == nil {
			r.Header = http.Header{}
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		look(t, resp, string(body))
	}
}

// bearer is the field of a token.
func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// wants looks at the status alone.
func wants(status int) func(*testing.T, *http.Response, string) {
	return func(t *testing.T, r *http.Response, body string) {
		t.Helper()
		if r.StatusCode != status {
			t.Errorf("%s %s: %d, want %d: %s", r.Proto, r.Request.URL.Path, r.StatusCode, status,
				body)
		}
	}
}
