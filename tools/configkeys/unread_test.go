package configkeys

import (
	"slices"
	"strings"
	"testing"
)

// small is a tree in which each key is read, or not, in its own way.
func small() Tree {
	return Tree{Module: "m", Files: map[string]string{
		"libs/config/document.go": `package config
import "time"
type Document struct {
	Routes []Route ` + "`config:\"routes,required\"`" + `
	Auth *Auth ` + "`config:\"auth\"`" + `
	Ring []string ` + "`config:\"ring\"`" + `
	Spare []string ` + "`config:\"spare\"`" + `
	secrets map[string]string ` + "`config:\"-\"`" + `
}
type Route struct {
	Name string ` + "`config:\"name\"`" + `
	Timeout time.Duration ` + "`config:\"timeout\"`" + `
	Retry *Retry ` + "`config:\"retry\"`" + `
	Strict bool ` + "`config:\"strict\"`" + `
}
type Retry struct { Attempts int ` + "`config:\"attempts\"`" + ` }
type Auth struct { Key string ` + "`config:\"key\"`" + ` }
func (d *Document) Nodes() []string { return d.Ring }
func (d *Document) Spares() []string { return d.Spare }
func validate(d *Document) bool { return d.Routes[0].Strict }
`,
		"libs/config/changes/diff.go": `package changes
import "m/libs/config"
func Same(a, b *config.Route) bool { return a.Strict == b.Strict }
`,
		"libs/plan/plan.go": `package plan
import "m/libs/config"
type Plan struct { Routes []Route }
type Route struct { config.Route; Retry int }
func Build(d *config.Document) *Plan {
	p := &Plan{}
	for _, r := range d.Routes { p.Routes = append(p.Routes, Route{r, 1}) }
	return p
}
`,
		"libs/l7/engine.go": `package l7
import ("sync/atomic"; "m/libs/config"; "m/libs/plan")
type Engine struct { plan atomic.Pointer[plan.Plan] }
func (e *Engine) serve(d *config.Document) (string, any, int) {
	r := &e.plan.Load().Routes[0]
	r.Strict = true
	d.Nodes()
	return r.Name, r.Timeout, r.Retry
}
`,
		"libs/l7/engine_test.go": "package l7\nfunc read(e *Engine) bool { return " +
			"e.plan.Load().Routes[0].Strict }\n",
		"tools/print/print.go": "package print\nimport \"m/libs/config\"\nfunc Print(r " +
			"*config.Route) bool { return r.Strict }\n",
		"libs/testkit/run.go": "package testkit\nimport \"m/libs/config\"\n" +
			"func Run(r *config.Route) bool { return r.Strict }\n",
		"services/edge/README.md": "no Go",
	}}
}

func paths(t *testing.T, tree Tree) (unread []string, keys int) {
	t.Helper()
	found, keys, err := Unread(tree)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range found {
		unread = append(unread, k.Path+" "+k.Field)
	}
	return unread, keys
}

func TestKeysThatNothingReads(t *testing.T) {
	t.Parallel()
	want := []string{
		"routes[].retry Route.Retry",             // a field of the plan has its name
		"routes[].retry.attempts Retry.Attempts", // what is in it is not read either
		// written, compared, checked, tested and printed by a tool
		"routes[].strict Route.Strict",
		"auth Document.Auth", "auth.key Auth.Key",
		"spare Document.Spare", // its method is not called
	}
	if got, keys := paths(t, small()); !slices.Equal(got, want) || keys != 10 {
		t.Errorf("of %d keys got %q, want %q", keys, got, want)
	}
}

func TestOneReaderIsEnough(t *testing.T) {
	t.Parallel()
	for file, code := range map[string]string{
		"libs/policy/strict/strict.go": "package strict\nimport \"m/libs/plan\"\nfunc New(r " +
			"*plan.Route) bool { return r.Strict }\n",
		"services/edge/main.go": "package main\nimport \"m/libs/config\"\nfunc strict(rs " +
			"[]config.Route) bool { return rs[0].Strict }\n",
		"libs/node/update.go": "package node\nimport \"m/libs/config\"\n" +
			"func count(r *config.Route) (n int) { if x := r; x.Strict { n++ }; return }\n",
	} {
		tree := small()
		tree.Files[file] = code
		if got, _ := paths(t, tree); slices.Contains(got, "routes[].strict Route.Strict") {
			t.Errorf("%s: unread %q", file, got)
		}
	}
}

func TestATreeThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	broken := small()
	broken.Files["libs/l7/engine.go"] = "package l7\nfunc {"
	if _, _, err := Unread(broken); err == nil || !strings.Contains(err.Error(),
		"libs/l7/engine.go:2") {
		t.Errorf("got %v", err)
	}
	if _, _, err := Unread(Tree{Module: "m"}); err == nil || !strings.Contains(err.Error(),
		"no libs/config.Document") {
		t.Errorf("got %v", err)
	}
}
