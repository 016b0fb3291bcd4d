package tracecontext_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

func TestParseB3(t *testing.T) {
	short := strings.Repeat("0", 16) + trace[16:]
	for value, want := range map[string]struct {
		trace    string // "": it has none
		decision tracecontext.Decision
		none     bool
	}{
		trace + "-" + span:                    {trace, tracecontext.Undecided, false},
		trace + "-" + span + "-1":             {trace, tracecontext.Accept, false},
		trace + "-" + span + "-0":             {trace, tracecontext.Deny, false},
		trace + "-" + span + "-d":             {trace, tracecontext.Accept, false},
		trace + "-" + span + "-1-" + span:     {trace, tracecontext.Accept, false},
		trace[16:] + "-" + span + "-1":        {short, tracecontext.Accept, false},
		trace[16:] + "-" + span:               {short, tracecontext.Undecided, false},
		"0":                                   {"", tracecontext.Deny, false},
		"1":                                   {"", tracecontext.Accept, false},
		"d":                                   {"", tracecontext.Accept, false},
		"x":                                   {none: true},
		"":                                    {none: true},
		trace:                                 {none: true},
		trace + "-":                           {none: true},
		trace + "-" + span + "-":              {none: true},
		trace + "-" + span + "-2":             {none: true},
		trace + "-" + span + "-1-":            {none: true},
		trace + "-" + span + "-1-x" + span:    {none: true},
		trace + "-" + span + "x1":             {none: true},
		trace + "-" + span + span:             {none: true},
		strings.Repeat("0", 32) + "-" + span:  {none: true},
		trace + "-" + strings.Repeat("0", 16): {none: true},
	} {
		c, ok := tracecontext.ParseB3([]byte(value))
		got := ""
		if !c.Parent.Trace.IsZero() {
			got = string(c.Parent.Trace.Append(nil))
		}
		if ok == want.none || got != want.trace || c.Decision != want.decision ||
			c.Parent.Sampled() != (c.Decision == tracecontext.Accept) {
			t.Errorf("%q is %v %v, want %v", value, c, ok, want)
		}
	}
}

func TestParseXB3(t *testing.T) {
	for _, c := range []struct {
		trace, span, sampled, flags string
		decision                    tracecontext.Decision
		ok                          bool
	}{
		{trace, span, "1", "", tracecontext.Accept, true},
		{trace, span, "0", "", tracecontext.Deny, true},
		{trace, span, "true", "", tracecontext.Accept, true},
		{trace, span, "false", "", tracecontext.Deny, true},
		{trace, span, "", "", tracecontext.Undecided, true},
		{trace, span, "", "1", tracecontext.Accept, true},
		{trace, span, "0", "1", tracecontext.Accept, true},
		{trace, span, "", "0", tracecontext.Undecided, true},
		{trace[16:], span, "1", "", tracecontext.Accept, true},
		{"", "", "0", "", tracecontext.Deny, true},
		{"", "", "", "", tracecontext.Undecided, false},
		{trace, "", "1", "", tracecontext.Undecided, false},
		{"", span, "1", "", tracecontext.Undecided, false},
		{trace, span, "2", "", tracecontext.Undecided, false},
		{"x" + trace[1:], span, "1", "", tracecontext.Undecided, false},
	} {
		got, ok := tracecontext.ParseXB3([]byte(c.trace), []byte(c.span), []byte(c.sampled),
			[]byte(c.flags))
		if ok != c.ok || got.Decision != c.decision ||
			got.Parent.Trace.IsZero() != (!ok || c.trace == "") {
			t.Errorf("%v is %v %v", c, got, ok)
		}
	}
}

func FuzzB3(f *testing.F) {
	f.Add(trace + "-" + span + "-1-" + span)
	f.Fuzz(func(t *testing.T, value string) {
		c, ok := tracecontext.ParseB3([]byte(value))
		if !ok || c.Parent.Trace.IsZero() {
			return
		}
		again, ok := tracecontext.ParseB3(c.Parent.AppendB3(nil))
		if !ok || again.Parent != c.Parent {
			t.Fatalf("%q is %v", value, c)
		}
	})
}
