package accesslog_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
)

// written is what a writer with these options makes of what log gives it.
func written(t testing.TB, o accesslog.Options, log func(*accesslog.Writer)) string {
	t.Helper()
	var out output
	w := accesslog.NewWriter(&out, o)
	log(w)
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return strings.Join(out.lines(), "\n")
}

func TestALineOfText(t *testing.T) {
	text := accesslog.Form{Text: true}
	full := accesslog.Form{Text: true, Query: true, HideQuery: []string{"token"}}
	hiding := accesslog.Form{Text: true, HideFields: []string{"host", "path", "cause", "client"}}
	for name, tc := range map[string]struct {
		form   accesslog.Form
		change func(*accesslog.Entry)
		want   string
	}{
		"a failure": {text, func(e *accesslog.Entry) { e.Cause = `it said "no"` + "\x1b[2J\u009b" },
			"2026-01-02T02:04:05.006Z 502 GET  api.example.com/users/7 1.23ms users-api -> " +
				`127.0.0.1:9001 GW_UPSTREAM_RESET it said "no"\u001b[2J\u009b`},
		"a good one": {text, func(e *accesslog.Entry) {
			e.Status, e.Code, e.Method, e.Duration = 200, "", []byte("OPTIONS"), 61*time.Second
		}, "2026-01-02T02:04:05.006Z 200 OPTIONS api.example.com/users/7 61.0s users-api -> " +
			"127.0.0.1:9001"},
		"no route": {text, func(e *accesslog.Entry) {
			*e = accesslog.Entry{Time: e.Time, Status: 404, Code: "GW_NO_ROUTE",
				Method: []byte("GET"), Host: e.Host, Path: []byte("/\xff\n")}
		}, `2026-01-02T02:04:05.006Z 404 GET  api.example.com/\ufffd\n 0.00ms GW_NO_ROUTE`},
		"what is no request": {text, func(e *accesslog.Entry) {
			*e = accesslog.Entry{Time: e.Time, Code: "GW_OVERLOADED", RefusedStreams: 7}
		}, "2026-01-02T02:04:05.006Z   - -    - 0.00ms 7 refused streams GW_OVERLOADED"},
		"a query": {full, func(e *accesslog.Entry) {
			e.Status, e.Code, e.Query = 200, "", []byte("?a=b&token=s&c=d")
		}, "2026-01-02T02:04:05.006Z 200 GET  api.example.com/users/7?a=b&token=<redacted>&c=d " +
			"1.23ms users-api -> 127.0.0.1:9001"},
		"hidden fields": {hiding, func(e *accesslog.Entry) { e.Cause = "s" },
			"2026-01-02T02:04:05.006Z 502 GET  <redacted><redacted> 1.23ms users-api -> " +
				"127.0.0.1:9001 GW_UPSTREAM_RESET"},
	} {
		e := entry()
		tc.change(&e)
		got := written(t, accesslog.Options{Form: tc.form}, func(w *accesslog.Writer) { w.Log(&e) })
		if got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tc.want)
		}
	}
	s := session()
	s.Cause = "nothing came for 1h"
	got := written(t, accesslog.Options{Form: text}, func(w *accesslog.Writer) { w.LogSession(&s) })
	if want := "2026-01-02T02:04:05.006Z TCP db from [2001:db8::1]:4711 1h30m postgres -> " +
		"127.0.0.1:5433 in 1B out 1.0TB idle_timeout nothing came for 1h " +
		"(0af7651916cd43dd8448eb211c80319c)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = written(t, accesslog.Options{Form: hiding},
		func(w *accesslog.Writer) { w.LogSession(&s) })
	if strings.Contains(got, "4711") || strings.Contains(got, "nothing came") {
		t.Errorf("%s has what is to be left out", got)
	}
}

func TestDurationsAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "0.00ms", 420 * time.Microsecond: "0.42ms", 4219 * time.Microsecond: "4.21ms",
		42190 * time.Microsecond: "42.1ms", 421 * time.Millisecond: "421ms",
		4219 * time.Millisecond: "4.21s", 99 * time.Second: "99.0s", 100 * time.Second: "1m40s",
		time.Hour: "1h00m", 100*time.Hour + 59*time.Minute: "100h59m",
	} {
		e := entry()
		e.Duration = d
		got := written(t, accesslog.Options{Form: accesslog.Form{Text: true}},
			func(w *accesslog.Writer) { w.Log(&e) })
		if !strings.Contains(got, " "+want+" ") {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// Each colour that is begun is ended, and a line without one is the same but for colours.
func TestColoursOfText(t *testing.T) {
	for status, want := range map[int]string{
		0: "33", 101: "32", 200: "32", 302: "36", 404: "33", 499: "33", 502: "31",
	} {
		e := entry()
		e.Status = status
		log := func(w *accesslog.Writer) { w.Log(&e) }
		plain := written(t, accesslog.Options{Form: accesslog.Form{Text: true}}, log)
		got := written(t, accesslog.Options{
			Form: accesslog.Form{Text: true, Colour: true},
		}, log)
		if !strings.Contains(got, "\x1b["+want+"m") ||
			strings.Count(got, "\x1b[") != 2*strings.Count(got, "\x1b[0m") {
			t.Errorf("%d: %q", status, got)
		}
		for _, code := range []string{"\x1b[" + want + "m", "\x1b[0m"} {
			got = strings.ReplaceAll(got, code, "")
		}
		if got != plain {
			t.Errorf("without colours:\n%q\n%q", got, plain)
		}
	}
}

// A person at a terminal sees the time of day, and lines that fit a terminal of 120 columns.
func TestALineThatIsWatched(t *testing.T) {
	form := accesslog.Form{Text: true, Watched: true, Query: true}
	for name, path := range map[string]string{
		"short": "/users/7", "long": "/" + strings.Repeat("a", 2000),
		"long and not ASCII": "/" + strings.Repeat("世", 2000),
		"just too long":      "/" + strings.Repeat("a", 41),
		"just fits":          "/" + strings.Repeat("a", 40),
	} {
		e := entry()
		e.Path = []byte(path)
		got := written(t, accesslog.Options{Form: form}, func(w *accesslog.Writer) { w.Log(&e) })
		if n := utf8.RuneCountInString(got); n > 140 || !utf8.ValidString(got) ||
			strings.Contains(got, "…") != strings.HasPrefix(name, "long") &&
				name != "just too long" {
			t.Errorf("%s: %d columns: %s", name, n, got)
		}
		if clock, _, _ := strings.Cut(got, " "); len(clock) != len("15:04:05.000") {
			t.Errorf("the time is %s", clock)
		}
	}
	e := entry()
	e.Status, e.Code = 200, ""
	got := written(t, accesslog.Options{Form: form}, func(w *accesslog.Writer) { w.Log(&e) })
	if n := len(got); n > 120 {
		t.Errorf("%d columns: %s", n, got)
	}
}

// Whatever clients send, a line of text is one line, and no terminal obeys anything in it.
func FuzzLineOfTextIsSafe(f *testing.F) {
	f.Add("GET", "a.org", "/\n\xff\"", "\u2028", int64(1))
	f.Add("", "", "", "\x1b]0;", int64(-1<<63))
	f.Fuzz(func(t *testing.T, method, host, path, cause string, n int64) {
		e := accesslog.Entry{
			Method: []byte(method), Host: []byte(host), Path: []byte(path), Query: []byte(path),
			Cause: cause, Contract: cause, Rule: path, Code: "GW_NO_ROUTE", Route: host,
			Endpoint: cause, Status: int(int32(n)), Duration: time.Duration(n),
		}
		s := accesslog.Session{
			Client: []byte(host), Listener: path, Cause: cause, BytesIn: n, BytesOut: -n,
			Duration: time.Duration(n), CloseReason: method,
		}
		for _, watched := range []bool{false, true} {
			o := accesslog.Options{
				Form: accesslog.Form{Text: true, Watched: watched, Query: true},
			}
			text := written(t, o, func(w *accesslog.Writer) { w.Log(&e); w.LogSession(&s) })
			if strings.Count(text, "\n") != 1 || !utf8.ValidString(text) {
				t.Fatalf("%q", text)
			}
			for _, r := range strings.ReplaceAll(text, "\n", "") {
				if unicode.IsControl(r) || jsonstr.Hidden(r) {
					t.Fatalf("%q has %U", text, r)
				}
			}
		}
	})
}
