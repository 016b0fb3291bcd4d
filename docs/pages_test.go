package docs_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/reference"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

var update = flag.Bool("update", false, "write the rendered pages into the source tree")

// The part of configuration.md between these lines is rendered.
const (
	begin = "<!-- BEGIN: rendered from libs/config by \"go test ./docs -update\"; do not " +
		"edit. -->\n"
	end = "<!-- END -->\n"

	beginCodes = "<!-- BEGIN codes: rendered from libs/config by \"go test ./docs -update\"; do " +
		"not edit. -->\n"
	endCodes = "<!-- END codes -->\n"

	beginWarnings = "<!-- BEGIN warnings: rendered from libs/config by \"go test ./docs " +
		"-update\"; do not edit. -->\n"
	endWarnings = "<!-- END warnings -->\n"
)

// between puts a text in the place of what is between two lines of a page.
func between(t *testing.T, page, begin, end, text string) string {
	t.Helper()
	before, rest, ok := strings.Cut(page, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("configuration.md has lost the line %s or %s", begin, end)
	}
	return before + begin + text + "\n" + end + after
}

func check(t *testing.T, name, got, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf(`%s is not what the code gives; run "go test ./docs -update"`, name)
	}
}

func TestErrorsPageIsTheCatalogue(t *testing.T) {
	check(t, "errors.md", docs.Errors, gwerr.Markdown())
}

func TestConfigurationPageHasEveryKey(t *testing.T) {
	want := between(t, docs.Configuration, begin, end, reference.Tables())
	want = between(t, want, beginCodes, endCodes, tableOf(config.Codes()))
	check(t, "configuration.md", docs.Configuration,
		between(t, want, beginWarnings, endWarnings, tableOf(config.CautionCodes())))
}

func tableOf(codes []config.CodeMeaning) string {
	var b strings.Builder
	b.WriteString("\n| code | |\n|---|---|\n")
	for _, c := range codes {
		b.WriteString("| `" + c.Code + "` | " + c.Meaning + " |\n")
	}
	return b.String()
}
