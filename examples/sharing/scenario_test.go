// Package sharing_test does what this folder's README does, step by step, so that the README stays
// true.
package sharing_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// named is an endpoint that answers with its name.
func named(t *testing.T, name string) *testkit.Upstream {
	return testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil {
				return
			}
			said := name
			if r.Target == "/price.json" {
				said = `{"price": 12.50, "currency": "EUR", "at": "10:00"}`
			}
			if c.Send(exampletest.Text(200, said)) != nil {
				return
			}
		}
	})
}

func TestSharing(t *testing.T) {
	one, two, spare := named(t, "one"), named(t, "two"), named(t, "spare")
	next := testkit.NewUpstream(t, testkit.Answer(exampletest.Text(200,
		`{"currency": "EUR", "price": 12.05, "at": "10:01"}`)))
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9001": one.Addr(), "127.0.0.1:9002": two.Addr(), "127.0.0.1:9003": spare.Addr(),
		"127.0.0.1:9004": next.Addr(),
	})
	who := func(path, cookie string) (name, next string) {
		t.Helper()
		h := http.Header{}
		if cookie != "" {
			h.Set("Cookie", cookie)
		}
		a := edge.Do(t, "GET", path, h)
		if a.Status != 200 {
			t.Fatalf("%s: %d %q", path, a.Status, a.Body)
		}
		next, _, _ = strings.Cut(a.Header.Get("Set-Cookie"), ";")
		return a.Body, next
	}
	first, cookie := who("/who.txt", "")
	if second, _ := who("/who.txt", ""); second == first || cookie == "" {
		t.Errorf("without a cookie %s and %s answer", first, second)
	}
	for range 4 {
		if name, next := who("/who.txt", cookie); name != first || next != "" {
			t.Errorf("a client of %s is sent to %s, and gets the cookie %q", first, name, next)
		}
	}
	at, _ := who("/files/who.txt", "")
	for range 4 {
		if name, _ := who("/files/who.txt", ""); name != at {
			t.Errorf("one path is at %s and %s", at, name)
		}
	}
	if name, _ := who("/search/who.txt", ""); name == "spare" {
		t.Error("the backup searches")
	}

	if a := edge.Do(t, "GET", "/price.json", nil); !strings.Contains(a.Body, "12.50") {
		t.Errorf("the price is %q", a.Body)
	}
	testkit.Eventually(t, "the difference is told", func() bool {
		var m admin.Mirrors
		edge.Admin(t, "GET /mirrors", &m)
		if len(m.Requests) == 0 {
			return false
		}
		d := m.Requests[0].Mirrors[0].Differences
		if len(d) != 1 || d[0].At != "/price" || *d[0].Primary != "12.50" ||
			*d[0].Mirror != "12.05" {
			t.Errorf("the answers differ in %+v", d)
		}
		return true
	})

	gone, other := one, "two"
	if first == "two" {
		gone, other = two, "one"
	}
	gone.Close()
	name, cookie := who("/who.txt", cookie)
	if name != other || cookie == "" {
		t.Errorf("with %s gone %s answers, with the cookie %q", first, name, cookie)
	}
	one.Close()
	two.Close()
	if name, _ := who("/who.txt", cookie); name != "spare" {
		t.Errorf("with both gone %s answers", name)
	}
}
