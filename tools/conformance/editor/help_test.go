package editor_test

import (
	"slices"
	"strings"
	"testing"
)

// place returns the document without its mark, and where the mark was.
func place(t *testing.T, marked string) (string, position) {
	t.Helper()
	before, after, found := strings.Cut(marked, "¦")
	if !found {
		t.Fatal("no mark")
	}
	return before + after, position{
		Line:      strings.Count(before, "\n"),
		Character: len(before) - 1 - strings.LastIndexByte(before, '\n'),
	}
}

func TestHover(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		marked string
		words  []string
	}{
		{"version: 1\nlis¦teners: []\n", []string{"listeners", "accepts connections", "List"}},
		{"listeners:\n  - name: a\n    timeouts:\n      id¦le: 1m\n",
			[]string{`listeners\[\]\.timeouts\.idle`, "Duration", "`1h` when absent"}},
		{"listeners:\n  - name: a\n    limits:\n      max_head¦ers: 7\n",
			[]string{"Fields of a request", "1 to 10000", "`100` when absent"}},
		{"clusters:\n  - name: a\n    re¦use: safe\n",
			[]string{"Whose requests", "`never`: Each client's connection has its own."}},
		{"clusters:\n  - name: a\n    protocol: h¦2c\n",
			[]string{`clusters\[\]\.protocol`, "`h2c`: HTTP/2 in clear text."}},
		{"clusters:\n  - name: a\n    endpoints:\n      - addr¦ess: secret:env:A\n",
			[]string{`clusters\[\]\.endpoints\[\]\.address`, "`host:port`"}},
		{"routes:\n  - name: a\n    hosts: [api.¦example.com]\n", []string{"routes"}},
		{"tra¦cing: {sample: 0.1}\n", []string{"Which requests leave a trace"}},
		{"admin:\n  to¦ken: secret:env:A\n", []string{`admin\.token`, "Text"}},
	} {
		text, at := place(t, c.marked)
		got := s.hover(text, at)
		for _, w := range c.words {
			if !strings.Contains(got, w) {
				t.Errorf("%q: no %q in %q", c.marked, w, got)
			}
		}
	}
}

func TestCompletion(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		marked      string
		has, hasNot []string
	}{
		{"version: 1\n¦", []string{"listeners", "clusters", "routes", "admin"},
			[]string{"address"}},
		{"version: 1\nlisteners:\n  - ¦", []string{"name", "address", "tls"},
			[]string{"clusters"}},
		{"version: 1\nlisteners:\n  - name: web\n    ¦", []string{"address", "protocol", "limits"},
			[]string{"name"}},
		{"listeners:\n  - name: web\n    protocol: ¦", []string{"http", "tcp"}, []string{"null"}},
		{"listeners:\n  - name: web\n    limits:\n      ¦", []string{"max_connections"}, nil},
		{"clusters:\n  - name: a\n    security:\n      mode: ¦", []string{"none", "tls", "mtls"},
			nil},
		{"clusters:\n  - name: a\n    timeouts:\n      connect: ¦", []string{"5s"}, nil},
		{"routes:\n  - name: a\n    ¦", []string{"hosts", "cluster", "retry", "rate_limit"},
			[]string{"tracing", "address"}},
	} {
		text, at := place(t, c.marked)
		var labels []string
		for _, i := range s.complete(text, at) {
			labels = append(labels, i.Label)
		}
		for _, w := range c.has {
			if !slices.Contains(labels, w) {
				t.Errorf("%q: %q is not proposed: %q", c.marked, w, labels)
			}
		}
		for _, w := range c.hasNot {
			if slices.Contains(labels, w) {
				t.Errorf("%q: %q is proposed: %q", c.marked, w, labels)
			}
		}
		slices.Sort(labels)
		for i, label := range labels[:max(len(labels)-1, 0)] {
			if label == labels[i+1] {
				t.Errorf("%q: %q is proposed twice", c.marked, label)
			}
		}
	}
}

// What is proposed for a key shows what the key does.
func TestCompletionTellsWhatAKeyDoes(t *testing.T) {
	s := start(t)
	text, at := place(t, "version: 1\nclusters:\n  - name: web\n    ¦")
	proposed := s.complete(text, at)
	if len(proposed) < 5 {
		t.Fatalf("%d proposals", len(proposed))
	}
	for _, i := range proposed {
		if len(i.Documentation) < 10 {
			t.Errorf("%s says nothing", i.Label)
		}
	}
}
