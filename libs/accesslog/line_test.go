package accesslog_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

func entry() accesslog.Entry {
	return accesslog.Entry{
		Time:      time.Date(2026, 1, 2, 3, 4, 5, 6_789_000, time.FixedZone("", 3600)),
		RequestID: []byte("0190c8f0c1a27c35a3b1b2f2d3e4f506"),
		Client:    "192.0.2.1:4711", Listener: "public", Protocol: "HTTP/1.1",
		Method: []byte("GET"),
		Host:   []byte("api.example.com"),
		Path:   []byte("/users/7"), Route: "users-api", Cluster: "users",
		Endpoint: "127.0.0.1:9001",
		Status:   502, Code: "GW_UPSTREAM_RESET",
		Duration: 1234567 * time.Nanosecond, Upstream: 12 * time.Second, RequestBytes: 1,
		ResponseBytes: 1 << 40, Attempts: 2,
		UserAgent: []byte("curl/8.5.0"),
	}
}

func TestLineHasTheContractsFieldsInOrder(t *testing.T) {
	e := entry()
	const want = `{"time":"2026-01-02T02:04:05.006Z","request_id":"0190c8f0c1a27c35a3b1b2f2d3e4f506","trace_id":"","client":"192.0.2.1:4711","listener":"public",` +
		`"protocol":"HTTP/1.1","method":"GET","host":"api.example.com","path":"/users/7","route":"users-api","cluster":"users","endpoint":"127.0.0.1:9001",` +
		`"status":502,"code":"GW_UPSTREAM_RESET","duration_ms":1.234,"upstream_ms":12000.000,"request_bytes":1,"response_bytes":1099511627776,"attempts":2,` +
		`"tls_version":"","user_agent":"curl/8.5.0"}`
	if got := string(e.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Only the line of refused streams has their number.
func TestALineOfRefusedStreamsHasTheirNumber(t *testing.T) {
	for refused, want := range map[int]string{
		0: `"user_agent":"curl/8.5.0"}`, 1: `"user_agent":"curl/8.5.0","refused_streams":1}`,
		600: `,"refused_streams":600}`,
	} {
		e := entry()
		e.RefusedStreams = refused
		if got := string(e.AppendJSON(nil)); !strings.HasSuffix(got, want) {
			t.Errorf("%d: %s", refused, got)
		}
	}
}

// Lines of what failed say for what, those of all others do not mention it.
func TestALineOfAFailureHasItsCause(t *testing.T) {
	e, s := entry(), session()
	for _, line := range [][]byte{e.AppendJSON(nil), s.AppendJSON(nil)} {
		if bytes.Contains(line, []byte("cause")) {
			t.Errorf("nothing failed, and yet %s", line)
		}
	}
	e.Rule, e.Cause, s.Cause = "a", "b \"c\"\n", "d"
	const want = `"code":"GW_UPSTREAM_RESET","rule":"a","cause":"b \"c\"\n","duration_ms"`
	if got := string(e.AppendJSON(nil)); !strings.Contains(got, want) || !json.Valid([]byte(got)) {
		t.Errorf("%s, want in it %s", got, want)
	}
	if got := string(s.AppendJSON(nil)); !strings.HasSuffix(got,
		`"close_reason":"idle_timeout","cause":"d"}`) {
		t.Errorf("%s", got)
	}
}

func TestEncodingAllocatesNothing(t *testing.T) {
	e, dst := entry(), make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { dst = e.AppendJSON(dst[:0]) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzLineIsOneLineOfJSON(f *testing.F) {
	f.Add("GET", "a.org", "/\n\xff\"", "ua\u2028", int64(1), int64(-1))
	f.Add("", "", "", "", int64(1<<62), int64(1<<62))
	f.Fuzz(func(t *testing.T, method, host, path, agent string, at, d int64) {
		e := accesslog.Entry{
			Time: time.Unix(at, at), Method: []byte(method), Host: []byte(host), Path: []byte(path),
			UserAgent: []byte(agent), Client: agent, Route: path, Query: []byte(path),
			RequestID: []byte(host), TraceID: []byte(agent), Endpoint: host, EndpointFailure: path,
			Rule: agent, Contract: path, Cause: host, TLSClient: agent,
			Auth:     accesslog.Auth{Kind: "jwt", Name: host, Subject: path + path},
			Duration: time.Duration(d), Upstream: time.Duration(-d), RequestBytes: d,
			Status: int(int32(d)),
		}
		line := e.AppendJSON(nil)
		if bytes.ContainsAny(line, "\n\r") || !json.Valid(line) {
			t.Fatalf("%q", line)
		}
		s := accesslog.Session{
			Time: time.Unix(at, at), Client: []byte(host), Listener: path, Endpoint: agent,
			Cause: agent, Duration: time.Duration(d), BytesIn: d, CloseReason: method,
		}
		for _, f := range []accesslog.Form{
			{Query: true, HideQuery: []string{"a", host}},
			{Query: true, HideFields: accesslog.Hideable()},
		} {
			text := written(t, accesslog.Options{Form: f}, func(w *accesslog.Writer) {
				w.Log(&e)
				w.LogSession(&s)
			})
			lines := strings.Split(text, "\n")
			if len(lines) != 2 || !json.Valid([]byte(lines[0])) || !json.Valid([]byte(lines[1])) {
				t.Fatalf("%q", text)
			}
		}
		var back struct {
			Time   time.Time `json:"time"`
			Method string    `json:"method"`
			Path   string    `json:"path"`
		}
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatal(err)
		}
		clean := func(s string) string {
			return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\ufffd", "")
		}
		if clean(back.Method) != clean(method) || clean(back.Path) != clean(path) {
			t.Fatalf("%q reads back as %q and %q", line, back.Method, back.Path)
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	e, dst := entry(), make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = e.AppendJSON(dst[:0])
	}
}
