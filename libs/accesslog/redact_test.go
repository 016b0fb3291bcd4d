package accesslog_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
)

// queryOf is the query that a line has of a request with this one.
func queryOf(t testing.TB, query string, f accesslog.Form) string {
	t.Helper()
	e := entry()
	e.Query = []byte(query)
	var line struct {
		Query *string `json:"query"`
	}
	text := written(t, accesslog.Options{Form: f}, func(w *accesslog.Writer) { w.Log(&e) })
	if err := json.Unmarshal([]byte(text), &line); err != nil || line.Query == nil {
		t.Fatalf("%v: %s", err, text)
	}
	return *line.Query
}

func TestSecretsOfAQueryAreLeftOut(t *testing.T) {
	f := accesslog.Form{Query: true, HideQuery: []string{"Token", "a-b", "x.y"}}
	for query, want := range map[string]string{
		"":                     "",
		"?":                    "",
		"?a=b":                 "a=b",
		"?token=s":             "token=<redacted>",
		"?a=b&token=s&c=d":     "a=b&token=<redacted>&c=d",
		"?TOKEN=s&toKen=s":     "TOKEN=<redacted>&toKen=<redacted>",
		"?t%6Fken=s":           "t%6Fken=<redacted>",
		"?token=s;t&a=b":       "token=<redacted>&a=b",
		"?a=b;token=s;c=d&e=f": "a=b;token=<redacted>&e=f",
		"?token=s=t":           "token=<redacted>",
		"?token=&token":        "token=&token",
		"?token[]=s":           "token[]=<redacted>",
		"?user[token]=s":       "user[token]=<redacted>",
		"?user.token=s":        "user.token=<redacted>",
		"?user%5Btoken%5D=s":   "user%5Btoken%5D=<redacted>",
		"?x.y=s&x=1&y=2":       "x.y=<redacted>&x=1&y=2",
		"?tokens=1&mytoken=2":  "tokens=1&mytoken=2",
		"?a-b=s&a_b=1":         "a-b=<redacted>&a_b=1",
		"?=s&&&;&%&%2=s&%zz=s": "=s&&&;&%&%2=s&%zz=s",
		"?a=\xff\"&token=\x00": "a=\ufffd\"&token=<redacted>",
	} {
		if got := queryOf(t, query, f); got != want {
			t.Errorf("%q is logged as %q, want %q", query, got, want)
		}
	}
	f.HideFields = []string{"query"}
	if got := queryOf(t, "?a=b", f); got != accesslog.Redacted {
		t.Errorf("the whole query is logged as %q", got)
	}
	for _, name := range accesslog.SecretQueries() {
		f := accesslog.Form{Query: true, HideQuery: accesslog.SecretQueries()}
		if got := queryOf(t, "?"+name+"=planted", f); strings.Contains(got, "planted") {
			t.Errorf("%s", got)
		}
	}
}

// Each field that can be left out is, and what stays is as it was.
func TestFieldsAreLeftOut(t *testing.T) {
	e := entry()
	e.Cause, e.Contract, e.TLSClient, e.Query = "why", "against", "CN=a", []byte("?a=b")
	e.Auth = accesslog.Auth{Kind: "jwt", Name: "main", Subject: "somebody"}
	read := func(hide ...string) (fields map[string]any) {
		text := written(t, accesslog.Options{Form: accesslog.Form{Query: true, HideFields: hide}},
			func(w *accesslog.Writer) { w.Log(&e) })
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return fields
	}
	whole := read()
	for _, field := range accesslog.Hideable() {
		got := read(field)
		for name, value := range whole {
			want := value
			switch {
			case name == field && name == "auth":
				want = "jwt main: " + accesslog.Redacted
			case name == field:
				want = accesslog.Redacted
			}
			if got[name] != want {
				t.Errorf("without %s: %s is %v, want %v", field, name, got[name], want)
			}
		}
		if _, ok := whole[field]; !ok {
			t.Errorf("%s is no field", field)
		}
	}
	s := session()
	text := written(t, accesslog.Options{Form: accesslog.Form{HideFields: []string{"client"}}},
		func(w *accesslog.Writer) { w.LogSession(&s) })
	if !strings.Contains(text, `"client":"<redacted>"`) {
		t.Errorf("%s", text)
	}
}

func TestSlowRequestsAreLogged(t *testing.T) {
	takes := func(d time.Duration) func(*accesslog.Entry) {
		return func(e *accesslog.Entry) { e.Duration = d }
	}
	fails := func(e *accesslog.Entry) { e.Status, e.Duration = 502, time.Second }
	for name, c := range map[string]struct {
		change func(*accesslog.Entry)
		errors accesslog.Errors
		want   bool
	}{
		"slow":          {takes(time.Second), accesslog.Always, true},
		"nearly slow":   {takes(time.Second - 1), accesslog.Always, false},
		"a slow error":  {fails, accesslog.Sampled, true},
		"none of a 5xx": {fails, accesslog.Never, false},
		"a tunnel": {func(e *accesslog.Entry) {
			e.Status, e.Duration = 101, time.Hour
		}, accesslog.Always, false},
		"a tunnel over HTTP/2": {func(e *accesslog.Entry) {
			e.Method, e.Duration = []byte("CONNECT"), time.Hour
		}, accesslog.Always, false},
		"refused streams": {func(e *accesslog.Entry) {
			e.Status, e.RefusedStreams = 0, 1
		}, accesslog.Always, true},
	} {
		e := entry()
		e.Status = 200
		c.change(&e)
		o := accesslog.Options{SampleNone: true, Slow: time.Second, Errors: c.errors}
		got := written(t, o, func(w *accesslog.Writer) { w.Log(&e) })
		if (got != "") != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Neither form, nor what is left out, costs an allocation for a line.
func TestNoFormAllocates(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a sync.Pool drops values at random")
	}
	for name, f := range map[string]accesslog.Form{
		"text":   {Text: true, Colour: true, Watched: true},
		"query":  {Query: true, HideQuery: accesslog.SecretQueries()},
		"hidden": {HideFields: accesslog.Hideable()},
		"all": {
			Text: true, Query: true, HideQuery: []string{"a"}, HideFields: accesslog.Hideable(),
		},
	} {
		w := accesslog.NewWriter(io.Discard, accesslog.Options{
			Buffer: 64 << 20, Flush: time.Hour, Form: f,
		})
		e, s := entry(), session()
		e.Query = []byte("?a=b&token=secret&c=%20d")
		for range 3000 { // let the buffers grow first
			w.Log(&e)
			w.LogSession(&s)
		}
		if n := testing.AllocsPerRun(1000, func() { w.Log(&e); w.LogSession(&s) }); n > 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// No line is in the form of another output, however the two change.
func TestEachOutputHasLinesOfItsOwnForm(t *testing.T) {
	outputs := []*file{newFile()}
	w := accesslog.NewWriter(outputs[0], accesslog.Options{
		Buffer: 64 << 20, Flush: time.Millisecond,
	})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		e := entry()
		for {
			select {
			case <-stop:
				return
			default:
				w.Log(&e)
			}
		}
	}()
	for i := range 100 {
		f := newFile()
		outputs = append(outputs, f)
		o := accesslog.Options{Form: accesslog.Form{Text: i%2 == 0}}
		if err := w.Reopen(func() (io.Writer, error) { return f, nil }, o); err != nil {
			t.Fatal(err)
		}
		if i%10 < 8 { // sometimes the next comes before this one is in use
			logLine(w, "here")
			<-outputs[i].closed
		}
	}
	close(stop)
	<-done
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, f := range outputs[:len(outputs)-1] {
		if next := i + 1; next%10 >= 8 || i%10 >= 8 {
			continue // its lines may have gone to the one before it
		}
		for _, l := range f.lines() {
			if text := l != "" && l[0] != '{'; text != (i%2 == 1) && l != "" {
				t.Fatalf("output %d has %s", i, l)
			}
		}
	}
}
