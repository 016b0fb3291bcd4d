package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

type validation struct {
	Valid bool `json:"valid"`
	Files []struct {
		File      string `json:"file"`
		Overlay   string `json:"overlay"`
		Valid     bool   `json:"valid"`
		Digest    string `json:"digest"`
		Listeners int    `json:"listeners"`
		Clusters  int    `json:"clusters"`
		Routes    int    `json:"routes"`
	} `json:"files"`
	Problems []config.Problem `json:"problems"`
	Warnings []config.Problem `json:"warnings"`
}

const invalidText = "version: 1\nlisteners: [{name: public, address: 127.0.0.1:8080}]\nroutes:\n" +
	"  - {name: a, cluster: user}\n  - {name: b, path_prefix: x, cluster: user, tiemouts: {}}\n"

func TestAValidConfigurationIsOKAndSaysWhatIsInIt(t *testing.T) {
	file := write(t, "gateway.yaml", valid)
	invoke(t, "config", "validate", file).want(t, 0,
		file+": ok: 1 listener, 2 clusters, 3 routes, digest ", "")
	var v validation
	invoke(t, "config", "validate", "--json", file).json(t, &v)
	if !v.Valid || len(v.Files) != 1 || v.Files[0].Routes != 3 || len(v.Files[0].Digest) != 64 ||
		v.Problems == nil || len(v.Problems) > 0 {
		t.Errorf("%+v", v)
	}
}

func TestAllProblemsOfAllFilesAreReportedAsTheServicesDo(t *testing.T) {
	bad, worse, good := write(t, "bad.yaml", invalidText), write(t, "worse.json", "{"),
		write(t, "good.yaml", valid)
	var want []string
	for _, file := range []string{bad, worse} {
		_, err := config.Load(file)
		want = append(want, strings.Split(err.Error(), "\n")...)
	}
	r := invoke(t, "config", "validate", bad, good, worse, "/nowhere.yaml")
	r.want(t, 2, good+": ok: ", "problems in 3 files\n")
	for _, line := range want {
		if !strings.Contains(r.stdout, line+"\n") {
			t.Errorf("the line %q is missing in\n%s", line, r.stdout)
		}
	}
	if len(want) < 5 {
		t.Errorf("only %d problems to compare", len(want))
	}
	var v validation
	r = invoke(t, "config", "validate", "--json", bad, good, worse, "/nowhere.yaml")
	r.json(t, &v)
	if r.code != 2 || r.stderr != "" || v.Valid || len(v.Files) != 4 || v.Files[0].Valid ||
		!v.Files[1].Valid || len(v.Problems) != len(want)+1 {
		t.Errorf("exit code %d, %+v", r.code, v)
	}
	for i, p := range v.Problems[:len(want)] {
		if p.String() != want[i] {
			t.Errorf("record %d is %q, want %q", i, p, want[i])
		}
	}
}

func TestTheOverlayOfTheEnvironmentIsLaidOver(t *testing.T) {
	dir := t.TempDir()
	base := filepath.Join(dir, "gateway.yaml")
	for name, text := range map[string]string{
		"gateway.yaml": valid,
		"prod.yaml":    "routes: [{name: extra, path_prefix: /extra, cluster: new}]\n",
		"broken.yaml":  "routes: [{name: extra, cluster: nowhere}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := func(name string) environ { return environ{"GATEWAY_ENV": name} }
	invokeIn(t, env("prod"), "config", "validate", base).want(t, 0,
		" with "+filepath.Join(dir, "prod.yaml")+": ok: 1 listener, 2 clusters, 4 routes", "")
	invokeIn(t, env("broken"), "config", "validate", base).want(t, 2, "broken.yaml:1:",
		"1 problem in 1 file")
	invokeIn(t, env("absent"), "config", "validate", base).want(t, 2, "there is no overlay",
		"1 problem in 1 file")
	invokeIn(t, env("absent"), "config", "show", base).want(t, 2, "", "absent: there is no overlay")
	invokeIn(t, env("prod"), "config", "show", "--route", "GET /extra", base).want(t, 0,
		"is for route extra", "")
}

func TestWithoutAFileTheOneOfTheServiceIsUsed(t *testing.T) {
	file := write(t, "gateway.yaml", valid)
	env := environ{"GATEWAY_CONFIG": file}
	invokeIn(t, env, "config", "validate").want(t, 0, file+": ok", "")
	invokeIn(t, env, "config", "show").want(t, 0, "# "+file+", digest ", "")
	t.Chdir(t.TempDir())
	invoke(t, "config", "show").want(t, 0, "# the embedded default, digest ", "")
	invoke(t, "config", "show", "--route", "GET /hello").want(t, 0, "is for route demo", "")
	if err := os.MkdirAll("config", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("config/default.yaml", []byte(valid), 0o600); err != nil {
		t.Fatal(err)
	}
	invoke(t, "config", "validate").want(t, 0, "config/default.yaml: ok", "")
}

func TestWhatIsShownIsTheSameConfiguration(t *testing.T) {
	file := write(t, "gateway.yaml", valid)
	doc, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"shown.yaml": {"config", "show", file}, "shown.json": {"config", "show", "--json", file},
	} {
		r := invoke(t, args...)
		again, problems := config.Decode(name, []byte(r.stdout))
		if len(problems) > 0 || config.Digest(again) != config.Digest(doc) {
			t.Errorf("%s reads back as another one: %v\n%s", name, problems, r.stdout)
		}
	}
	if r := invoke(t, "config", "show", file); !strings.Contains(r.stdout,
		"\n    timeouts:\n      header: 10s\n") ||
		!strings.Contains(r.stdout, "hosts: [api.example.com]") {
		t.Errorf("a person would not write it like this:\n%s", r.stdout)
	}
}

func TestDifferencesAreToldInWords(t *testing.T) {
	old := write(t, "old.yaml", valid)
	changed := strings.NewReplacer("weight: 3", "weight: 1", "127.0.0.1:8080", "127.0.0.1:8081",
		"name: rest", "name: other").Replace(valid) + "admin: {address: 127.0.0.1:9999}\n"
	new := write(t, "new.yaml", changed)
	r := invoke(t, "config", "diff", old, new)
	r.want(t, 0, "clusters: 1 kept, 1 changed\n  ~ users\n      weight of 127.0.0.1:9001: 3 -> 1\n",
		"")
	for _, line := range []string{
		"listeners: 1 changed\n  ~ public\n      address: 127.0.0.1:8080 -> 127.0.0.1:8081\n",
		"routes: 2 kept, 1 added, 1 removed\n  + other\n  - rest\n",
		"  moves listener public from 127.0.0.1:8080 to 127.0.0.1:8081, opening the new " +
			"address first\n",
		"  closes 127.0.0.1:8080: each of its connections ends after the request it serves, idle " +
			"ones at once\n",
		"  needs a restart: admin.address: the admin API stays on 127.0.0.1:9901 until the " +
			"process is started anew\n",
	} {
		if !strings.Contains(r.stdout, line) {
			t.Errorf("missing %q in\n%s", line, r.stdout)
		}
	}
	var d struct {
		Old, New struct{ File, Digest string }
		Same     bool
		changes.Changes
		Reload       []string
		NeedsRestart []string `json:"needs_restart"`
	}
	invoke(t, "config", "diff", "--json", old, new).json(t, &d)
	if d.Same || d.Old.Digest == d.New.Digest || len(d.Routes.Added) != 1 || len(d.Reload) != 2 ||
		len(d.NeedsRestart) != 1 || len(d.Other) != 1 {
		t.Errorf("%+v", d)
	}
	invoke(t, "config", "diff", "--exit-code", old, new).want(t, 1, "routes: ", "")
}

func TestTokensAreComparedAndNotShown(t *testing.T) {
	old := write(t, "old.yaml", valid+"admin: {token: hunter1-hunter1-hunter1}\n")
	new := write(t, "new.yaml", valid+"admin: {token: hunter2-hunter2-hunter2}\n")
	r := invoke(t, "config", "diff", old, new)
	r.want(t, 0, "other\n  ~ admin.token: changed; the value is secret\n", "")
	r.want(t, 0, "needs a restart: admin.token: ", "")
	if asJSON := invoke(t, "config", "diff", "--json", old,
		new); strings.Contains(r.stdout+asJSON.stdout, "hunter") {
		t.Errorf("a token is shown:\n%s\n%s", r.stdout, asJSON.stdout)
	}
}

func TestWhatMeansTheSameDoesNotDiffer(t *testing.T) {
	old := write(t, "old.yaml", valid)
	same := write(t, "same.yaml", "# a comment\n"+valid+"drain: {timeout: 30s}\n")
	moved := write(t, "moved.yaml",
		strings.Replace(valid, "hosts: [api.example.com]", "hosts: [api.example.com]", 1))
	invoke(t, "config", "diff", "--exit-code", old, same).want(t, 0, "mean the same (digest ", "")
	invoke(t, "config", "diff", "--exit-code", old, moved).want(t, 0, "mean the same", "")
	lines := strings.Split(strings.TrimSpace(valid), "\n")
	lines[len(lines)-1], lines[len(lines)-2] = lines[len(lines)-2], lines[len(lines)-1]
	order := write(t, "order.yaml", strings.Join(lines, "\n")+"\n")
	invoke(t, "config", "diff", "--exit-code", old, order).want(t, 0,
		"differ only in the order of things", "")
}

func TestListenersThatStayKeepTheirConnections(t *testing.T) {
	old := write(t, "old.yaml", valid)
	for change, want := range map[string]string{
		"name: public, address: 127.0.0.1:8080, timeouts: {header: 1s}": "keeps " +
			"listener public on 127.0.0.1:8080 with all its connections",
		"name: front, address: 127.0.0.1:8080": "keeps " +
			"the socket and the connections of public, which is called front now",
		"name: public, address: 127.0.0.1:8080}, {name: second, address: 127.0.0.1:8081": "opens " +
			"listener second on 127.0.0.1:8081",
		"name: second, address: " +
			"127.0.0.1:8081": "closes 127.0.0.1:8080",
	} {
		new := write(t, "new.yaml",
			strings.Replace(valid, "name: public, address: 127.0.0.1:8080", change, 1))
		invoke(t, "config", "diff", old, new).want(t, 0, "  "+want, "")
	}
}

func TestBothSidesOfADiffAreChecked(t *testing.T) {
	good, bad, worse := write(t, "good.yaml", valid), write(t, "bad.yaml", invalidText),
		write(t, "worse.yaml", "version: 2\n")
	invoke(t, "config", "diff", good, bad).want(t, 2, "", bad+":4:")
	r := invoke(t, "config", "diff", bad, worse)
	r.want(t, 2, "", bad+":4:")
	r.want(t, 2, "", worse+":1:")
}

func TestHostileConfigurationsAreShownAndNotObeyed(t *testing.T) {
	const evil = `\x1b[2J\u202e\x9b`
	text := strings.Replace(valid, "{X-From: edge}", `{X-From: "`+`a\u202eb`+`"}`, 1)
	bad := write(t, "bad.yaml",
		"version: 1\nlisteners: [{name: \""+evil+"\", address: \""+evil+"\"}]\n\""+evil+
			"\": 1\nroutes: [{name: a, cluster: \""+evil+"\"}]\n")
	odd := write(t, "odd\x1b[31m.yaml", text)
	for _, args := range [][]string{
		{"config", "validate", bad, odd}, {"config", "validate", "--json", bad, odd},
		{"config", "show", odd}, {"config", "show", "--json", odd},
		{"config", "show", bad}, {"config", "diff", odd, bad},
		{"config", "diff", odd, write(t, "gateway.yaml", valid)},
		{"config", "diff", "--json", odd, write(t, "gateway.yaml", valid)},
		{"config", "show", "--route", "GET /rest", odd}, {"run", "--config", bad},
	} {
		r := invoke(t, args...)
		checkHarmless(t, r, false)
		if r.code == 0 != (r.stdout != "") && args[1] != "validate" {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", args, r.code, r.stdout, r.stderr)
		}
	}
}
