package admin_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// logLines waits until the edge has printed n access log lines, and returns them decoded.
func logLines(t *testing.T, e *testkit.Process, n int) []map[string]any {
	t.Helper()
	testkit.Eventually(t, "the access log lines are there", func() bool {
		return strings.Count(e.Stdout(), "\n") >= n
	})
	var lines []map[string]any
	for line := range strings.Lines(e.Stdout()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("no JSON on stdout: %q: %v", line, err)
		}
		lines = append(lines, m)
	}
	if len(lines) != n {
		t.Fatalf("%d access log lines, want %d:\n%s", len(lines), n, e.Stdout())
	}
	return lines
}

func TestAccessLogTellsOneLineForEachRequest(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "POST",
		"POST /some/path?secret=1 HTTP/1.1\r\nHost: a.test\r\nUser-Agent: \"quoted\"\r\n"+
			"Content-Length: 5\r\n\r\nhello")
	line := logLines(t, e, 1)[0]
	for key, want := range map[string]any{
		"method": "POST", "host": "a.test", "path": "/some/path", "route": "all", "cluster": "up",
		"listener": "public",
		"status":   200.0, "attempts": 1.0, "user_agent": `"quoted"`,
	} {
		if got := line[key]; got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	for _, key := range []string{
		"time", "request_id", "client", "protocol", "endpoint", "duration_ms", "upstream_ms",
		"request_bytes", "response_bytes",
	} {
		if line[key] == nil || line[key] == "" {
			t.Errorf("%s is missing", key)
		}
	}
	if strings.Contains(e.Stdout(), "secret") {
		t.Error("the query is in the log: it may hold secrets")
	}
}

func TestAccessLogTellsTheGatewaysOwnAnswersWithTheirCode(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	r := c.Exchange(t, "GET", "GET /refused HTTP/1.1\r\nHost: a.test\r\n\r\n")
	line := logLines(t, e, 1)[0]
	if line["status"] != 502.0 || line["code"] != "GW_UPSTREAM_CONNECT" ||
		line["request_id"] != r.Fields.Get("X-Request-Id") {
		t.Errorf("the line is %v, the answer %v", line, r.Fields)
	}
}

// What a client sends must not forge a line: control bytes and quotes stay inside their string.
func TestAccessLogLineCannotBeForged(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET",
		"GET /a%0a%22,%22status%22:500 HTTP/1.1\r\nHost: a.test\r\n"+
			"User-Agent: x\",\"status\":500,\"y\":\"\xff\t\r\n\r\n")
	if line := logLines(t, e, 1)[0]; line["status"] != 200.0 {
		t.Errorf("the line is %v", line)
	}
}

// A request that is refused before it is understood is told as well: operators look for attacks
// there.
func TestAccessLogTellsMalformedRequests(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	if r := c.Exchange(t, "GET", "GET / HTTP/1.1\r\n\r\n"); r.Status != 400 {
		t.Fatalf("got %d", r.Status)
	}
	if line := logLines(t, e, 1)[0]; line["status"] != 400.0 || line["code"] != "GW_BAD_REQUEST" {
		t.Errorf("the line is %v", line)
	}
}
