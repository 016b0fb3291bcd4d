package errorpages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// made is the policy of pages whose text is "NAME {status} {code}", by the name of the file.
func made(t *testing.T, pages ...config.ErrorPage) *Policy {
	t.Helper()
	dir := t.TempDir()
	r := config.NewRoute("r", "c")
	for _, p := range pages {
		p.File = filepath.Join(dir, p.File)
		if err := os.WriteFile(p.File, []byte(filepath.Base(p.File)+" {status} {code}"),
			0o600); err != nil {
			t.Fatal(err)
		}
		r.ErrorPages = append(r.ErrorPages, p)
	}
	p, err := New(&r)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy)
}

func answered(t *testing.T, head string) *policy.Response {
	t.Helper()
	h := new(http1.ResponseHead)
	h.Reset(http1.Limits{})
	if _, err := h.Parse([]byte("HTTP/1.1 " + head + "\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	return &policy.Response{Head: h}
}

const html = "Accept: text/html\r\n"

func TestAStatusFindsItsPage(t *testing.T) {
	p := made(t,
		config.ErrorPage{On: []string{"5xx", "404"}, From: config.ErrorsOfGateway, File: "own"},
		config.ErrorPage{On: []string{"504"}, From: config.ErrorsOfBoth, File: "both"},
		config.ErrorPage{On: []string{"4xx", "500"}, From: config.ErrorsOfUpstream, File: "theirs"},
	)
	r := &policy.Request{Head: asked(t, html), ID: []byte("id")}
	for code, want := range map[gwerr.Code]string{
		gwerr.NoRoute: "own 404 GW_NO_ROUTE", gwerr.Overloaded: "own 503 GW_OVERLOADED",
		gwerr.UpstreamTimeout: "both 504 GW_UPSTREAM_TIMEOUT", gwerr.Forbidden: "",
	} {
		got := ""
		if a := p.OnAnswer(r, &policy.Answer{Code: code, Lines: []byte("A: b\r\n")}); a != nil {
			got = string(a.Body)
			if a.Code != code || a.ContentType != contentType ||
				string(a.Lines) != "A: b\r\nVary: Accept\r\n" {
				t.Errorf("%s: %+v", code, a)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	for head, want := range map[string]string{
		"200 OK": "", "304 Not Modified": "", "403 No": "theirs 403 ", "404 No": "theirs 404 ",
		"500 No": "theirs 500 ", "503 No": "", "504 No": "both 504 ",
		"401 No\r\nWWW-Authenticate: NTLM": "",
	} {
		got := ""
		h := answered(t, head)
		if a := p.OnResponse(r, h); a != nil {
			got = string(a.Body)
		}
		if got != want || (want != "") != (len(h.Edits) == 1) {
			t.Errorf("%s: %q with %d edits, want %q", head, got, len(h.Edits), want)
		}
	}
}

func TestAPageKeepsWhatIsNotOfTheContent(t *testing.T) {
	p := made(t, config.ErrorPage{On: []string{"5xx"}, From: config.ErrorsOfUpstream, File: "a"})
	r := &policy.Request{Head: asked(t, html)}
	a := p.OnResponse(r, answered(t, "503 No\r\nSet-Cookie: a=b\r\ncontent-type: text/x\r\n"+
		"Content-Length: 3\r\nContent-Encoding: gzip\r\nETag: \"x\"\r\nLast-Modified: x\r\n"+
		"Accept-Ranges: bytes\r\nContent-Range: x\r\nTrailer: x\r\nDate: x\r\nRetry-After: 7\r\n"+
		"X-Request-Id: theirs"))
	if got := string(a.Lines); got != "Set-Cookie: a=b\r\nRetry-After: 7\r\n" {
		t.Errorf("kept: %q", got)
	}
}

func TestOthersGetWhatTheyWouldGet(t *testing.T) {
	p := made(t, config.ErrorPage{On: []string{"5xx"}, From: config.ErrorsOfBoth, File: "a"})
	refused := policy.Refuse(gwerr.Overloaded, "m")
	r := &policy.Request{Head: asked(t, "Accept: */*\r\n")}
	if a := p.OnAnswer(r, refused); a.ContentType != "" || a.Body != nil ||
		a.Code != refused.Code || a.Message != "m" || string(a.Lines) != varyLine {
		t.Errorf("%+v", a)
	}
	if h := answered(t, "503 No"); p.OnResponse(r, h) != nil || len(h.Edits) != 1 {
		t.Error("a response does not go on, or without its Vary field")
	}
	call := &policy.Request{Head: asked(t, html), Call: new(policy.Call)}
	if h := answered(t, "503 No"); p.OnAnswer(call, refused) != nil ||
		p.OnResponse(call, h) != nil || len(h.Edits) > 0 {
		t.Error("a call of gRPC is touched")
	}
	r.Head = asked(t, html)
	said := &policy.Answer{Code: gwerr.Overloaded, Lines: []byte(varyLine)}
	if a := p.OnAnswer(r, said); string(a.Lines) != varyLine {
		t.Errorf("Vary is said twice: %q", a.Lines)
	}
	if p.OnAnswer(r, p.OnAnswer(r, refused)) != nil {
		t.Error("a page takes the place of a page")
	}
}

func TestAPageAllocatesNothing(t *testing.T) {
	p := made(t, config.ErrorPage{On: []string{"5xx"}, From: config.ErrorsOfBoth, File: "a"})
	refused := policy.Refuse(gwerr.Overloaded, "m")
	r := &policy.Request{Head: asked(t, html), ID: []byte("id")}
	h := answered(t, "503 No\r\nA: b")
	if n := testing.AllocsPerRun(100, func() {
		p.OnAnswer(r, refused)
		h.Edits = h.Edits[:0]
		p.OnResponse(r, h)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRoutesWithoutPages(t *testing.T) {
	r := config.NewRoute("r", "c")
	if p, err := New(&r); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
	r.ErrorPages = []config.ErrorPage{{On: []string{"404"}, From: config.ErrorsOfGateway}}
	r.ErrorPages[0].File = filepath.Join(t.TempDir(), "none")
	if _, err := New(&r); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a page that is not there: %v", err)
	}
}
