package respond

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func made(t *testing.T, a config.Respond) *Policy {
	t.Helper()
	r := config.NewRoute("r", "")
	r.Respond = &a
	p, err := New(&r)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy)
}

func asks(t *testing.T, method, lines string) *policy.Request {
	t.Helper()
	head := new(http1.RequestHead)
	head.Reset(http1.Limits{})
	if _, err := head.Parse([]byte(method + " / HTTP/1.1\r\nHost: a.test\r\n" + lines +
		"\r\n")); err != nil {
		t.Fatal(err)
	}
	return &policy.Request{Head: head}
}

func TestTheTypeIsThatOfTheContent(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"a.html": "text/html; charset=utf-8", "a.HTM": "text/html; charset=utf-8",
		"a.json": "application/json", "a.svg": "image/svg+xml", "a": "application/octet-stream",
		"": "text/plain; charset=utf-8",
	} {
		a := config.Respond{Status: 200, Body: "x"}
		if name != "" {
			a.Body, a.File = "", filepath.Join(dir, name)
			if err := os.WriteFile(a.File, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := made(t, a).answer; got.ContentType != want || string(got.Body) != "x" {
			t.Errorf("%q: %s %q", name, got.ContentType, got.Body)
		}
	}
	if got := made(t, config.Respond{Status: 204}).answer.ContentType; got != "" {
		t.Errorf("without content: %s", got)
	}
	r := config.NewRoute("r", "")
	r.Respond = &config.Respond{Status: 200, File: filepath.Join(dir, "none")}
	if _, err := New(&r); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestAClientThatHasTheContentIsToldSo(t *testing.T) {
	p := made(t, config.Respond{Status: 200, Body: "hello", Headers: map[string]string{"X-A": "b"}})
	tag := string(p.tag)
	for _, tc := range []struct {
		method, lines string
		want          int
	}{
		{"GET", "", 200}, {"GET", "If-None-Match: " + tag + "\r\n", 304},
		{"HEAD", "if-none-match: \"x\", W/" + tag + "\r\n", 304},
		{"GET", "If-None-Match: *\r\n", 304}, {"GET", "If-None-Match: \"x\"\r\n", 200},
		{"POST", "If-None-Match: " + tag + "\r\n", 200},
		{"GET", "If-None-Match: " + strings.Trim(tag, `"`) + "\r\n", 200},
	} {
		if a := p.OnRequest(asks(t, tc.method, tc.lines)); a.Status != tc.want ||
			string(a.Lines) != "ETag: "+tag+"\r\nX-A: b\r\n" {
			t.Errorf("%s %q: %d %q, want %d", tc.method, tc.lines, a.Status, a.Lines, tc.want)
		}
	}
	p = made(t, config.Respond{Status: 503, Body: "down"})
	if a := p.OnRequest(asks(t, "GET", "If-None-Match: *\r\n")); a.Status != 503 ||
		len(a.Lines) != 0 {
		t.Errorf("an error: %d %q", a.Status, a.Lines)
	}
}

func TestAnAnswerAllocatesNothing(t *testing.T) {
	p := made(t, config.Respond{Status: 200, Body: "hello"})
	r := asks(t, "GET", "If-None-Match: \"x\"\r\n")
	if n := testing.AllocsPerRun(100, func() { p.OnRequest(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestARouteWithoutAnAnswerHasNoPolicy(t *testing.T) {
	r := config.NewRoute("r", "c")
	if p, err := New(&r); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
}
