package access_test

import (
	"fmt"
	"slices"
	"testing"
)

// The first authenticator that accepts is enough; without one, the client learns of all.
func TestOneOfSeveralIsEnough(t *testing.T) {
	t.Parallel()
	a, sso := newApp(t, nil), newApp(t, signIn)
	f := start(t, configuration(a, `[
  {name: app, cluster: app, auth: {any_of: [{api_key: keys}, {basic: team}]},
   headers: {request: {set: {X-Who: "{auth.subject}"}}}},
  {name: api, path_prefix: /api, cluster: app,
   auth: {any_of: [{basic: team}, {forward: sso}, {api_key: keys}]}},
  {name: page, path_prefix: /page, cluster: app,
   auth: {any_of: [{basic: team}, {forward: sso}]}},
  {name: scoped, path_prefix: /scoped, cluster: app,
   auth: {any_of: [{api_key: keys, scopes: [read]}, {basic: team}]}},
  {name: all, path_prefix: /all, cluster: app,
   auth: {any_of: [{api_key: keys}, {forward: sso}], roles: [ops]}}]`,
		fmt.Sprintf(`{basic: [{name: team, realm: staff, file: users.htpasswd}],
  api_keys: [{name: keys, file: keys.yaml}],
  forward: [{name: sso, url: "http://%s/", pass: [Cookie], roles: X-Auth-Groups}]}`,
			sso.address)),
		map[string]string{"users.htpasswd": line(t, "ana", "secret"),
			"keys.yaml": keyed("one", "planted-one", "")})
	const users = `Basic realm="staff", charset="UTF-8"`
	f.each(t, func(t *testing.T, c *asker) {
		r := c.is(t, 401, "/")
		if got := r.Header.Values("WWW-Authenticate"); !slices.Equal(got,
			[]string{"ApiKey", users}) {
			t.Errorf("the challenges are %q", got)
		}
		who := func(want, target string, lines ...string) {
			t.Helper()
			c.is(t, 200, target, lines...)
			s := a.last(t)
			if got := s.header.Get("X-Who"); got != want || s.header.Get("X-Api-Key") != "" {
				t.Errorf("%s %q: the app gets %v", target, lines, s.header)
			}
		}
		who("one", "/", "X-Api-Key: planted-one")
		who("ana", "/", basic("ana:secret"))
		who("one", "/", "X-Api-Key: planted-one", basic("ana:secret"))
		who("ana", "/", "X-Api-Key: wrong", basic("ana:secret"))
		who("one", "/", "X-Api-Key: planted-one", basic("ana:wrong"))
		c.is(t, 401, "/", "X-Api-Key: wrong", basic("ana:wrong"))

		r = c.is(t, 401, "/api")
		got := r.Header.Values("WWW-Authenticate")
		slices.Sort(got)
		if !slices.Equal(got, []string{"ApiKey", users, `Bearer realm="sso"`}) {
			t.Errorf("the challenges are %q", got)
		}
		c.is(t, 200, "/api", "Cookie: session=good", basic("ana:wrong"))
		c.is(t, 302, "/page")
		c.is(t, 200, "/page", basic("ana:secret"))
		c.is(t, 403, "/scoped", "X-Api-Key: planted-one")
		c.is(t, 200, "/scoped", "X-Api-Key: planted-one", basic("ana:secret"))
		c.is(t, 403, "/all", "X-Api-Key: planted-one")
		c.is(t, 200, "/all", "X-Api-Key: planted-one", "Cookie: session=good")
	})
}
