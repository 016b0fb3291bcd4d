package tracecontext_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

const (
	trace = "12345678901234567890123456789012"
	span  = "1234567890123456"
)

// The cases are those of W3C's test suite for Trace Context, beside some of our own.
func TestParseParent(t *testing.T) {
	for value, want := range map[string]string{ // "": it is none
		"00-" + trace + "-" + span + "-01": "01",
		"00-" + trace + "-" + span + "-00": "00",
		"00-" + trace + "-" + span + "-03": "03",
		// Other flags mean nothing yet.
		"00-" + trace + "-" + span + "-ff": "03",
		"00-" + trace + "-" + span + "-fc": "00",
		// A version to come.
		"cc-" + trace + "-" + span + "-01":                         "01",
		"cc-" + trace + "-" + span + "-01-what-the-future-will-be": "01",
		"01-" + trace + "-" + span + "-01-":                        "01",
		"cc-" + trace + "-" + span + "-01.what":                    "",
		"cc-" + trace + "-" + span + "-0":                          "",
		"ff-" + trace + "-" + span + "-01":                         "",
		// Version 00 has this length.
		"00-" + trace + "-" + span + "-01-":                   "",
		"00-" + trace + "-" + span + "-01.":                   "",
		"00-" + trace + "-" + span + "-01-what":               "",
		"00-" + trace + "-" + span + "-0":                     "",
		"00-" + trace + "-" + span + "-001":                   "",
		"00-" + trace + "0-" + span + "-01":                   "",
		"00-" + trace + "-" + span + "0-01":                   "",
		"00-" + trace[1:] + "-" + span + "-01":                "",
		"00-" + trace + "-" + span[1:] + "-01":                "",
		"0-" + trace + "-" + span + "-01":                     "",
		"000-" + trace + "-" + span + "-01":                   "",
		".0-" + trace + "-" + span + "-01":                    "",
		"0.-" + trace + "-" + span + "-01":                    "",
		"00-" + trace[1:] + ".-" + span + "-01":               "",
		"00-." + trace[1:] + "-" + span + "-01":               "",
		"00-" + trace + "-." + span[1:] + "-01":               "",
		"00-" + trace + "-" + span + "-.0":                    "",
		"00-" + trace + "-" + span + "-0.":                    "",
		"00-" + trace + "_" + span + "-01":                    "",
		"00-" + strings.Repeat("0", 32) + "-" + span + "-01":  "",
		"00-" + trace + "-" + strings.Repeat("0", 16) + "-01": "",
		// Upper case is none of its letters.
		"00-ABCDEF78901234567890123456789012-" + span + "-01": "",
		"00-" + trace + "-ABCDEF7890123456-01":                "",
		"00-" + trace + "-" + span + "-0A":                    "",
		"":                                                    "", "-": "", "00": "",
		"00-": "", strings.Repeat("-", 55): "",
	} {
		p, ok := tracecontext.ParseParent([]byte(value))
		if !ok {
			if want != "" || p != (tracecontext.Parent{}) {
				t.Errorf("%q is none, and %v", value, p)
			}
			continue
		}
		if got := string(p.Append(nil)); got != "00-"+trace+"-"+span+"-"+want {
			t.Errorf("%q is %s, want flags %q", value, got, want)
		}
		if string(tracecontext.TraceOf([]byte(value))) != trace {
			t.Errorf("%q has another trace", value)
		}
	}
}

func FuzzParent(f *testing.F) {
	f.Add("00-" + trace + "-" + span + "-01")
	f.Add("cc-" + trace + "-" + span + "-01-x")
	f.Fuzz(func(t *testing.T, value string) {
		p, ok := tracecontext.ParseParent([]byte(value))
		if !ok {
			return
		}
		text := p.Append(nil)
		again, ok := tracecontext.ParseParent(text)
		if !ok || again != p || p.Trace.IsZero() || p.Span.IsZero() ||
			len(text) != tracecontext.ParentLength || string(text[3:52]) != value[3:52] {
			t.Fatalf("%q is %s", value, text)
		}
	})
}

// An ID that is derived is the same each time, and meets no other.
func TestChildrenAreTellingApart(t *testing.T) {
	seen := map[tracecontext.SpanID]bool{}
	for range 100 {
		id := tracecontext.NewSpanID()
		for n := range 100 {
			c := id.Child(n)
			if c != id.Child(n) || c.IsZero() || c == id || seen[c] {
				t.Fatalf("the child %d of %x is %x", n, id, c)
			}
			seen[c] = true
		}
	}
}

// The share that is sampled is the share that was asked for.
func TestChanceIsEven(t *testing.T) {
	const n = 100_000
	below := 0
	for range n {
		c := tracecontext.NewTraceID().Chance()
		if c < 0 || c >= 1 {
			t.Fatal(c)
		}
		if c < 0.1 {
			below++
		}
	}
	if below < n/10-1000 || below > n/10+1000 { // ten standard deviations
		t.Errorf("%d of %d are below 0.1", below, n)
	}
	var last tracecontext.TraceID
	for i := range last {
		last[i] = 0xff
	}
	if c := last.Chance(); c > 1 {
		t.Error(c)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	parent := []byte("00-" + trace + "-" + span + "-01")
	single, state := []byte(trace+"-"+span+"-1"), []byte("a=1 , b=2")
	dst := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() {
		p, _ := tracecontext.ParseParent(parent)
		c, _ := tracecontext.ParseB3(single)
		p.Span = tracecontext.NewSpanID().Child(3)
		dst = c.Parent.AppendB3(p.AppendXB3(p.Append(dst[:0])))
		var s tracecontext.State
		from := len(dst)
		dst = s.Cut(s.Append(dst, state), from)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
