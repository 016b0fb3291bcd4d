package probe_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/probe"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestTheStatusDecides(t *testing.T) {
	t.Parallel()
	address := serve(t, nil, http1, func(w http.ResponseWriter, r *http.Request) {
		status, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			status = 400
		}
		w.Header().Set("Location", "/500") // nobody follows it
		w.WriteHeader(status)
	})
	for _, c := range []struct {
		path, status string
		want         probe.Kind
		reason       string
	}{
		{"/200", "200-399", probe.Passed, "HTTP 200"},
		{"/204", "200-399", probe.Passed, "HTTP 204"},
		{"/302", "200-399", probe.Passed, "HTTP 302"},
		{"/399", "200-399", probe.Passed, "HTTP 399"},
		{"/404", "200-399", probe.Answer, "HTTP 404, expected 200-399"},
		{"/503", "200-399", probe.Answer, "HTTP 503, expected 200-399"},
		{"/503", "503", probe.Passed, "HTTP 503"},
		{"/204", "200", probe.Answer, "HTTP 204, expected 200"},
		{"/429", "200-499", probe.Passed, "HTTP 429"},
	} {
		tg := target(config.CheckHTTP, address)
		tg.Check.Path, tg.Check.Status = c.path, c.status
		if r := ask(t, tg, c.want, c.reason); r.Reason != c.reason {
			t.Errorf("%s of %s: %q", c.path, c.status, r.Reason)
		}
	}
}

func TestARequestIsWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			_ = c.Send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n" +
				"Content-Length: 0\r\n\r\n")
			_ = c.Drain()
		}
	})
	for host, want := range map[string]string{
		"": up.Addr(), "users.internal:8080": "users.internal:8080",
	} {
		n := len(up.Conns())
		tg := target(config.CheckHTTP, up.Addr())
		tg.Check.Path, tg.Check.Host = "/health/%2Fx?full=1&y", host
		ask(t, tg, probe.Passed, "HTTP 200")
		sent := up.Conn(t, n).Received()
		for _, line := range []string{
			"GET /health/%2Fx?full=1&y HTTP/1.1\r\n", "\r\nHost: " + want +
				"\r\n", "\r\nConnection: close\r\n", "\r\nUser-Agent: gateway-health-check\r\n",
		} {
			if !strings.Contains(sent, line) {
				t.Errorf("no %q in %q", line, sent)
			}
		}
		testkit.Eventually(t, "the connection is closed", func() bool {
			return up.Conns()[n].Ended()
		})
	}
}

func TestWhatIsNoAnswerSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve   func(*testkit.Conn)
		timeout time.Duration
		want    probe.Kind
		reason  string
	}{
		"closed at once": {
			func(*testkit.Conn) {}, 0, probe.Reset, "the connection ended before the answer",
		},
		"half a head": {
			answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), 0, probe.Reset,
			"the connection ended before the answer",
		},
		"another protocol": {
			answer("SSH-2.0-OpenSSH_9.2\r\n"), 0, probe.Reset, "no answer: malformed HTTP response",
		},
		"control bytes": {
			answer("\x15\x03\x01\x00\x02\x02\x50\r\n"), 0, probe.Reset,
			"no answer: malformed HTTP response",
		},
		"a head without end": {func(c *testkit.Conn) {
			if _, err := c.Request(); err != nil || c.Send("HTTP/1.1 200 OK\r\n") != nil {
				return
			}
			for c.Send("X-More: "+strings.Repeat("x", 1000)+"\r\n") == nil {
			}
		}, 0, probe.Reset, "no answer: net/http: server response headers exceeded"},
		"silence": {func(c *testkit.Conn) {
			_ = c.Drain()
		}, 200 * time.Millisecond, probe.Timeout, "no answer within 200ms"},
		"a body without end": {func(c *testkit.Conn) {
			if _, err := c.Request(); err != nil || c.Send("HTTP/1.1 200 OK\r\n\r\n") != nil {
				return
			}
			for c.Send(strings.Repeat("x", 1000)) == nil {
			}
		}, 0, probe.Passed, "HTTP 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := testkit.NewUpstream(t, c.serve)
			tg := target(config.CheckHTTP, up.Addr())
			if c.timeout != 0 {
				tg.Check.Timeout = c.timeout
			}
			r := ask(t, tg, c.want, c.reason)
			if strings.ContainsAny(r.Reason, "\r\n\x15\x02") || len(r.Reason) > 300 {
				t.Errorf("not fit for a log: %q", r.Reason)
			}
		})
	}
}

// answer sends a text to each request and closes.
func answer(s string) func(*testkit.Conn) {
	return func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			_ = c.Send(s)
		}
	}
}

func TestNothingListens(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{config.CheckHTTP, config.CheckTCP, config.CheckGRPC} {
		if r := ask(t, target(kind, closedPort(t)), probe.Connect,
			""); r.Reason != "connection refused" {
			t.Errorf("%s: %q", kind, r.Reason)
		}
		ask(t, target(kind, "nowhere.invalid:80"), probe.Connect, "the name nowhere.invalid ")
	}
}

func TestANameIsResolved(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(*testkit.Conn) {})
	_, port, _ := strings.Cut(up.Addr(), ":")
	ask(t, target(config.CheckTCP, "localhost:"+port), probe.Passed, "connected")
}

func TestHTTP2IsSpokenWhereTheClusterDoes(t *testing.T) {
	t.Parallel()
	proto := make(chan string, 1)
	address := serve(t, nil, http2ClearText, func(_ http.ResponseWriter, r *http.Request) {
		proto <- r.Proto + " " + r.Host
	})
	tg := target(config.CheckHTTP, address)
	tg.Protocol, tg.Check.Host = config.ClusterH2C, "users.internal"
	ask(t, tg, probe.Passed, "HTTP 200")
	if got := <-proto; got != "HTTP/2.0 users.internal" {
		t.Error(got)
	}
	tg.Protocol = config.ClusterHTTP1
	ask(t, tg, probe.Reset, "")

	tg = target(config.CheckHTTP, serve(t, nil, http1, func(http.ResponseWriter, *http.Request) {}))
	tg.Protocol = config.ClusterH2C
	ask(t, tg, probe.Reset, "")
}

func TestACheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{config.CheckHTTP, config.CheckGRPC} {
		ctx, cancel := context.WithCancel(t.Context())
		up := testkit.NewUpstream(t, func(c *testkit.Conn) {
			cancel()
			_ = c.Drain()
		})
		tg := target(kind, up.Addr())
		tg.Check.Timeout = time.Minute
		if r := probe.Ask(ctx, tg); r.Took > 10*time.Second || r.Kind == probe.Passed {
			t.Errorf("%s: %+v", kind, r)
		}
	}
}
