// Package fields_test does what this folder's README does, step by step, so that the README stays
// true.
package fields_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// mirror is the README's upstream: it answers with the request it got.
func mirror(c *testkit.Conn) {
	for {
		r, err := c.Request()
		if err != nil {
			return
		}
		text := r.Method + " " + r.Target + " " + r.Proto + "\n"
		for _, f := range r.Fields {
			text += f.Name + ": " + f.Value + "\n"
		}
		if c.Send(exampletest.Text(200, text, "Server: Mirror/1.0")) != nil {
			return
		}
	}
}

func TestFields(t *testing.T) {
	upstream := testkit.NewUpstream(t, mirror).Addr()
	edge := exampletest.Start(t, map[string]string{"127.0.0.1:9000": upstream})
	a := edge.Do(t, "GET", "/a", http.Header{
		"X-Real-Ip": {"8.8.8.8"}, "X-Cert": {"CN=root"}, "X-Debug": {"1"}, "X-Hop": {"me"},
	})
	for _, want := range []string{
		"X-Real-IP: 127.0.0.1\n", "X-Hop: me\n", "X-Hop: public/app\n",
		"X-Request-Start: " + a.Header.Get("X-Request-Id") + " GET /a\n",
	} {
		if strings.Count(a.Body, want) != 1 {
			t.Errorf("no %q in\n%s", want, a.Body)
		}
	}
	for _, gone := range []string{"8.8.8.8", "X-Cert", "X-Debug"} {
		if strings.Contains(a.Body, gone) {
			t.Errorf("%s in\n%s", gone, a.Body)
		}
	}
	if a.Header.Get("X-Served-By") != upstream || a.Header.Get("Server") != "" ||
		a.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
		t.Errorf("the client gets %v", a.Header)
	}
	a = edge.Do(t, "MOVE", "/dav/a", http.Header{
		"Destination": {"https://127.0.0.1:8080/dav/b"},
	})
	if !strings.Contains(a.Body, "\nDestination: http://127.0.0.1:8080/dav/b\n") {
		t.Errorf("the endpoint got\n%s", a.Body)
	}
	a = edge.Do(t, "OPTIONS", "/api/a", http.Header{
		"Origin": {"https://app.example.com"}, "Access-Control-Request-Method": {"PUT"},
	})
	if a.Status != 204 ||
		a.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" ||
		a.Header.Get("Access-Control-Allow-Methods") != "GET, PUT" {
		t.Errorf("a preflight request gets %d %v", a.Status, a.Header)
	}
	if a = edge.Do(t, "GET", "/me", nil); a.Header.Get("X-You-Are") != "127.0.0.1" {
		t.Errorf("the client gets %v", a.Header)
	}
}
