package access_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// keyed is an entry of a file of keys.
func keyed(id, key, more string) string {
	return fmt.Sprintf("- {id: %s, sha256: %x%s}\n", id, sha256.Sum256([]byte(key)), more)
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	f := start(t, configuration(a, `[
  {name: header, cluster: app, auth: {api_key: header},
   headers: {request: {set: {X-Partner: "{auth.subject}"}}}},
  {name: query, path_prefix: /query, cluster: app, auth: {api_key: query}},
  {name: cookie, path_prefix: /cookie, cluster: app, auth: {api_key: cookie}},
  {name: kept, path_prefix: /kept, cluster: app, auth: {api_key: kept}},
  {name: write, path_prefix: /write, cluster: app, auth: {api_key: header, scopes: [write]}},
  {name: roles, path_prefix: /roles, cluster: app, auth: {api_key: header, roles: [ops, dev]}}]`,
		`{api_keys: [{name: header, file: keys.yaml}, {name: query, in: "query:key", file: keys.yaml},
  {name: cookie, in: "cookie:key", file: keys.yaml},
  {name: kept, keep: true, file: keys.yaml}]}`),
		map[string]string{"keys.yaml": "keys:\n" + keyed("a", "planted-one", ", scopes: [read]") +
			keyed("b", "planted-two", ", scopes: [read, write], roles: [dev]") +
			keyed("old", "planted-old", ", expires: 2020-01-01")})
	testkit.Eventually(t, "it warns of the key that has expired", func() bool {
		return strings.Contains(f.Stderr(), "W_KEY_EXPIRES")
	})
	f.each(t, func(t *testing.T, c *asker) {
		for _, lines := range [][]string{
			nil, {"X-Api-Key: planted"}, {"X-Api-Key: planted-old"},
			{"X-Api-Key: planted-one", "X-Api-Key: planted-one"}, {"Cookie: key=planted-one"},
		} {
			if r := c.is(t, 401, "/?key=planted-one", lines...); r.Header.Get(
				"WWW-Authenticate") == "" {
				t.Errorf("%q: 401 without a challenge", lines)
			}
		}
		c.is(t, 200, "/", "X-Api-Key: planted-one", "X-Partner: forged", "Cookie: a=b")
		s := a.last(t)
		if s.header.Get("X-Api-Key") != "" || s.header.Get("X-Partner") != "a" ||
			s.header.Get("Cookie") != "a=b" {
			t.Errorf("the app gets %v", s.header)
		}
		c.is(t, 200, "/query/x?a=1&key=planted-one&b=%2f", "X-Api-Key: other")
		if s := a.last(t); s.target != "/query/x?a=1&b=%2f" {
			t.Errorf("the app is asked for %s", s.target)
		}
		c.is(t, 401, "/query?key=planted-one&key=planted-one")
		c.is(t, 200, "/cookie", "Cookie: a=b; key=planted-one; c=d")
		if s := a.last(t); s.header.Get("Cookie") != "a=b; c=d" {
			t.Errorf("the app gets the cookies %q", s.header.Get("Cookie"))
		}
		c.is(t, 200, "/kept", "X-Api-Key: planted-one")
		if s := a.last(t); s.header.Get("X-Api-Key") != "planted-one" {
			t.Errorf("the app gets %v", s.header)
		}
		c.is(t, 403, "/write", "X-Api-Key: planted-one")
		c.is(t, 200, "/write", "X-Api-Key: planted-two")
		c.is(t, 403, "/roles", "X-Api-Key: planted-one")
		c.is(t, 200, "/roles", "X-Api-Key: planted-two")
	})
	if out := f.Stdout() + f.Stderr(); strings.Contains(out, "planted-") {
		t.Error("the edge shows a key")
	}
}

func TestTheFileOfKeysIsReadAnew(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	f := start(t, configuration(a, `[{name: in, cluster: app, auth: {api_key: keys}}]`,
		`{api_keys: [{name: keys, file: keys.yaml}]}`),
		map[string]string{"keys.yaml": keyed("a", "one", "")})
	c := f.client(t, "HTTP/2")
	c.is(t, 200, "/", "X-Api-Key: one")
	f.put(t, "keys.yaml", keyed("b", "two", ""))
	testkit.Eventually(t, "the new file counts", func() bool {
		r, _ := c.ask(t, "/", "X-Api-Key: two")
		return r.StatusCode == 200
	})
	c.is(t, 401, "/", "X-Api-Key: one")
	f.put(t, "keys.yaml", keyed("b", "two", "")+"- {id: c, key: three}\n")
	testkit.Eventually(t, "a warning", func() bool {
		return strings.Contains(f.Stderr(), "keys.yaml:2:") &&
			strings.Contains(f.Stderr(), "the keys that were read before stay")
	})
	c.is(t, 200, "/", "X-Api-Key: two")
}
