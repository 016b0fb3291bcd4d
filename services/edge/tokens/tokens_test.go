package tokens_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const withKeys = `
auth:
  jwt:
    - name: main
      issuer: https://id.test
      audiences: [gateway]
      algorithms: [ES256]
      jwks: {url: "ISSUER/keys"}
    - name: everywhere
      issuer: https://id.test
      jwks: {url: "ISSUER/keys"}
      from: [header:Authorization, header:X-Token, cookie:access, query:access_token]
    - {name: kept, issuer: https://id.test, jwks: {url: "ISSUER/keys"}, keep: true}
routes:
  - {name: free, path_prefix: /free, cluster: echo}
  - name: main
    path_prefix: /main
    cluster: echo
    auth: {jwt: main}
    headers: {request: {set: {X-User: "{auth.subject}", X-Dept: "{auth.claim.dept}"}}}
  - {name: scoped, path_prefix: /scoped, cluster: echo, auth: {jwt: main, scopes: [read, admin]}}
  - {name: roles, path_prefix: /roles, cluster: echo, auth: {jwt: main, roles: [ops, dev]}}
  - {name: everywhere, path_prefix: /every, cluster: echo, auth: {jwt: everywhere}}
  - {name: kept, path_prefix: /kept, cluster: echo, auth: {jwt: kept}}
`

func TestWhoGetsIn(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	e := start(t, i.URL, withKeys)
	now := time.Now().Unix()
	fine := i.token(t, nil)
	cut := strings.LastIndexByte(fine, '.')
	for name, tc := range map[string]struct {
		target, token string
		status        int
		challenge     string
	}{
		"free":         {"/free", "", 200, ""},
		"no token":     {"/main", "", 401, `Bearer realm="main"`},
		"good":         {"/main", fine, 200, ""},
		"no signature": {"/main", fine[:cut+1], 401, "invalid_token"},
		"changed":      {"/main", fine[:cut-4] + "AAAA" + fine[cut:], 401, "invalid_token"},
		"garbage":      {"/main", "abc", 401, "invalid_token"},
		"alg none": {
			"/main", b64([]byte(`{"alg":"none"}`)) + fine[strings.IndexByte(fine, '.'):cut+1], 401,
			"invalid_token",
		},
		"expired": {"/main", i.token(t, map[string]any{"exp": now - 60}), 401,
			"invalid_token"},
		"within leeway": {"/main", i.token(t, map[string]any{"exp": now - 5}), 200, ""},
		"no exp":        {"/main", i.token(t, map[string]any{"exp": nil}), 401, "invalid_token"},
		"not yet": {"/main", i.token(t, map[string]any{"nbf": now + 99}), 401,
			"invalid_token"},
		"other issuer": {"/main", i.token(t, map[string]any{"iss": "https://x"}), 401,
			"invalid_token"},
		"other aud": {"/main", i.token(t, map[string]any{"aud": "x"}), 401, "invalid_token"},
		"list of auds": {"/main", i.token(t, map[string]any{"aud": []string{"x", "gateway"}}),
			200, ""},
		"crit": {"/main", i.sign(`{"alg":"ES256","kid":"KID","crit":["exp"]}`, "{}"), 401,
			"invalid_token"},
		"long": {"/main", i.token(t, map[string]any{"x": strings.Repeat("x", 17<<10)}),
			401, "invalid_token"},
		"a scope lacks": {
			"/scoped", fine, 403, `error="insufficient_scope", scope="read admin"`,
		},
		"the scopes are there": {
			"/scoped", i.token(t, map[string]any{"scp": []string{"admin"}}), 200, "",
		},
		"no role": {"/roles", fine, 403, "insufficient_scope"},
		"a role":  {"/roles", i.token(t, map[string]any{"roles": []string{"dev"}}), 200, ""},
		"keycloak": {"/roles", i.token(t,
			map[string]any{"realm_access": map[string]any{"roles": []string{"ops"}}}), 200, ""},
	} {
		var h http.Header
		if tc.token != "" {
			h = bearer(tc.token)
		}
		for range 2 {
			e.ask(t, tc.target, h, func(t *testing.T, r *http.Response, body string) {
				got := r.Header.Get("WWW-Authenticate")
				if r.StatusCode != tc.status || !strings.Contains(got, tc.challenge) ||
					name == "no token" && got != tc.challenge {
					t.Errorf("%s %s: %d %q, want %d %q", r.Proto, name, r.StatusCode, got,
						tc.status, tc.challenge)
				}
			})
		}
	}
	if n := i.fetches.Load(); n > 6 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestWhatEndpointsGet(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	e := start(t, i.URL, withKeys)
	token := i.token(t, map[string]any{"dept": "a\r\nX-Evil: 1"})
	plain := i.token(t, nil)
	for name, tc := range map[string]struct {
		target     string
		h          http.Header
		has, lacks []string
	}{
		"claims": {
			"/main", bearer(token),
			[]string{"X-User: alice\r\n", "X-Dept: a%0D%0AX-Evil: 1\r\n"},
			[]string{"Authorization", token},
		},
		"an absent claim": {
			"/main",
			http.Header{
				"Authorization": {"Bearer " + plain}, "X-Dept": {"boss"}, "X-User": {"root"},
			},
			[]string{"X-User: alice\r\n"}, []string{"boss", "root"},
		},
		"a field": {"/every", http.Header{"X-Token": {plain}}, nil, []string{plain}},
		"a cookie": {
			"/every", http.Header{"Cookie": {"a=b; access=" + plain + "; c=d"}},
			[]string{"Cookie: a=b; c=d\r\n"}, []string{plain},
		},
		"a parameter": {
			"/every?a=b&access_token=" + plain + "&c=d", nil,
			[]string{"/every?a=b&c=d\n"}, []string{plain},
		},
		"kept": {"/kept", bearer(plain), []string{"Authorization: Bearer " + plain}, nil},
	} {
		e.ask(t, tc.target, tc.h, func(t *testing.T, r *http.Response, body string) {
			if r.StatusCode != 200 {
				t.Errorf("%s: %d %s", name, r.StatusCode, body)
			}
			for _, s := range tc.has {
				if !strings.Contains(body, s) {
					t.Errorf("%s: the endpoint lacks %q:\n%s", name, s, body)
				}
			}
			for _, s := range tc.lacks {
				if strings.Contains(body, s) {
					t.Errorf("%s: the endpoint has %q:\n%s", name, s, body)
				}
			}
		})
	}
	// Tokens in two places are refused, whichever of them are good.
	for _, h := range []http.Header{
		{"Authorization": {"Bearer " + plain, "Bearer " + plain}},
		{"Authorization": {"Bearer " + plain, "Basic YTpi"}},
		{"Authorization": {"Bearer " + plain}, "Cookie": {"access=" + plain}},
		{"Cookie": {"access=" + plain + "; access=x"}},
	} {
		e.ask(t, "/every", h, func(t *testing.T, r *http.Response, body string) {
			if r.StatusCode != 400 || !strings.Contains(r.Header.Get("WWW-Authenticate"),
				`error="invalid_request"`) || !strings.Contains(body, "GW_BAD_REQUEST") {
				t.Errorf("%d %s", r.StatusCode, body)
			}
		})
	}
}

func TestKeysChange(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	e := start(t, i.URL, withKeys)
	old := i.token(t, nil)
	e.ask(t, "/main", bearer(old), wants(200))
	i.rotate(t, "two")
	fresh := i.token(t, nil)
	e.ask(t, "/main", bearer(fresh), wants(200)) // the key is fetched
	e.ask(t, "/main", bearer(old), wants(401))   // and what the old one signed is not remembered
	before := i.fetches.Load()
	for n := range 50 { // names that somebody makes up
		e.ask(t, "/main", bearer(i.sign(fmt.Sprintf(`{"alg":"ES256","kid":"x%d"}`, n),
			`{"iss":"https://id.test"}`)), wants(401))
	}
	if n := i.fetches.Load() - before; n > 5 {
		t.Errorf("the keys were fetched %d times", n)
	}
	i.Close()
	e.ask(t, "/main", bearer(i.token(t, nil)), wants(200)) // without the issuer
	changed := strings.Replace(e.config, "X-Dept", "X-Department", 1)
	e.Change(t, changed)
	e.ask(t, "/main", bearer(fresh), wants(200)) // also after a reload
}

func TestAnIssuerThatIsAway(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	address := i.Listener.Addr().String()
	i.Close()
	e := start(t, "http://"+address, withKeys)
	e.ask(t, "/free", nil, wants(200))
	e.ask(t, "/main", nil, wants(401)) // who has no token needs none of the issuer's keys
	e.ask(t, "/main", bearer(i.token(t, nil)), func(t *testing.T, r *http.Response, body string) {
		if r.StatusCode != 503 || !strings.Contains(body, "GW_AUTH_UNAVAILABLE") {
			t.Errorf("%d %s", r.StatusCode, body)
		}
	})
	testkit.Eventually(t, "the log and the access log say why", func() bool {
		return strings.Contains(e.Stderr(), "the keys of main can't be fetched") &&
			strings.Contains(e.Stdout(), "auth.jwt main: the keys of the issuer are not there")
	})
	back := newIssuer(t)
	e.Change(t, strings.ReplaceAll(e.config, "http://"+address, back.URL))
	e.ask(t, "/main", bearer(back.token(t, nil)), wants(200))
	metrics := e.Metrics(t)
	if metrics[`gateway_jwks_refreshes_total{issuer="main",result="ok"}`] < 1 {
		t.Errorf("the metrics do not count: %v", metrics)
	}
}

func TestKeysOfAFileChange(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	file := t.TempDir() + "/keys.json"
	write := func(text string) {
		t.Helper()
		if err := testkit.Replace(file, text); err != nil {
			t.Fatal(err)
		}
	}
	write(i.keys())
	e := start(t, i.URL, strings.ReplaceAll(withKeys, `url: "ISSUER/keys"`, "file: "+file))
	e.ask(t, "/main", bearer(i.token(t, nil)), wants(200))
	old := i.token(t, nil)
	i.rotate(t, "two")
	write(i.keys())
	fresh := i.token(t, nil)
	testkit.Eventually(t, "the new key counts", func() bool {
		ok := true
		e.ask(t, "/main", bearer(fresh), func(_ *testing.T, r *http.Response, _ string) {
			ok = ok && r.StatusCode == 200
		})
		return ok
	})
	e.ask(t, "/main", bearer(old), wants(401))
	write("{}")
	testkit.Eventually(t, "a file without keys is refused", func() bool {
		return strings.Contains(e.Stderr(), "has no keys")
	})
	e.ask(t, "/main", bearer(fresh), wants(200))
	if i.fetches.Load() != 0 {
		t.Error("keys were fetched")
	}
}
