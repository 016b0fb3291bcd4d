package compress

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// made is the policy of a route, and the coders that it has alone.
func made(t testing.TB, change func(*config.Compress)) (*Policy, *Coders) {
	t.Helper()
	c := config.NewCompress()
	if change != nil {
		change(c)
	}
	coders := new(Coders)
	p, err := New(&config.Route{Compress: c}, coders, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Policy), coders
}

// response is a response with a status and these lines, of a body of length bytes.
func response(t testing.TB, status string, length int64, lines ...string) *policy.Response {
	t.Helper()
	text := "HTTP/1.1 " + status + " X\r\n"
	for _, l := range lines {
		text += l + "\r\n"
	}
	h := new(http1.ResponseHead)
	h.Reset(http1.Limits{})
	if _, err := h.Parse([]byte(text + "\r\n")); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return &policy.Response{Head: h, Length: length}
}

// fields are those that a client would get, one a line.
func fields(h *policy.Response) string {
	var b strings.Builder
	for i := range h.Head.Fields {
		f := &h.Head.Fields[i]
		if !h.Edits.Drops(h.Head.Name(f)) {
			b.Write(h.Head.Line(f))
		}
	}
	b.Write(h.Edits.Append(nil, nil))
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

func TestARouteWithoutTheKeyHasNoPolicy(t *testing.T) {
	for _, c := range []*config.Route{{}, {Compress: &config.Compress{}}} {
		if p, err := New(c, new(Coders), 1); p != nil || err != nil {
			t.Errorf("it has %v, %v", p, err)
		}
	}
}

// What is coded, and which fields a client gets.
func TestWhatIsCoded(t *testing.T) {
	const text, big = "Content-Type: text/plain", 5000
	for _, tc := range []struct {
		name   string
		status string
		length int64
		lines  string // |
		ask    string // |, beside Accept-Encoding: gzip
		coded  bool
		fields string // |; those beside Content-Type
	}{
		{"a text", "200", big, text, "", true, "Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"of unknown length", "200", -1, text, "", true,
			"Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"an error page", "404", big, text, "", true,
			"Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"a failure", "500", big, text, "", true, "Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"with parameters", "200", big, "Content-Type: Text/HTML; charset=utf-8", "", true,
			"Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"a suffix", "200", big, "Content-Type: application/problem+json", "", true,
			"Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"a picture", "200", big, "Content-Type: image/png", "", false, ""},
		{"of no type", "200", big, "X-A: b", "", false, "X-A: b"},
		{"an empty one", "200", 0, text, "", false, ""},
		{"a short one", "200", 1023, text, "", false, ""},
		{"one just long enough", "200", 1024, text, "", true,
			"Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"a short one that may not be plain", "200", 10, text, "Accept-Encoding: identity;q=0",
			true, "Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"no content", "204", -1, text, "", false, ""},
		{"a reset", "205", -1, text, "", false, ""},
		{"a part", "206", big, text + "|Content-Range: bytes 0-4999/9999", "", false,
			"Content-Range: bytes 0-4999/9999"},
		{"a part with another status", "200", big, text + "|Content-Range: bytes 0-1/9", "", false,
			"Content-Range: bytes 0-1/9"},
		{"coded already", "200", big, text + "|Content-Encoding: br", "", false,
			"Content-Encoding: br"},
		{"identity", "200", big, text + "|Content-Encoding: identity", "", true,
			"Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"no-transform", "200", big, text + "|Cache-Control: max-age=1, No-Transform", "", false,
			"Cache-Control: max-age=1, No-Transform"},
		{"no-transform of the request", "200", big, text, "Cache-Control: no-transform", false,
			"Vary: Accept-Encoding"},
		{"cookies", "200", big, text + "|Set-Cookie: a=b", "", false, "Set-Cookie: a=b"},
		{"a strong tag", "200", big, text + `|ETag: "a"`, "", true,
			`Vary: Accept-Encoding|Content-Encoding: gzip|ETag: W/"a"`},
		{"a weak tag", "200", big, text + `|ETag: W/"a"`, "", true,
			`ETag: W/"a"|Vary: Accept-Encoding|Content-Encoding: gzip`},
		{"no tag", "200", big, text + `|ETag: abc`, "", true,
			`Vary: Accept-Encoding|Content-Encoding: gzip`},
		{"ranges", "200", big, text + `|Accept-Ranges: bytes`, "", true,
			"Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"a digest", "200", big, text + "|Repr-Digest: sha-256=:YQ==:", "", false,
			"Repr-Digest: sha-256=:YQ==:"},
		{"a digest of content", "200", big, text + "|Content-Digest: sha-256=:YQ==:", "", false,
			"Content-Digest: sha-256=:YQ==:"},
		{"an old digest", "200", big, text + "|Digest: sha-256=YQ==", "", false,
			"Digest: sha-256=YQ=="},
		{"an older one", "200", big, text + "|Content-MD5: YQ==", "", false, "Content-MD5: YQ=="},
		{"a digest to come", "200", big, text + "|Trailer: X, Content-Digest", "", false,
			"Trailer: X, Content-Digest"},
		{"other trailers", "200", big, text + "|Trailer: Server-Timing", "", true,
			"Trailer: Server-Timing|Vary: Accept-Encoding|Content-Encoding: gzip"},
		{"Vary", "200", big, text + "|Vary: Origin|Vary: Accept", "", true,
			"Vary: Origin, Accept, Accept-Encoding|Content-Encoding: gzip"},
		{"Vary that has it", "200", big, text + "|Vary: Origin, accept-encoding", "", true,
			"Vary: Origin, accept-encoding|Content-Encoding: gzip"},
		{"Vary with all", "200", big, text + "|Vary: *", "", true,
			"Vary: *|Content-Encoding: gzip"},
		{"not accepted", "200", big, text, "Accept-Encoding: gzip;q=0", false,
			"Vary: Accept-Encoding"},
		{"gRPC", "200", big, "Content-Type: application/grpc+proto", "", false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, coders := made(t, func(c *config.Compress) {
				c.Types = append(c.Types, "application/*")
			})
			ask := []string{"Accept-Encoding: gzip"}
			if tc.ask != "" {
				ask = append(ask, strings.Split(tc.ask, "|")...)
			}
			h := response(t, tc.status, tc.length, strings.Split(tc.lines, "|")...)
			change := p.Transform(&policy.Request{Head: request(t, "GET", ask...)}, h)
			if (change != nil) != tc.coded {
				t.Errorf("coded %v", change != nil)
			}
			if change != nil {
				change.Release()
			}
			kind, _, _ := strings.Cut(tc.lines, "|")
			want := strings.ReplaceAll(tc.fields, "|", "\n")
			if want != "" {
				want += "\n"
			}
			if got := strings.TrimPrefix(fields(h), kind+"\n"); !strings.HasPrefix(kind, "X-") &&
				got != want {
				t.Errorf("the fields are\n%swant\n%s", got, want)
			}
			if coders.used.Load() != 0 {
				t.Error("memory of a coder is not given back")
			}
		})
	}
}

// What the route's own edits have set counts as what the endpoint has sent.
func TestEditsOfOtherPoliciesCount(t *testing.T) {
	for _, tc := range []struct {
		set    map[string]string
		remove []string
		coded  bool
	}{
		{nil, nil, false}, // a cookie
		{nil, []string{"Set-Cookie"}, true},
		{map[string]string{"Cache-Control": "no-transform"}, []string{"Set-Cookie"}, false},
		{map[string]string{"Content-Type": "image/png"}, []string{"Set-Cookie"}, false},
	} {
		p, _ := made(t, nil)
		h := response(t, "200", 5000, "Content-Type: text/plain", "Set-Cookie: a=b")
		h.Edit(http1.NewEdits(tc.set, tc.remove))
		change := p.Transform(
			&policy.Request{Head: request(t, "GET", "Accept-Encoding: gzip")}, h)
		if (change != nil) != tc.coded {
			t.Errorf("set %v, removed %v: coded %v", tc.set, tc.remove, change != nil)
		}
	}
	p, _ := made(t, nil)
	h := response(t, "200", 5000, "Content-Type: text/plain")
	h.Edit(http1.NewAddition("Vary", "Accept"))
	p.Transform(&policy.Request{Head: request(t, "GET", "Accept-Encoding: gzip")}, h)
	if got := fields(h); strings.Count(got, "Vary:") != 1 ||
		!strings.Contains(got, "Vary: Accept, Accept-Encoding\n") {
		t.Errorf("the fields are %q", got)
	}
}

func TestCookiesAreCodedWhereAskedFor(t *testing.T) {
	p, _ := made(t, func(c *config.Compress) { c.Cookies = true })
	h := response(t, "200", 5000, "Content-Type: text/plain", "Set-Cookie: a=b")
	if p.Transform(&policy.Request{Head: request(t, "GET", "Accept-Encoding: gzip")}, h) == nil {
		t.Error("it is not coded")
	}
}

// HEAD gets the fields of GET, and takes no coder for that.
func TestHeadGetsTheFieldsOfGet(t *testing.T) {
	p, coders := made(t, nil)
	for _, length := range []int64{-1, 10, 5000} {
		var got [2]string
		for i, method := range []string{"GET", "HEAD"} {
			h := response(t, "200", length, "Content-Type: text/plain", `ETag: "a"`)
			p.Transform(&policy.Request{Head: request(t, method, "Accept-Encoding: br")}, h)
			got[i] = fields(h)
		}
		if got[0] != got[1] {
			t.Errorf("%d bytes: GET gets %q, HEAD %q", length, got[0], got[1])
		}
	}
	if n := coders.counts[brotlied].responses.Load(); n != 2 {
		t.Errorf("%d coders were taken, want those of GET", n)
	}
}

// A 304 has the tag that its client has.
func TestNotModifiedTellsOfWhatTheClientHas(t *testing.T) {
	for _, tc := range []struct{ ask, want string }{
		{`W/"a"`, `Vary: Accept-Encoding|ETag: W/"a"|`},
		{`"a"`, `ETag: "a"|Vary: Accept-Encoding|`},
		{`"b", W/"a"`, `Vary: Accept-Encoding|ETag: W/"a"|`},
		{`*`, `ETag: "a"|Vary: Accept-Encoding|`}, {`W/"aa"`, `ETag: "a"|Vary: Accept-Encoding|`},
		{`"a", W/"a"`, `Vary: Accept-Encoding|ETag: W/"a"|`},
	} {
		p, _ := made(t, nil)
		h := response(t, "304", -1, `ETag: "a"`)
		p.Transform(&policy.Request{
			Head: request(t, "GET", "Accept-Encoding: gzip", "If-None-Match: "+tc.ask),
		}, h)
		if got := strings.ReplaceAll(fields(h), "\n", "|"); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.ask, got, tc.want)
		}
	}
}

// Over the bound a response goes as it is, and says that it might have been another.
func TestTheMemoryOfCodersIsBounded(t *testing.T) {
	c := config.NewCompress()
	coders := new(Coders)
	made, err := New(&config.Route{Compress: c}, coders, 2*weight(gzipped, 1))
	if err != nil {
		t.Fatal(err)
	}
	p := made.(*Policy)
	ask := func() (policy.Transform, string) {
		h := response(t, "200", -1, "Content-Type: text/plain")
		change := p.Transform(
			&policy.Request{Head: request(t, "GET", "Accept-Encoding: gzip")}, h)
		return change, fields(h)
	}
	one, _ := ask()
	two, _ := ask()
	three, got := ask()
	if one == nil || two == nil || three != nil {
		t.Fatalf("%v %v %v", one, two, three)
	}
	if want := "Content-Type: text/plain\nVary: Accept-Encoding\n"; got != want {
		t.Errorf("the fields are %q, want %q", got, want)
	}
	if coders.plain.Load() != 1 {
		t.Errorf("%d are counted", coders.plain.Load())
	}
	one.Release()
	if again, _ := ask(); again == nil {
		t.Error("what was given back is not lent again")
	}
}
