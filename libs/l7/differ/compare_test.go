package differ

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// rules are those of a configuration, with the defaults of a file.
func rules(change func(*config.Compare)) *Rules {
	c := &config.Compare{Status: true, Body: config.BodyJSON, MaxBodyBytes: 64 << 10}
	if change != nil {
		change(c)
	}
	return New(c)
}

// answer is an answer with a head, which is lines, and a body.
func answer(t *testing.T, r *Rules, head, body string) *Answer {
	t.Helper()
	var h http1.ResponseHead
	h.Reset(http1.Limits{})
	text := "HTTP/1.1 " + strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n"
	if _, err := h.Parse([]byte(text)); err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	a := new(Answer)
	r.Head(a, &h)
	for len(body) > 0 { // as pieces
		n := min(len(body), 7)
		r.Add(a, []byte(body[:n]))
		body = body[n:]
	}
	a.Whole = true
	return a
}

// places are where two answers differ, as "part at".
func places(report *Report) (all []string) {
	for _, d := range report.Differences {
		all = append(all, strings.TrimSpace(d.Part.String()+" "+d.At))
	}
	return all
}

const document = `{"id": 7, "name": "Ada", "active": true, "score": 1.5, "none": null,
"tags": ["a", "b", "c"], 
"address": {"city": "Paris", "zip": "75001", "geo": {"lat": 48.85, "lon": 2.35}},
"items": [{"id": 1, "price": 10}, {"id": 2, "price": 20}], "empty": {}, "list": [],
"note": "x/y", "a~b": 1, "a/b": 2, "big": 12345678901234567890, "long": "` + "0123456789" + `"}`

// Twenty differences are planted, one in each pair of answers. Each is found, and nothing else.
func TestPlantedDifferencesAreFound(t *testing.T) {
	r := rules(func(c *config.Compare) {
		c.Headers = []string{"Content-Type", "X-Version", "X-Gone"}
	})
	const head = "200 OK\nContent-Type: application/json\nX-Version: 1\nDate: now"
	type plant struct{ old, new, at string }
	plants := []plant{
		{"200 OK", "500 Broken", "status"},
		{"application/json", "application/json; charset=utf-8", "header content-type"},
		{"X-Version: 1", "X-Version: 2", "header x-version"},
		{"\nX-Version: 1", "", "header x-version"},
		{"Date: now", "Date: now\nX-Gone: here", "header x-gone"},
		{`"id": 7`, `"id": 8`, "body /id"},
		{`"id": 7`, `"id": "7"`, "body /id"},
		{`"Ada"`, `"ada"`, "body /name"},
		{`true`, `false`, "body /active"},
		{`1.5`, `1.50001`, "body /score"},
		{`null`, `0`, "body /none"},
		{`"none": null,`, ``, "body /none"},
		{`"b", "c"`, `"c", "c"`, "body /tags/1"},
		{`, "c"]`, `]`, "body /tags/2"},
		{`"lon": 2.35`, `"lon": -2.35`, "body /address/geo/lon"},
		{`{"id": 2, "price": 20}`, `{"id": 2, "price": 20, "was": 25}`, "body /items/1/was"},
		{`"empty": {}`, `"empty": []`, "body /empty"},
		{`"a~b": 1`, `"a~b": 2`, "body /a~0b"},
		{`"a/b": 2`, `"a/b": 3`, "body /a~1b"},
		{`12345678901234567890`, `12345678901234567891`, "body /big"},
	}
	if len(plants) != 20 {
		t.Fatal(len(plants))
	}
	one := answer(t, r, head, document)
	for _, p := range plants {
		if !strings.Contains(head+document, p.old) {
			t.Fatalf("%q is nowhere", p.old)
		}
		other := answer(t, r, strings.Replace(head, p.old, p.new, 1),
			strings.Replace(document, p.old, p.new, 1))
		for _, pair := range [][2]*Answer{{one, other}, {other, one}} {
			report := r.Compare(pair[0], pair[1])
			got := places(report)
			if report.Result != metrics.ComparedDifferent || !slices.Equal(got, []string{p.at}) {
				t.Errorf("%s -> %s: %v, %q, and %q is planted", p.old, p.new, report.Result, got,
					p.at)
			}
		}
	}
	// All of one body at once.
	body, want := document, []string{}
	for _, p := range plants[5:] {
		next := strings.Replace(body, p.old, p.new, 1)
		if next != body && !slices.Contains(want, p.at) {
			body, want = next, append(want, p.at)
		}
	}
	slices.Sort(want)
	got := places(r.Compare(one, answer(t, r, head, body)))
	slices.Sort(got)
	if !slices.Equal(got, want) || len(want) < 12 {
		t.Errorf("got %q, planted %q", got, want)
	}
}

// What says the same is the same, however it is written.
func TestNothingIsInvented(t *testing.T) {
	r := rules(func(c *config.Compare) { c.Headers = []string{"X-Version"} })
	for _, pair := range [][2]string{
		{`{"a": 1, "b": 2}`, `{"b":2,"a":1}`},
		{`{"a": 1}`, "\n{ \"a\" :\t1.0 }\n"},
		{`[1, 100, 0.5, -0, 12e2, 0.001]`, `[1.0, 1e2, 5e-1, 0.0, 1200, 1E-3]`},
		{`"\u00e9\/"`, `"é/"`},
		{`{"a": {"x": [1, {"y": null}]}}`, `{"a":{"x":[1,{"y":null}]}}`},
		{``, ``},
		{`1e400`, `10e399`},
		{`123456789012345678901234567890`, `123456789012345678901234567890.0`},
	} {
		report := r.Compare(answer(t, r, "200 OK\nX-Version: 1\nDate: a", pair[0]),
			answer(t, r, "200 Fine\nx-version: 1\nDate: b\nServer: c", pair[1]))
		if report.Result != metrics.ComparedSame || len(report.Differences) > 0 {
			t.Errorf("%s, %s: %v, %q", pair[0], pair[1], report.Result, places(report))
		}
	}
}

func TestIgnoredValuesAreNotCompared(t *testing.T) {
	const one = `{"ts": 1, "items": [{"id": 1, "at": 5}, {"id": 2, "at": 6}],
"meta": {"a": {"b": 1}}}`
	const other = `{"ts": 2, "items": [{"id": 1, "at": 7}, {"id": 3, "at": 8}],
"meta": {"a": {"c": 1}}}`
	for _, c := range []struct {
		ignore []string
		want   []string
	}{
		{nil, []string{"body /items/0/at", "body /items/1/at", "body /items/1/id", "body /meta/a/b",
			"body /meta/a/c", "body /ts"}},
		{[]string{"/ts", "/items/*/at", "/meta"}, []string{"body /items/1/id"}},
		{[]string{"/ts", "/items/0/at", "/meta/a/b", "/meta/a/c"},
			[]string{"body /items/1/at", "body /items/1/id"}},
		{[]string{"/*", "/none/x"}, nil},
		{[]string{"/ts", "/items/*/at", "/items/1/id", "/*/a"}, nil},
	} {
		r := rules(func(o *config.Compare) { o.Ignore = c.ignore })
		report := r.Compare(answer(t, r, "200 OK", one), answer(t, r, "200 OK", other))
		if got := places(report); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.ignore, got, c.want)
		}
	}
}

// Bodies with a coding are compared by what they decode to.
func TestCodedBodies(t *testing.T) {
	r := rules(nil)
	code := func(coding, text string) string {
		var b bytes.Buffer
		switch coding {
		case "gzip":
			w := gzip.NewWriter(&b)
			_, _ = w.Write([]byte(text))
			w.Close()
		case "br":
			w := brotli.NewWriter(&b)
			_, _ = w.Write([]byte(text))
			w.Close()
		case "zstd":
			w, err := zstd.NewWriter(&b)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = w.Write([]byte(text))
			w.Close()
		default:
			return text
		}
		return b.String()
	}
	head := func(coding string) string { return "200 OK\nContent-Encoding: " + coding }
	for _, one := range []string{"gzip", "br", "zstd", "identity"} {
		for _, other := range []string{"gzip", "br", "zstd", "identity"} {
			p := answer(t, r, head(one), code(one, document))
			same := answer(t, r, head(other), code(other, strings.Replace(document, "7", "7.0", 1)))
			if got := r.Compare(p, same); got.Result != metrics.ComparedSame {
				t.Errorf("%s, %s: %v %q", one, other, got.Result, places(got))
			}
			not := answer(t, r, head(other), code(other, strings.Replace(document, "7", "8", 1)))
			if got := r.Compare(p, not); !slices.Equal(places(got), []string{"body /id"}) {
				t.Errorf("%s, %s: %v %q", one, other, got.Result, places(got))
			}
		}
	}
	plain := answer(t, r, "200 OK", document)
	for name, c := range map[string]struct {
		coding, body string
		want         metrics.MirrorComparison
	}{
		"unknown": {"compress", "x", metrics.ComparedCoded},
		"two":     {"gzip, gzip", "x", metrics.ComparedCoded},
		"broken":  {"gzip", "no gzip", metrics.ComparedCoded},
		"cut":     {"gzip", code("gzip", document)[:40], metrics.ComparedCoded},
		"bomb":    {"gzip", code("gzip", strings.Repeat(" ", 1<<20)), metrics.ComparedTooLong},
		"large":   {"zstd", code("zstd", strings.Repeat(" ", 1<<20)), metrics.ComparedTooLong},
		"much":    {"br", code("br", strings.Repeat(" ", 1<<20)), metrics.ComparedTooLong},
	} {
		if got := r.Compare(plain, answer(t, r, head(c.coding), c.body)); got.Result != c.want {
			t.Errorf("%s: %v", name, got.Result)
		}
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	r := rules(nil)
	ok := answer(t, r, "200 OK", `{}`)
	long := answer(t, r, "200 OK", strings.Repeat(" ", 70000))
	cut := answer(t, r, "200 OK", `{}`)
	cut.Whole = false
	for name, c := range map[string]struct {
		primary, mirror *Answer
		want            metrics.MirrorComparison
	}{
		"no response":       {new(Answer), ok, metrics.ComparedNoResponse},
		"a broken response": {cut, ok, metrics.ComparedNoResponse},
		"no mirror":         {ok, new(Answer), metrics.ComparedNoMirror},
		"a broken mirror":   {ok, cut, metrics.ComparedNoMirror},
		"long":              {long, ok, metrics.ComparedTooLong},
		"long mirror":       {ok, long, metrics.ComparedTooLong},
		"HTML": {
			answer(t, r, "200 OK", "<p>"), answer(t, r, "200 OK", "<b>"), metrics.ComparedNotJSON,
		},
		"HTML and JSON": {answer(t, r, "200 OK", "<p>"), ok, metrics.ComparedDifferent},
		"two values":    {ok, answer(t, r, "200 OK", "{} {}"), metrics.ComparedDifferent},
		"nothing":       {ok, answer(t, r, "200 OK", ""), metrics.ComparedDifferent},
	} {
		if got := r.Compare(c.primary, c.mirror); got.Result != c.want {
			t.Errorf("%s: %v", name, got.Result)
		}
	}
	// A status tells also where bodies can't be compared.
	if got := r.Compare(long, answer(t, r, "404 No", "")); !slices.Equal(places(got),
		[]string{"status"}) || got.Result != metrics.ComparedDifferent {
		t.Errorf("%v %q", got.Result, places(got))
	}
}

func TestExactBodies(t *testing.T) {
	r := rules(func(c *config.Compare) { c.Body, c.Status = config.BodyExact, false })
	one := answer(t, r, "200 OK", "abc")
	if got := r.Compare(one, answer(t, r, "201 OK", "abc")); got.Result != metrics.ComparedSame {
		t.Error(got.Result)
	}
	got := r.Compare(one, answer(t, r, "200 OK", "abX!"))
	if got.Result != metrics.ComparedDifferent ||
		*got.Differences[0].Mirror != "4 bytes, other from byte 2 on" {
		t.Errorf("%+v", got)
	}
}

// The status of a gRPC call is in its trailer section.
func TestStatusOfCalls(t *testing.T) {
	r := rules(func(c *config.Compare) {
		c.Body, c.Headers = config.BodyOff, []string{"grpc-message"}
	})
	call := func(trailer string) *Answer {
		a := answer(t, r, "200 OK\nContent-Type: application/grpc", "")
		r.Trailer(a, []byte(trailer))
		return a
	}
	one := call("grpc-status: 0\r\n")
	got := r.Compare(one, call("Grpc-Status: 0\r\nother: 1\r\n"))
	if got.Result != metrics.ComparedSame {
		t.Errorf("%v %q", got.Result, places(got))
	}
	got = r.Compare(one, call("grpc-status: 14\r\ngrpc-message: down\r\n"))
	if !slices.Equal(places(got), []string{"status grpc-status", "header grpc-message"}) {
		t.Errorf("%q", places(got))
	}
}

// No value of what may be a secret is shown, and values are short.
func TestSecretsAreNotShown(t *testing.T) {
	r := rules(func(c *config.Compare) {
		c.Headers = []string{"Set-Cookie", "Authorization", "X-Api-Key", "X-Long", "X-CSRF-Token"}
	})
	const secret = "hunter2"
	head := "200 OK\nSet-Cookie: a=hunter2%[1]d\nAuthorization: Bearer hunter2%[1]d\n" +
		"X-Api-Key: hunter2%[1]d\nX-CSRF-Token: hunter2%[1]d\nX-Long: " +
		strings.Repeat("x", 500) + "%[1]d"
	body := `{"password": "hunter2%[1]d", "access_token": "hunter2%[1]d",
"nested": {"secret": {"deep": "hunter2%[1]d"}},
"x": %[2]s, "long": "` + strings.Repeat("y", 500) + `%[1]d"}`
	one := answer(t, r, fmt.Sprintf(head, 1), fmt.Sprintf(body, 1, `{"token": "hunter2"}`))
	got := r.Compare(one, answer(t, r, fmt.Sprintf(head, 2), fmt.Sprintf(body, 2, `"none"`)))
	if len(got.Differences) != 10 {
		t.Errorf("%q", places(got))
	}
	for _, d := range got.Differences {
		for _, v := range []*string{d.Primary, d.Mirror} {
			if v != nil && (strings.Contains(*v, secret) || len(*v) > mostShown+8) {
				t.Errorf("%s %s shows %q", d.Part, d.At, *v)
			}
		}
	}
}

// Of many differences some are told, and all are counted.
func TestManyDifferences(t *testing.T) {
	r := rules(nil)
	list := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(fmt.Sprint(n)+",", 1000), ",") + "]"
	}
	got := r.Compare(answer(t, r, "200 OK", list(1)), answer(t, r, "200 OK", list(2)))
	if len(got.Differences) != Shown || got.Counts[metrics.PartBody] != 1000 {
		t.Errorf("%d shown, %d counted", len(got.Differences), got.Counts[metrics.PartBody])
	}
}

func FuzzCompare(f *testing.F) {
	for _, s := range []string{document, `[1,2]`, `"x"`, `1e5`, ``, `{"a":{"a":{}}}`, `-0.0e-7`} {
		f.Add(s, `{"a":1}`, "/a/*")
	}
	f.Fuzz(func(t *testing.T, one, other, ignore string) {
		c := &config.Compare{Status: true, Body: config.BodyJSON, MaxBodyBytes: 1 << 20}
		if _, err := config.ParsePointer(ignore); err == nil {
			c.Ignore = []string{ignore}
		}
		r := New(c)
		a := &Answer{Status: 200, Body: []byte(one), Whole: true}
		b := &Answer{Status: 200, Body: []byte(other), Whole: true}
		if got := r.Compare(a, a); got.Result != metrics.ComparedSame {
			t.Errorf("%q differs from itself: %v", one, got.Result)
		}
		there, back := r.Compare(a, b), r.Compare(b, a)
		if there.Result != back.Result || there.Counts != back.Counts {
			t.Errorf("%q, %q: %v %v, and %v %v the other way", one, other, there.Result,
				there.Counts, back.Result, back.Counts)
		}
		if v, ok := parse([]byte(one)); ok {
			if text := show("", v); text == nil || len(*text) > mostShown+8 {
				t.Errorf("%q is shown as %v", one, text)
			}
		}
	})
}
