package oauth2proxy_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A site is the edge with an application behind it, and oauth2-proxy that says who may see it.
type site struct {
	edge     *testkit.Process
	provider *httptest.Server
	base     string // of the edge
	log      *bytes.Buffer
}

// configuration is that of docs/forward-auth.md, with a second route for programs, and others for
// what the sign-in is made of.
const configuration = `
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - {name: app, endpoints: [{address: "APP"}]}
  - {name: oauth2-proxy, endpoints: [{address: "PROXY"}]}
routes:
  - {name: sign-in, path_prefix: /oauth2, cluster: oauth2-proxy}
  - {name: app, cluster: app, auth: {forward: sso}}
  - {name: api, path_prefix: /api, cluster: app, auth: {forward: api}}
  - {name: kept, path_prefix: /kept, cluster: app, auth: {forward: kept}}
auth:
  forward:
    - name: sso
      url: "http://PROXY/"
      pass: [Cookie, Accept, Authorization]
      copy: [X-Auth-Request-User, X-Auth-Request-Email, X-Auth-Request-Groups]
      copy_to_client: [Set-Cookie]
      subject: X-Auth-Request-User
      roles: X-Auth-Request-Groups
    - name: api
      url: "http://PROXY/oauth2/auth"
      pass: [Cookie, Authorization]
      copy: [X-Auth-Request-User, X-Auth-Request-Email]
    - name: kept
      url: "http://PROXY/oauth2/auth"
      pass: [Cookie, Authorization]
      copy: [X-Auth-Request-User]
      cache: {key: ["cookie:_oauth2_proxy", Authorization], ttl: 1h}
admin: {address: "127.0.0.1:0"}
`

// start runs a site. more are flags of oauth2-proxy.
func start(t *testing.T, more ...string) *site {
	t.Helper()
	program, err := exec.LookPath("oauth2-proxy")
	if err != nil {
		words := "oauth2-proxy is not on PATH; install it: " +
			"tools/conformance/oauth2proxy/install.sh"
		if os.Getenv("CI") != "" {
			t.Fatal(words)
		}
		t.Skip(words)
	}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s\n", r.RequestURI)
		_ = r.Header.Write(w)
	}))
	t.Cleanup(app.Close)
	// It gets its socket from here, so that no address is in use already.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &site{log: new(bytes.Buffer)}
	s.edge = testkit.StartEdge(t, strings.NewReplacer(
		"APP", app.Listener.Addr().String(), "PROXY", l.Addr().String()).Replace(configuration))
	s.base = "http://" + s.edge.Addr("public")
	s.provider = newProvider(t, s.base+"/oauth2/callback")
	s.run(t, program, l, more)
	return s
}

// run runs oauth2-proxy on a socket, as systemd would (sd_listen_fds(3)).
func (s *site) run(t *testing.T, program string, l net.Listener, more []string) {
	t.Helper()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	hash, err := bcrypt.GenerateFromPassword([]byte("open sesame"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(users, []byte("ali:"+string(hash)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/bin/sh", append([]string{
		"-c", `LISTEN_PID=$$ exec "$0" "$@"`, program, "--http-address=fd:3",
		"--reverse-proxy=true", "--set-xauthrequest=true", "--upstream=static://202",
		"--redirect-url=" + s.base + "/oauth2/callback", "--provider=oidc",
		"--oidc-issuer-url=" + s.provider.URL, "--client-id=" + clientID,
		"--client-secret=" + clientSecret, "--scope=openid email profile",
		"--code-challenge-method=S256", "--cookie-secret=0123456789abcdef0123456789abcdef",
		"--cookie-secure=false", "--email-domain=*", "--htpasswd-file=" + users,
		"--whitelist-domain=127.0.0.1:*",
	}, more...)...)
	c.Env = append(os.Environ(), "LISTEN_FDS=1", "NO_PROXY=*", "no_proxy=*")
	c.ExtraFiles = []*os.File{socket}
	c.Stdout, c.Stderr = s.log, s.log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("oauth2-proxy says:\n%s", s.log)
		}
	})
}

// A browser keeps cookies, and follows no redirect unless it is told to.
type browser struct {
	*http.Client
	t *testing.T
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &browser{t: t, Client: &http.Client{
		Transport: tr, Jar: jar, Timeout: testkit.Deadline,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

// page is what a browser gets.
type page struct {
	*http.Response
	body string
}

// get fetches a page, with fields: a name, and its value.
func (b *browser) get(at string, fields ...string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, at, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return b.do(r)
}

// post sends a form.
func (b *browser) post(at string, form url.Values) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, at,
		strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{resp, string(body)}
}

// follow follows redirects until there is a page.
func (b *browser) follow(p page) page {
	b.t.Helper()
	for range 10 {
		to, err := p.Location()
		if err != nil {
			return p
		}
		p = b.get(to.String())
	}
	b.t.Fatalf("it goes on and on: %s", p.Header.Get("Location"))
	return p
}
