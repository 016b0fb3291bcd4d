package sbom_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/release/internal/modules"
	"github.com/gatewayhomebrew/gateway/release/internal/sbom"
)

const sum = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

func sample() sbom.Release {
	shared := modules.Module{
		Path: "github.com/Some-One/a", Version: "v1.0.0+incompatible", Sum: sum,
		Licences: []string{"BSD-3-Clause", "MIT"},
	}
	other := modules.Module{
		Path: "b.example/b", Version: "v0.1.0", Sum: sum, Licences: []string{"Apache-2.0"},
	}
	hash := strings.Repeat("ab", 32)
	return sbom.Release{Version: "0.6.0", Platform: "linux/amd64", Binaries: []sbom.Binary{
		{Name: "edge", SHA256: hash, Go: "go1.26.8", Modules: []modules.Module{shared}},
		{Name: "gateway", SHA256: hash, Go: "go1.26.8", Modules: []modules.Module{shared, other}},
	}}
}

// bill is what a reader of CycloneDX sees.
type bill struct {
	BOMFormat, SpecVersion string
	Metadata               struct{ Timestamp string }
	SerialNumber           string
	Components             []struct {
		Ref    string `json:"bom-ref"`
		Type   string
		Name   string
		PURL   string
		Hashes []struct{ Alg, Content string }
		// One of both.
		Licenses []struct {
			License    struct{ ID string }
			Expression string
		}
	}
	Dependencies []struct {
		Ref       string
		DependsOn []string
	}
}

func read(t *testing.T, r sbom.Release) (text []byte, b bill) {
	t.Helper()
	var out bytes.Buffer
	if err := sbom.Write(&out, r); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), b
}

func TestABillSaysWhatIsInEachBinary(t *testing.T) {
	t.Parallel()
	_, b := read(t, sample())
	if b.BOMFormat != "CycloneDX" || b.SpecVersion != "1.6" {
		t.Errorf("it is %s %s", b.BOMFormat, b.SpecVersion)
	}
	uses := map[string]string{}
	for _, d := range b.Dependencies {
		uses[d.Ref] = strings.Join(d.DependsOn, " ")
	}
	const (
		std = "pkg:golang/std@1.26.8"
		a   = "pkg:golang/github.com/some-one/a@v1.0.0%2Bincompatible"
		c   = "pkg:golang/b.example/b@v0.1.0"
	)
	root := "gateway-0.6.0-linux-amd64"
	for ref, want := range map[string]string{
		root: root + "/edge " + root + "/gateway", root + "/edge": std + " " + a,
		root + "/gateway": std + " " + a + " " + c, a: "", c: "", std: "",
	} {
		if got, ok := uses[ref]; !ok || got != want {
			t.Errorf("%s uses %q, want %q", ref, got, want)
		}
	}
	found := map[string]string{}
	for _, c := range b.Components {
		licence := ""
		for _, l := range c.Licenses {
			licence += l.License.ID + l.Expression
		}
		if found[c.Ref] = licence; licence == "" {
			t.Errorf("%s has no licence", c.Ref)
		}
		if len(c.Hashes) == 0 && c.Ref != std {
			t.Errorf("%s has no hash", c.Ref)
		}
	}
	if len(found) != 5 || found[a] != "BSD-3-Clause AND MIT" || found[c] != "Apache-2.0" {
		t.Errorf("components %q", found)
	}
}

func TestEqualReleasesHaveEqualBills(t *testing.T) {
	t.Parallel()
	first, b := read(t, sample())
	second, _ := read(t, sample())
	if !bytes.Equal(first, second) || b.Metadata.Timestamp != "" || b.SerialNumber != "" {
		t.Errorf("two bills differ, or have a time (%q) or a number (%q)", b.Metadata.Timestamp,
			b.SerialNumber)
	}
}

func TestAChecksumThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"", "h1:", "h1:AAAA", "h2:" + sum[3:], sum[3:]} {
		r := sample()
		r.Binaries[0].Modules[0].Sum = wrong
		if err := sbom.Write(&bytes.Buffer{}, r); err == nil ||
			!strings.Contains(err.Error(), "checksum of go.sum") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
