package oauth2proxy_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// wants looks at the status of a page, and at what is in its body.
func (p page) wants(t *testing.T, status int, has ...string) {
	t.Helper()
	if p.StatusCode != status {
		t.Errorf("%s: %s, want %d: %s", p.Request.URL, p.Status, status, p.body)
	}
	for _, s := range has {
		if !strings.Contains(p.body, s) {
			t.Errorf("%s has no %q:\n%s", p.Request.URL, s, p.body)
		}
	}
}

// Somebody without a session is sent to the provider, comes back from there, and sees the page that
// was asked for. The application is told who it is.
func TestSigningIn(t *testing.T) {
	t.Parallel()
	s := start(t, "--skip-provider-button=true")
	b := newBrowser(t)
	p := b.get(s.base+"/page?a=b", "Accept", "text/html")
	p.wants(t, http.StatusFound)
	to, err := p.Location()
	if err != nil || !strings.HasPrefix(to.String(), s.provider.URL+"/authorize?") ||
		to.Query().Get("redirect_uri") != s.base+"/oauth2/callback" {
		t.Fatalf("it is sent to %v: %v", to, err)
	}
	if len(p.Cookies()) == 0 {
		t.Fatalf("the cookie of the sign-in is lost: %v", p.Header)
	}
	login := b.follow(p)
	login.wants(t, http.StatusOK)
	at := s.provider.URL + "/login/username"
	form := url.Values{
		"authRequestID": {login.Request.URL.Query().Get("authRequestID")}, "user": {user},
		"password": {"guessed"},
	}
	b.post(at, form).wants(t, http.StatusUnauthorized)
	newBrowser(t).get(s.base+"/page").wants(t, http.StatusFound)
	form.Set("password", password)
	last := b.follow(b.post(at, form))
	last.wants(t, http.StatusOK, "/page?a=b\n", "X-Auth-Request-Email: "+email+"\r\n")
	if strings.Contains(last.body, "X-Auth-Request-User: \r\n") ||
		!strings.Contains(last.body, "X-Auth-Request-User: ") {
		t.Errorf("the application is not told who it is:\n%s", last.body)
	}
	for _, path := range []string{"/api", "/kept"} {
		b.get(s.base+path, "X-Auth-Request-User", "root").wants(t, http.StatusOK,
			"X-Auth-Request-User: ")
	}
	if p := b.get(s.base+"/api", "X-Auth-Request-User", "root", "X_Auth_Request_User",
		"root"); strings.Contains(p.body, "root") {
		t.Errorf("a client says itself who it is:\n%s", p.body)
	}
	b.follow(b.get(s.base + "/oauth2/sign_out"))
	b.get(s.base+"/page").wants(t, http.StatusFound)
	b.get(s.base+"/api").wants(t, http.StatusUnauthorized)
}

// Programs get 401, and browsers the page of oauth2-proxy where no provider is skipped to.
func TestNobodyIsSignedIn(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := newBrowser(t)
	b.get(s.base+"/page", "Accept", "text/html").wants(t, http.StatusForbidden, "<form")
	for _, path := range []string{"/api", "/kept"} {
		for name, cookie := range map[string]string{
			"none": "", "another": "a=b", "made up": "_oauth2_proxy=made-up|1|sum",
			"empty": "_oauth2_proxy=",
		} {
			p := b.get(s.base+path, "Cookie", cookie)
			if p.StatusCode != http.StatusUnauthorized || strings.Contains(p.body, path+"\n") {
				t.Errorf("%s, cookie %s: %s %s", path, name, p.Status, p.body)
			}
		}
	}
}

// oauth2-proxy has users of its own too, whose passwords come by a form or by HTTP Basic.
func TestPasswords(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := newBrowser(t)
	form := url.Values{"username": {"ali"}, "password": {"guessed"}, "rd": {"/page"}}
	p := b.post(s.base+"/oauth2/sign_in", form)
	if p.StatusCode == http.StatusFound {
		t.Errorf("another password: %s", p.Status)
	}
	b.get(s.base+"/api").wants(t, http.StatusUnauthorized)
	form.Set("password", "open sesame")
	b.follow(b.post(s.base+"/oauth2/sign_in", form)).wants(t, http.StatusOK, "/page\n",
		"X-Auth-Request-User: ali\r\n")
	b.get(s.base+"/kept").wants(t, http.StatusOK, "X-Auth-Request-User: ali\r\n")
	for password, status := range map[string]int{
		"open sesame": http.StatusOK, "guessed": http.StatusUnauthorized,
		"": http.StatusUnauthorized,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/api", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("ali", password)
		newBrowser(t).do(r).wants(t, status)
	}
}
