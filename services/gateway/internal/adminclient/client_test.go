package adminclient_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/aggregator"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/adminclient"
)

// ask asks a server for its status.
func ask(t *testing.T, address, token string, timeout time.Duration) (admin.Status, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	return adminclient.New(address, token, timeout).Status(ctx)
}

// server answers everything with one answer.
func server(t *testing.T, status int, kind, body string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestErrorsSayWhatToDo(t *testing.T) {
	const refusal = `{"error":{"code":%q,"message":"the message","correlation_id":"x"}}`
	for name, tc := range map[string]struct {
		status     int
		kind, body string
		token      string
		want       string
	}{
		"a web page": {
			200, "text/html", "<html>", "",
			"no admin API of a gateway (it answers 200 with text/html)",
		},
		"somebody else's JSON": {
			200, "application/json", `{"hello":"world"}`, "", "no admin API of a gateway",
		},
		"a list":  {200, "application/json", `[1]`, "", "no admin API of a gateway"},
		"nothing": {204, "", "", "", "no admin API of a gateway"},
		"a redirect": {
			302, "text/plain", "go away", "secret", "no admin API of a gateway (it answers 302",
		},
		"no token": {
			401, "application/json", fmt.Sprintf(refusal, "GW_UNAUTHENTICATED"), "",
			"401 GW_UNAUTHENTICATED: the message; set GATEWAY_ADMIN_TOKEN or give --token",
		},
		"a wrong token": {
			401, "application/json", fmt.Sprintf(refusal, "GW_UNAUTHENTICATED"), "secret",
			"the token given is not the value of admin.token",
		},
		"another refusal": {
			503, "application/json", fmt.Sprintf(refusal, "GW_DRAINING"), "",
			"503 GW_DRAINING: the message",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(t, tc.status, tc.kind, tc.body)
			_, err := ask(t, s.Listener.Addr().String(), tc.token, time.Second)
			if err == nil || !strings.Contains(err.Error(), tc.want) ||
				!strings.Contains(err.Error(), s.Listener.Addr().String()) {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
			if err != nil && tc.token != "" && strings.Contains(err.Error(), tc.token) {
				t.Errorf("the token is in %v", err)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, err = ask(t, address, "", time.Second)
	if !errors.Is(err, adminclient.ErrAway) ||
		!strings.Contains(err.Error(), "is the gateway running") {
		t.Error(err)
	}
}

// silent accepts connections and does with them what it is told.
func silent(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func TestSomethingElseListens(t *testing.T) {
	ssh := silent(t, func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-OpenSSH_9.2\r\n") })
	if _, err := ask(t, ssh, "", time.Second); err == nil ||
		!strings.Contains(err.Error(), "no admin API of a gateway") {
		t.Error(err)
	}
	closes := silent(t, func(net.Conn) {})
	if _, err := ask(t, closes, "", time.Second); err == nil ||
		errors.Is(err, adminclient.ErrAway) {
		t.Error(err)
	}
}

func TestAGatewayThatHangsIsNotWaitedForLong(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		<-release
	}))
	defer s.Close()
	defer close(release)
	_, err := ask(t, s.Listener.Addr().String(), "", 20*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "no answer within 20ms") {
		t.Error(err)
	}
}

func TestTheTokenIsSentToTheAddressOnly(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect is followed, with %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	tokens := make(chan string, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens <- r.Header.Get("Authorization")
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer s.Close()
	if _, err := ask(t, s.Listener.Addr().String(), "abc", time.Second); err == nil {
		t.Error("a redirect is an answer")
	}
	if got := <-tokens; got != "Bearer abc" {
		t.Errorf("Authorization: %s", got)
	}
	_, _ = ask(t, s.Listener.Addr().String(), "", time.Second)
	if got := <-tokens; got != "" {
		t.Errorf("without a token, Authorization: %s", got)
	}
}

// What the address is called in messages is not what is asked.
func TestEachQuestionHasItsMethodAndPath(t *testing.T) {
	asked := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.RequestURI
		fmt.Fprint(w,
			`{"version":"1","state":"ready","status":"draining","result":"refused","id":7}`)
	}))
	defer s.Close()
	c := adminclient.New(s.Listener.Addr().String(), "", time.Second).As("secret:env:ADMIN")
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	for want, question := range map[string]func() error{
		"GET /status":        func() error { _, err := c.Status(ctx); return err },
		"POST /reload":       func() error { _, err := c.Reload(ctx); return err },
		"POST /rollback":     func() error { _, err := c.Rollback(ctx); return err },
		"POST /upgrade":      func() error { _, err := c.Upgrade(ctx); return err },
		"POST /drain":        func() error { _, err := c.Drain(ctx); return err },
		"GET /why/a%2F..%3F": func() error { _, _ = c.Why(ctx, "a/..?"); return nil },
		"GET /fleet":         func() error { _, _ = c.Fleet(ctx); return nil },
		"GET /fleet/watch": func() error {
			_ = c.WatchFleet(ctx, func(aggregator.Fleet) error { return nil })
			return nil
		},
	} {
		if err := question(); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		select {
		case got := <-asked:
			if got != want {
				t.Errorf("asked %s, want %s", got, want)
			}
		default:
			t.Errorf("%s: nothing was asked", want)
		}
	}
}
