package main

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{
		"--rows", "1m,rate,routes", "--rate", "500", "--rivals", "nginx", "--also",
		"old=prog --x={listen}",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.cases) != 3 || o.cases[2].Routes != 1000 || !o.cases[2].Logged ||
		o.cases[0].Body.Size != 1<<20 || o.cases[0].Rate != 0 || o.cases[1].Rate != 500 {
		t.Errorf("cases %+v", o.cases)
	}
	if len(o.rivals) != 1 || len(o.also) != 1 || o.also[0].command != "prog --x={listen}" {
		t.Errorf("%+v", o)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for _, args := range []string{
		"--rows 2g", "--rivals envoy", "--rounds 0", "--duration 1ms", "--load ab", "--also x",
		"--rate 0", "file",
	} {
		if _, err := parseOptions(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%s was taken", args)
		}
		var stderr bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), io.Discard, &stderr); code != exitUsage ||
			stderr.Len() == 0 {
			t.Errorf("%s ended with %d and said %q", args, code, stderr.String())
		}
	}
}

// TestDefaultsFitTheirLimit wants room for every turn and, besides, for some of them twice.
func TestDefaultsFitTheirLimit(t *testing.T) {
	o, err := parseOptions(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.limit != 5*time.Minute || o.retries() < o.rounds {
		t.Errorf("limit %v, %d retries", o.limit, o.retries())
	}
}

func TestPathsAreTheCallers(t *testing.T) {
	t.Setenv("BUILD_WORKING_DIRECTORY", "/home/me")
	for in, want := range map[string]string{
		"": "", "out.svg": "/home/me/out.svg", "/tmp/out.svg": "/tmp/out.svg",
	} {
		if got := fromCaller(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestTheRowsOfTheRelayHaveALoadOfTheirOwn(t *testing.T) {
	o, err := parseOptions([]string{"--rows", "relay-pingpong,relay-bulk,relay-setup"}, io.Discard)
	if err != nil || len(o.cases) != 3 {
		t.Fatalf("%+v, %v", o.cases, err)
	}
	for _, c := range o.cases {
		if c.Kind == "" {
			t.Errorf("%s does not say what it is", c.Name)
		}
	}
}

func TestRowsOfWhatObservingCostsHaveTheirOwnProxies(t *testing.T) {
	o, err := parseOptions([]string{"--rows", "observed,traced"}, io.Discard)
	if err != nil || len(o.cases) != 2 {
		t.Fatalf("%d cases, %v", len(o.cases), err)
	}
	o.edge = "/bin/true"
	site := rig.Site{Dir: t.TempDir(), Upstream: "127.0.0.1:1", Duty: rig.Few()}
	if err := o.equipObserved(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	for _, c := range o.cases {
		var names []string
		for _, p := range c.Proxies {
			if strings.Contains(p.Name, "-") != (p.AccessLog != "") {
				t.Errorf("%s: %s has the log %q", c.Name, p.Name, p.AccessLog)
			}
			names = append(names, p.Name)
		}
		want := []string{"edge", "nginx", "edge-" + c.Name, "nginx-" + c.Name}
		if !slices.Equal(names, want) {
			t.Errorf("%s: %q, want %q", c.Name, names, want)
		}
	}
}

func TestRowsOfPoliciesHaveTwoEdgesAndOneRequest(t *testing.T) {
	o, err := parseOptions([]string{"--rows",
		"contract,auth-jwt,auth-basic,rate-limit,compress"}, io.Discard)
	if err != nil || len(o.cases) != 5 {
		t.Fatalf("%d cases, %v", len(o.cases), err)
	}
	o.edge = "/bin/true"
	site := rig.Site{Dir: t.TempDir(), Upstream: "127.0.0.1:1", Duty: rig.Few()}
	if err := o.equipPolicies(t.Context(), site, 1); err != nil {
		t.Fatal(err)
	}
	for _, c := range o.cases {
		var names, texts []string
		for _, p := range c.Proxies {
			names = append(names, p.Name)
			text, err := os.ReadFile(p.Argv[len(p.Argv)-1])
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
		if want := []string{"edge", "edge-" + c.Name}; !slices.Equal(names, want) ||
			c.Over != want[1] {
			t.Fatalf("%s: %q and %q, want %q", c.Name, names, c.Over, want)
		}
		if strings.Count(texts[0], "\n  - ") != strings.Count(texts[1], "\n  - ") &&
			c.Name != "compress" {
			t.Errorf("%s: the edges have other routes\n%s\n%s", c.Name, texts[0], texts[1])
		}
		if (c.Message == "") != (c.Load != nil) {
			t.Errorf("%s: there has to be a message or a load", c.Name)
		}
	}
}
