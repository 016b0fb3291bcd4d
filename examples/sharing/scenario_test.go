// Package sharing_test does what this folder's README does, step by step, so that the README stays
// true.
package sharing_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// named is an endpoint that answers with its name.
func named(t *testing.T, name string) *testkit.Upstream {
	return testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil || c.Send(exampletest.Text(200, name)) != nil {
				return
			}
		}
	})
}

func TestSharing(t *testing.T) {
	one, two, spare := named(t, "one"), named(t, "two"), named(t, "spare")
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9001": one.Addr(), "127.0.0.1:9002": two.Addr(), "127.0.0.1:9003": spare.Addr(),
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
