package cli_test

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/cli"
)

var update = flag.Bool("update", false, "write the rendered page into the source tree")

func TestThePageIsTheCommandTree(t *testing.T) {
	page := cli.Reference()
	if *update {
		if err := os.WriteFile("../../../../docs/cli.md", []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if docs.CLI != page {
		t.Error(
			`docs/cli.md is not what the command tree gives; run "go test ./services/gateway/internal/cli -update"`)
	}
	for _, path := range cli.CommandPaths() {
		if !strings.Contains(page, path) {
			t.Errorf("%s is missing", path)
		}
	}
}

func TestEachShellHasItsCompletion(t *testing.T) {
	for shell, want := range map[string]string{
		"bash": "__start_gateway", "zsh": "#compdef gateway", "fish": "complete -c gateway",
		"powershell": "Register-ArgumentCompleter",
	} {
		r := invoke(t, "completion", shell)
		r.want(t, 0, want, "")
		if len(r.stdout) < 2000 {
			t.Errorf("%s: only %d bytes", shell, len(r.stdout))
		}
	}
}

func TestNamesAndValuesAreCompleted(t *testing.T) {
	for line, want := range map[string]string{
		"__complete conf":                      "config\t",
		"__complete config ":                   "validate\t",
		"__complete example run h":             "hello\t",
		"__complete errors list GW_UPSTREAM_C": "GW_UPSTREAM_CONNECT\t",
		"__complete completion ":               "powershell\n",
		"__complete status --color a":          "always\n",
		"__complete run --log-level ":          "debug\n",
		"__complete help config ":              "show\t",
		"__complete config validate ":          "yaml\n",
	} {
		args := strings.Split(line, " ")
		r := invoke(t, args...)
		if r.code != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("%s: %+v, want %q", line, r, want)
		}
	}
}

func TestEveryCommandHasItsManualPage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	env := environ{"SOURCE_DATE_EPOCH": "1767323045"}
	invokeIn(t, env, "man", "--dir", dir).want(t, 0, "", "pages in ")
	paths := cli.CommandPaths()
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(path, " ", "-")+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, want := range []string{".TH ", "Jan 2026", "gateway 1.2.3", ".SH EXAMPLE"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %q in the page", path, want)
			}
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != len(paths) {
		t.Errorf("%d pages for %d commands, %v", len(files), len(paths), err)
	}
	again := t.TempDir()
	invokeIn(t, env, "man", "--dir", again)
	one, _ := os.ReadFile(filepath.Join(dir, "gateway-run.1"))
	two, _ := os.ReadFile(filepath.Join(again, "gateway-run.1"))
	if len(one) == 0 || string(one) != string(two) {
		t.Error("two runs give different pages")
	}
	invoke(t, "man", "--dir", filepath.Join(dir, "gateway.1", "x")).want(t, 1, "",
		"make the directory of the manual")
}

func TestTheVersionTellsWhatItIs(t *testing.T) {
	var v struct {
		Version, Commit, Go, OS, Arch string
		SchemaDigest                  string `json:"schema_digest"`
	}
	invoke(t, "version", "--json").json(t, &v)
	if v.Version != "1.2.3" || v.Commit != "abc" || v.Go != runtime.Version() ||
		v.OS != runtime.GOOS || v.Arch != runtime.GOARCH || len(v.SchemaDigest) != 64 {
		t.Errorf("%+v", v)
	}
	for _, args := range [][]string{{"version"}, {"--version"}} {
		invoke(t, args...).want(t, 0,
			"gateway 1.2.3, commit abc, "+runtime.Version()+", "+runtime.GOOS+"/"+runtime.GOARCH+
				", schema "+v.SchemaDigest[:min(12, len(v.SchemaDigest))]+"\n", "")
	}
}

func TestErrorsAreTheCatalogue(t *testing.T) {
	var all []struct {
		Code    string
		Status  int
		GRPC    int `json:"grpc_status"`
		Header  string
		Fault   string
		Summary string
		Cause   string
		Action  string
	}
	invoke(t, "errors", "list", "--json").json(t, &all)
	r := invoke(t, "errors", "list")
	for i, e := range gwerr.All() {
		if i >= len(all) || all[i].Code != e.Name || all[i].Status != e.Status ||
			all[i].Action != e.Action || all[i].Cause != e.Cause {
			t.Fatalf("entry %d is not %+v", i, e)
		}
		r.want(t, 0, e.Name+" ", "")
		r.want(t, 0, e.Summary, "")
		r.want(t, 0, e.Action, "")
	}
	if lines := strings.Count(r.stdout, "\n"); lines != len(gwerr.All())+1 {
		t.Errorf("%d lines; each error is a line, for grep", lines)
	}
	r = invoke(t, "errors", "list", "gw_rate_limited", "GW_NO_ROUTE")
	r.want(t, 0, "GW_RATE_LIMITED  status 429, gRPC status 8, with the field Retry-After\n", "")
	r.want(t, 0, "  why:         "+gwerr.NoRoute.Info().Cause+"\n", "")
}

func TestExamplesAreListed(t *testing.T) {
	var all []struct {
		Name, Summary string
		Try           []string
	}
	invoke(t, "example", "list", "--json").json(t, &all)
	r := invoke(t, "example", "list")
	if len(all) < 2 {
		t.Errorf("%+v", all)
	}
	for _, e := range all {
		if len(e.Try) == 0 {
			t.Errorf("%s: there is nothing to try", e.Name)
		}
		r.want(t, 0, e.Name+" ", "")
		r.want(t, 0, e.Summary+"\n", "")
	}
}
