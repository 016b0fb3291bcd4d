package formula_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
	"github.com/gatewayhomebrew/gateway/release/internal/formula"
)

func sample() formula.Release {
	r := formula.Release{Version: "0.6.0", Base: "https://example.com/releases/download"}
	for i, platform := range []string{
		"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64",
	} {
		r.Sums = append(r.Sums, checksums.Sum{
			Hex:  strings.Repeat(string(rune('a'+i)), 64),
			Name: "gateway_0.6.0_" + platform + ".tar.gz",
		})
	}
	return r
}

func written(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := formula.Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEachPlatformHasItsArchiveAndSum(t *testing.T) {
	t.Parallel()
	text := written(t)
	// The blocks of a platform, in the order in which they are.
	block := regexp.MustCompile(`on_(macos|linux|arm|intel) do|url "([^"]+)"|sha256 "([^"]+)"`)
	var got []string
	for _, b := range block.FindAllStringSubmatch(text, -1) {
		got = append(got, b[1]+b[2]+b[3])
	}
	const base = "https://example.com/releases/download/v0.6.0/gateway_0.6.0_"
	want := []string{
		"macos", "arm", base + "darwin_arm64.tar.gz", strings.Repeat("b", 64),
		"intel", base + "darwin_amd64.tar.gz", strings.Repeat("a", 64),
		"linux", "arm", base + "linux_arm64.tar.gz", strings.Repeat("d", 64),
		"intel", base + "linux_amd64.tar.gz", strings.Repeat("c", 64),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What `brew audit` wants of any formula, as far as a text alone shows it.
func TestTheFormulaIsAsAuditWantsIt(t *testing.T) {
	t.Parallel()
	text := written(t)
	desc := regexp.MustCompile(`desc "([^"]*)"`).FindStringSubmatch(text)
	switch {
	case desc == nil:
		t.Fatal("there is no desc")
	case len(desc[1]) > 80, strings.HasSuffix(desc[1], "."),
		regexp.MustCompile(`(?i)^(an?|the|gateway)\b`).MatchString(desc[1]):
		t.Errorf("desc %q: at most 80 characters, no article, no name, no full stop", desc[1])
	}
	for _, want := range []string{
		"class Gateway < Formula", `homepage "https://`, `license "Apache-2.0"`,
		"def install", "service do", "test do", "assert_match",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimRight(line, " \t") != line || strings.Contains(line, "\t") {
			t.Errorf("line %d has a tab, or ends with a space: %q", i+1, line)
		}
	}
	if !strings.HasSuffix(text, "end\n") || strings.HasSuffix(text, "\n\n") {
		t.Error("the end is not one line break")
	}
}

func TestRubyReadsIt(t *testing.T) {
	t.Parallel()
	ruby, err := exec.LookPath("ruby")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("ruby is missing: CI installs it (tools/wrapper/versions.sh, .ci/run)")
		}
		t.Skip("ruby is not installed")
	}
	file := filepath.Join(t.TempDir(), "gateway.rb")
	if err := os.WriteFile(file, []byte(written(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), ruby, "-wc", file).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "Syntax OK" {
		t.Errorf("ruby -wc: %v\n%s", err, out)
	}
}

func TestAnArchiveThatIsMissingIsAnError(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Sums = r.Sums[1:]
	if err := formula.Write(&bytes.Buffer{}, r); err == nil ||
		!strings.Contains(err.Error(), "gateway_0.6.0_darwin_amd64.tar.gz") {
		t.Errorf("%v", err)
	}
}
