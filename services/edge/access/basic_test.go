package access_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func basic(credentials string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

// line is a user of a file, with the least cost.
func line(t *testing.T, name, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return name + ":" + string(h) + "\n"
}

const team = `{basic: [{name: team, realm: staff, file: users.htpasswd}]}`

func TestUsersWithPasswords(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	f := start(t, configuration(a, `[
  {name: in, cluster: app, auth: {basic: team},
   headers: {request: {set: {X-User: "{auth.subject}"}}}},
  {name: open, path_prefix: /open, cluster: app}]`, team),
		map[string]string{"users.htpasswd": line(t, "ana", "secret") + line(t, "ö b", "pä:ss")})
	f.each(t, func(t *testing.T, c *asker) {
		c.is(t, 200, "/open")
		for _, wrong := range []string{
			"", basic("ana:wrong"), basic("nobody:secret"), basic("ana:"), basic(":secret"),
			"Authorization: Basic", "Authorization: Basic YW5h", "Authorization: Bearer secret",
			"X-Authorization: x",
		} {
			lines := []string{"X-Any: x"}
			if wrong != "" {
				lines = append(lines, wrong)
			}
			before := a.count()
			for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS"} {
				r := c.is(t, 401, method+" /", lines...)
				if got := r.Header.Values("WWW-Authenticate"); len(got) != 1 ||
					got[0] != `Basic realm="staff", charset="UTF-8"` {
					t.Errorf("%s with %q: the challenge is %q", method, wrong, got)
				}
			}
			if a.count() != before {
				t.Errorf("%q reaches the app", wrong)
			}
		}
		c.is(t, 401, "/", basic("ana:secret"), basic("ana:secret"))
		c.is(t, 200, "/", basic("ana:secret"), "X-User: forged")
		s := a.last(t)
		if got := s.header["X-User"]; len(got) != 1 || got[0] != "ana" {
			t.Errorf("the app gets the user %q", got)
		}
		if s.header.Get("Authorization") != "" {
			t.Error("the app gets the password")
		}
		c.is(t, 200, "/", basic("ö b:pä:ss"))
	})
	for _, bad := range []string{
		"secret", base64.StdEncoding.EncodeToString([]byte("ana:secret")),
	} {
		if out := f.Stdout() + f.Stderr(); strings.Contains(out, bad) {
			t.Errorf("the edge shows %q", bad)
		}
	}
}

// A changed file is taken up; one that can't be used leaves the users of before, with a warning.
func TestTheFileOfUsersIsReadAnew(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	f := start(t, configuration(a, `[{name: in, cluster: app, auth: {basic: team}}]`, team),
		map[string]string{"users.htpasswd": line(t, "ana", "secret")})
	c := f.client(t, "HTTP/1.1")
	c.is(t, 200, "/", basic("ana:secret"))
	f.put(t, "users.htpasswd", line(t, "ana", "other")+line(t, "bob", "secret"))
	testkit.Eventually(t, "the new file counts", func() bool {
		r, _ := c.ask(t, "/", basic("bob:secret"))
		return r.StatusCode == 200
	})
	c.is(t, 401, "/", basic("ana:secret"))
	c.is(t, 200, "/", basic("ana:other"))

	f.put(t, "users.htpasswd", "ana:$apr1$x$y\n")
	testkit.Eventually(t, "a warning", func() bool {
		return strings.Contains(f.Stderr(), "users.htpasswd:1:") &&
			strings.Contains(f.Stderr(), "the users that were read before stay")
	})
	c.is(t, 200, "/", basic("ana:other"))
	f.put(t, "users.htpasswd", line(t, "ana", "third"))
	testkit.Eventually(t, "the mended file counts", func() bool {
		r, _ := c.ask(t, "/", basic("ana:third"))
		return r.StatusCode == 200
	})
}

// Without a file that can be used the edge starts all the same, and lets nobody in.
func TestAnEdgeStartsWithoutItsUsers(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	f := start(t, configuration(a, `[{name: in, cluster: app, auth: {basic: team}},
  {name: open, path_prefix: /open, cluster: app}]`, team), nil)
	c := f.client(t, "HTTP/1.1")
	c.is(t, 200, "/open")
	c.is(t, 401, "/")
	if r, body := c.ask(t, "/", basic("ana:secret")); r.StatusCode != 503 ||
		!strings.Contains(body, "GW_AUTH_UNAVAILABLE") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	f.put(t, "users.htpasswd", line(t, "ana", "secret"))
	testkit.Eventually(t, "the file is taken up", func() bool {
		r, _ := c.ask(t, "/", basic("ana:secret"))
		return r.StatusCode == 200
	})
}

// Wrong passwords of one client are few; who is known is let in meanwhile.
func TestAFloodOfWrongPasswords(t *testing.T) {
	t.Parallel()
	a := newApp(t, nil)
	f := start(t, configuration(a, `[{name: in, cluster: app, auth: {basic: team}}]`, team),
		map[string]string{"users.htpasswd": line(t, "ana", "secret")})
	c := f.client(t, "HTTP/2")
	c.is(t, 200, "/", basic("ana:secret"))
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for i := range 300 {
		all.Go(func() {
			r, _ := c.ask(t, "/", basic(fmt.Sprint("ana:", i)))
			mu.Lock()
			got[r.StatusCode]++
			mu.Unlock()
			if r.StatusCode == 429 && r.Header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
		})
	}
	all.Wait()
	if got[401]+got[429]+got[503] != 300 || got[429] == 0 {
		t.Errorf("300 wrong passwords: %v", got)
	}
	c.is(t, 200, "/", basic("ana:secret"))
}
