package layering

import (
	"strings"
	"testing"
)

func TestImportsThatBreakARule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, path, want string }{
		{
			"libs/wrr/a.go", "@/libs/l7",
			"imports go down only, and wrr (model) is below l7 (engines)",
		},
		{"libs/wrr/a_test.go", "@/libs/l7", "imports go down only"},
		{"libs/netx/a.go", "@/libs/jsonstr", "both in the tier base"},
		{"libs/http1/a.go", "@/libs/metrics", "both in the tier wire and adapters"},
		{"libs/plan/deep/inside/a.go", "@/libs/upstream", "both in the tier joins"},
		{"libs/config/a.go", "@/libs/gwerr", "model packages never import each other"},
		{"libs/wrr/a.go", "@/libs/health", "model packages never import each other"},
		{"libs/l7/a.go", "@/libs/testkit", "only tests import testkit"},
		{"services/edge/main.go", "@/libs/testkit/slow", "only tests import testkit"},
		{"examples/embed.go", "@/examples/exampletest", "only tests import examples/exampletest"},
		{"libs/admin/a.go", "@/openspec/openspectest", "only tests import openspec/openspectest"},
		{"libs/testkit/a.go", "@/libs/l7", "testkit imports only base and model"},
		{"libs/l7/a.go", "@/services/edge", "nobody imports a service"},
		{"services/gateway/main.go", "@/services/edge/internal/x", "nobody imports a service"},
		{"libs/plan/a.go", "github.com/hashicorp/memberlist", "only gossip imports memberlist"},
		{
			"services/edge/main_test.go", "github.com/hashicorp/memberlist",
			"only gossip imports memberlist",
		},
		{
			"services/configsync/main.go", "@/libs/configpb",
			"only configwire, configserver imports the config-sync protos",
		},
		{
			"libs/node/a.go", "@/libs/healthpb",
			"only aggregator imports the protos of the health aggregator",
		},
		{"libs/http1/a.go", "net/http", "do not import net/http outside tests"},
		{"libs/l4/a.go", "net/http/httputil", "do not import net/http outside tests"},
		{"libs/upstream/inner/a.go", "net/http", "do not import net/http outside tests"},
		{"libs/l7/client/a.go", "@/libs/l7/exchange", `"client" is not above "exchange"`},
		{"libs/l7/client/a.go", "@/libs/l7/endpoint", `"client" is not above "endpoint"`},
		{"libs/l7/heads/a.go", "@/libs/l7", `"heads" is not above ""`},
		{"libs/config/a.go", "@/libs/config/changes", `"" is not above "changes"`},
		{"libs/node/a.go", "@/libs/l7/exchange", "nobody outside imports what libs/l7 is made of"},
	} {
		path := strings.Replace(c.path, "@", module, 1)
		problems := CheckImport(Import{File: c.file, Line: 7, Path: path})
		if len(problems) != 1 || !strings.Contains(problems[0], c.want) {
			t.Errorf("%s importing %s: got %q, want one problem with %q", c.file, c.path, problems,
				c.want)
			continue
		}
		if !strings.HasPrefix(problems[0], c.file+":7 ") ||
			!strings.Contains(problems[0], ", because ") {
			t.Errorf("the message names no place or no reason: %s", problems[0])
		}
	}
}

func TestImportsThatAreFine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, path string }{
		{"libs/l7/a.go", "@/libs/netx"},
		{"libs/l7/a.go", "@/libs/l7/exchange"},
		{"libs/l7/exchange/a.go", "@/libs/l7/client"},
		{"libs/l7/heads/a_test.go", "@/libs/l7/heads"},
		{"libs/node/a.go", "@/libs/config/changes"},
		{"libs/health/a.go", "@/libs/wrr"},
		{"libs/netx/a_test.go", "@/libs/testkit"},
		{"libs/testkit/a.go", "@/libs/jsonstr"},
		{"examples/exampletest/a.go", "@/libs/testkit"},
		{"examples/hello/a_test.go", "@/examples/exampletest"},
		{"libs/http1/a_test.go", "net/http"},
		{"libs/admin/a.go", "net/http"},
		{"libs/gossip/a.go", "github.com/hashicorp/memberlist"},
		{"libs/configwire/a.go", "@/libs/configpb"},
		{"services/gateway/internal/cli/a.go", "@/libs/configpb"},
		{"services/healthagg/a_test.go", "@/libs/healthpb"},
		{"services/edge/main.go", "@/libs/l7"},
		{"services/edge/main.go", "@/services/edge/internal/flags"},
		{"tools/bench/main.go", "net/http"},
		{"libs/http1/a.go", "net/httpx"},
	} {
		path := strings.Replace(c.path, "@", module, 1)
		if problems := CheckImport(Import{File: c.file, Line: 1, Path: path}); len(problems) > 0 {
			t.Errorf("%s importing %s: %q", c.file, c.path, problems)
		}
	}
}

func TestFolderWithoutATier(t *testing.T) {
	t.Parallel()
	if problem := CheckFolder("libs/util/deep"); !strings.Contains(problem,
		"libs/util is in no tier") ||
		!strings.Contains(problem, "tools/layering/table.go") {
		t.Errorf("got %q", problem)
	}
	for _, dir := range []string{
		"libs/l7", "libs/l7/client", "libs/testkit", "libs/probe/inner", "services/edge",
		"tools/bench", "openspec",
	} {
		if problem := CheckFolder(dir); problem != "" {
			t.Errorf("%s: %s", dir, problem)
		}
	}
}

func TestFolderWithoutAStep(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"libs/l7/attic", "libs/l7/client/deep", "libs/config/more"} {
		if problem := CheckFolder(dir); !strings.Contains(problem, dir+" is in no step") {
			t.Errorf("%s: %q", dir, problem)
		}
	}
}

func TestTableThatNamesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	all := func(string) bool { return true }
	if problems := CheckTable(all); len(problems) > 0 {
		t.Errorf("where everything is there: %q", problems)
	}
	for _, gone := range []string{
		"libs/netx", "libs/gossip", "libs/testkit", "libs/l7/heads", "examples/exampletest",
		"services/gateway",
	} {
		problems := CheckTable(func(dir string) bool { return dir != gone })
		if len(problems) == 0 || !strings.Contains(problems[0], gone+" has no Go files") {
			t.Errorf("without %s: %q", gone, problems)
		}
	}
}

func TestParseImportsTellsTheLine(t *testing.T) {
	t.Parallel()
	got, err := ParseImports("a.go",
		[]byte("package a\n\nimport (\n\t\"fmt\"\n\tx \"net/http\"\n)\n"))
	if err != nil || len(got) != 2 || got[1] != (Import{File: "a.go", Line: 5, Path: "net/http"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := ParseImports("a.go", []byte("pakage a")); err == nil {
		t.Error("a file that is not Go gave no error")
	}
}
