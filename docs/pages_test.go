package docs_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

var update = flag.Bool("update", false, "write the rendered pages into the source tree")

// The part of configuration.md between these lines is rendered.
const (
	begin = "<!-- BEGIN: rendered from libs/config by \"go test ./docs -update\"; do not edit. -->\n"
	end   = "<!-- END -->\n"
)

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
	before, rest, ok := strings.Cut(docs.Configuration, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("configuration.md has lost its BEGIN or END line")
	}
	check(t, "configuration.md", docs.Configuration, before+begin+config.Reference()+"\n"+end+after)
}

func TestExamplesOfTheConfigurationPageAreValid(t *testing.T) {
	examples := regexp.MustCompile("(?s)```yaml\n(version: 1\n.*?)```").FindAllStringSubmatch(docs.Configuration, -1)
	if len(examples) == 0 {
		t.Fatal("no example found")
	}
	for _, e := range examples {
		if _, ps := config.Decode("example.yaml", []byte(e[1])); len(ps) > 0 {
			t.Errorf("%v in\n%s", ps, e[1])
		}
	}
}
