package draft

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// TestFeaturesAreThoseOfThisVersion fails when a feature comes, so that importers begin to use it:
// change its line in feature.go, and look at the goldens of each importer (-update).
func TestFeaturesAreThoseOfThisVersion(t *testing.T) {
	for feature, entry := range table() {
		sample := entry.sample
		if feature == Placeholders {
			// A text that is no placeholder is refused as soon as there are any.
			sample = strings.ReplaceAll(sample, "client.address", "no.such.thing")
		}
		_, ps := config.Options{Elsewhere: true}.Decode("sample.yaml", []byte(sample))
		has := len(ps) == 0
		if feature == Placeholders {
			has = !has
		}
		if has != entry.has {
			t.Errorf("%s: this version has it: %v, and feature.go says %v (%v)", feature, has,
				entry.has, ps)
		}
	}
}

func TestTextsAreQuotedWhereYAMLNeedsIt(t *testing.T) {
	for text, want := range map[string]string{
		"a": "a", "127.0.0.1:80": "127.0.0.1:80", "1.2": `"1.2"`, "on": `"on"`, "": `""`,
		"7":    `"7"`,
		"a: b": `"a: b"`, "*.a": `"*.a"`, "a\nb": `"a\nb"`, "::1": `"::1"`, "null": `"null"`,
		"a:": `"a:"`, "x#y": `"x#y"`, "\x7f\u0085": `"\u007f\u0085"`, "é": `"é"`, "0x1": `"0x1"`,
		"10.0.0.0/8": "10.0.0.0/8", "a:80": "a:80", "1e3": `"1e3"`, "-": `"-"`, "y": `"y"`,
	} {
		if got := quoted(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}
