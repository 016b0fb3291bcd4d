package search_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/release/site/search"
)

func TestNamesAreWordsAndSoAreTheirParts(t *testing.T) {
	got := search.Words("Set `drain.timeout` (30 s). GW_NO_ROUTE, max_body_bytes: 1; a -- Größe...")
	want := strings.Fields("set drain.timeout drain timeout 30 gw_no_route gw no route " +
		"max_body_bytes max body bytes größe")
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWordsAreFoundWhereTheyStand(t *testing.T) {
	sections := []search.Section{
		{URL: "tls.html", Page: "TLS", Heading: "TLS", Text: "Certificates and keys."},
		{
			URL: "tls.html#renewal", Page: "TLS", Heading: "Renewal",
			Text: "A certificate is renewed.",
		},
		{URL: "log.html", Page: "Log", Heading: "Log", Text: strings.Repeat("tls ", 1000)},
	}
	text, err := search.Index(sections)
	if err != nil {
		t.Fatal(err)
	}
	again, err := search.Index(sections)
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("made again it differs: %v", err)
	}
	var made struct {
		Places [][3]string
		Words  map[string][]int
	}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	if len(made.Places) != 3 || made.Places[1] != [3]string{"tls.html#renewal", "TLS", "Renewal"} {
		t.Errorf("the places are %q", made.Places)
	}
	for word, want := range map[string][]int{
		"renewed": {1, 1}, "renewal": {1, 8}, "tls": {0, 20, 2, 40}, "certificates": {0, 1},
	} {
		if got := made.Words[word]; !slices.Equal(got, want) {
			t.Errorf("%s is at %v, want %v", word, got, want)
		}
	}
}

func FuzzWordsAreBounded(f *testing.F) {
	f.Add("a.b--c_ d")
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range search.Words(text) {
			if len(w) < 2 || len(w) > 40 || strings.ContainsAny(w, " \n,") {
				t.Errorf("a word is %q", w)
			}
		}
	})
}
