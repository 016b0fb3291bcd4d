package admin_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// crowd is more connections than the API has places, those for probes included.
const crowd = 400

// connect opens connections, each of which begins with a text.
func connect(t *testing.T, address string, n int, text string) (all []net.Conn) {
	t.Helper()
	for range n {
		c, err := net.DialTimeout("tcp", address, testkit.Deadline)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// probed asks for a path over a connection of its own, and returns the status.
func probed(t *testing.T, address, path string) int {
	t.Helper()
	c := testkit.Dial(t, address)
	defer c.Close()
	// Less than any timeout of the connections that are in the way.
	c.SetTimeout(2 * time.Second)
	r := c.Exchange(t, "GET", "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
	return r.Status
}

// However clients hold their connections, probes are answered at once, and so is everything else
// while those connections are idle.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":           "",
		"half a head":       "GET /status HTTP/1.1\r\nHost: local",
		"kept alive":        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"kept alive by 401": "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"junk":              "\x16\x03\x01",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := live()
			if strings.Contains(name, "401") {
				s = locked()
			}
			address := serve(t, s.Options)
			connect(t, address, crowd, text)
			for _, path := range []string{"/healthz", "/readyz"} {
				if status := probed(t, address, path); status != 200 {
					t.Errorf("%s: %d", path, status)
				}
			}
			want := 200
			if s.Token != "" {
				want = 401
			}
			if status := probed(t, address, "/status"); status != want {
				t.Errorf("/status: %d", status)
			}
		})
	}
}

// All connections are busy: probes are answered all the same, and others are told why they are not.
func TestProbesHaveRoomOfTheirOwn(t *testing.T) {
	t.Parallel()
	release, begun := make(chan struct{}), make(chan struct{}, crowd)
	s := live()
	s.Views = append(s.Views, admin.View{
		Path: "/slow", Serve: func(http.ResponseWriter, *http.Request) {
			begun <- struct{}{}
			<-release
		},
	})
	defer close(release)
	address := serve(t, s.Options)
	const slow = "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
	connect(t, address, crowd, slow)
	<-begun
	// Those that hold places for probes are asked to leave for the next.
	for i := range 2 * 64 {
		if status := probed(t, address, "/healthz"); status != 200 {
			t.Fatalf("probe %d: %d", i, status)
		}
	}
	var c *testkit.Client
	var r *testkit.Response
	testkit.Eventually(t, "others are told that they have no place", func() bool {
		c = testkit.Dial(t, address)
		r = c.Exchange(t, "GET", "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if r.Status != 200 {
			return true
		}
		// A probe has taken the place of a client whose request was not read yet, and left it.
		c.Close()
		connect(t, address, 1, slow)
		return false
	})
	if r.Status != 503 || !strings.Contains(string(r.Body), "busy") {
		t.Errorf("/status: %d %s", r.Status, r.Body)
	}
	if err := c.ExpectClose(); err != nil {
		t.Errorf("the connection stays: %v", err)
	}
	// Some that were taken for idle had just sent their request.
	if n := len(begun) + 1; n > 300 {
		t.Errorf("%d requests run at once", n)
	}
}

// A body that does not come holds a connection for a while; probes do not wait for it.
func TestProbesDoNotWaitForSlowBodies(t *testing.T) {
	t.Parallel()
	address := serve(t, locked().Options)
	connect(t, address, crowd,
		fmt.Sprintf("POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", 9999))
	for range 20 {
		if status := probed(t, address, "/readyz"); status != 200 {
			t.Fatalf("/readyz: %d", status)
		}
	}
}
