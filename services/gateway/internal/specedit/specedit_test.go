package specedit

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

const spec = `
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /: {get: {responses: {"200": {description: R.}}}}
  /users: {get: {responses: {"200": {description: R.}}}}
  /users/{id}: {delete: {responses: {"204": {description: R.}}}}
  /shop/carts/{id}/items: {post: {responses: {"201": {description: R.}}}}
`

const head = `version: 1
listeners: [{name: public, address: 127.0.0.1:0}]
clusters: [{name: app, endpoints: [{address: 127.0.0.1:9001}]}]
`

func load(t testing.TB, text string) *apidoc.Document {
	t.Helper()
	file := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := apidoc.Load(file, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// decode reads a configuration.
func decode(t testing.TB, text string) *config.Document {
	t.Helper()
	if !strings.Contains(text, "routes") || strings.Contains(text, "routes:\n#") {
		text = head + "routes: []\n" // none at all is refused
	}
	d, ps := config.Options{Elsewhere: true}.Decode("gateway.yaml", []byte(text))
	if d == nil {
		t.Fatalf("%v\n%s", ps, text)
	}
	return d
}

func options(contract string) Options {
	return Options{
		Spec: "spec.yaml", File: "spec.yaml", Cluster: "app", Requests: contract,
		Responses: contract,
	}
}

func TestRoutesAreAddedAndTheRestStays(t *testing.T) {
	const users = "path_prefix: /users, methods: [DELETE, GET, HEAD], cluster: app}"
	const shop = "path_prefix: /shop/carts, methods: [POST], cluster: app}"
	const root = "path: /, methods: [GET, HEAD], cluster: app}"
	block := func(indent string) string {
		return strings.NewReplacer("\n", "\n"+indent).Replace(`
- name: shop-carts
  path_prefix: /shop/carts
  methods: [POST]
  cluster: app
- name: users
  path_prefix: /users
  methods: [DELETE, GET, HEAD]
  cluster: app
- name: api
  path: /
  methods: [GET, HEAD]
  cluster: app`) + "\n"
	}
	for name, c := range map[string]struct{ old, new string }{
		"none":        {head, head + "routes:" + block("  ")},
		"no line end": {strings.TrimSuffix(head, "\n"), head + "routes:" + block("  ")},
		"nothing":     {head + "routes:\n# end\n", head + "routes:" + block("  ") + "# end\n"},
		"in brackets": {
			head + "routes: [{name: x, path: /x, cluster: app}] # all\n",
			head + "routes: [{name: x, path: /x, cluster: app}, {name: shop-carts, " + shop +
				", {name: users, " + users + ", {name: api, " + root + "] # all\n",
		},
		"empty brackets": {
			head + "routes: []\n",
			head + "routes: [{name: shop-carts, " + shop + ", {name: users, " + users +
				", {name: api, " + root + "]\n",
		},
		"lines, with remarks": {
			head + "routes:\n  # one\n  - name: x # 'x'\n    path: /x\n\n    cluster: app\n    # " +
				"of x\n\n# end\nadmin: {address: \"off\"}\n",
			head + "routes:\n  # one\n  - name: x # 'x'\n    path: /x\n\n    cluster: app\n    # " +
				"of x" +
				block("  ") + "\n# end\nadmin: {address: \"off\"}\n",
		},
		"lines that are not indented": {
			head + "routes:\n- name: x\n  path: /x\n  cluster: app\nadmin: {address: \"off\"}\n",
			head + "routes:\n- name: x\n  path: /x\n  cluster: app" + block("") +
				"admin: {address: \"off\"}\n",
		},
		"lines of brackets": {
			head + "routes:\n  - {name: x, path: /x, cluster: app}\n",
			head + "routes:\n  - {name: x, path: /x, cluster: app}\n  - {name: shop-carts, " +
				shop +
				"\n  - {name: users, " + users + "\n  - {name: api, " + root + "\n",
		},
		"a name that is taken": {
			head + "routes: [{name: users, path: /x, cluster: app}]\n",
			head + "routes: [{name: users, path: /x, cluster: app}, {name: shop-carts, " + shop +
				", {name: users-2, " + users + ", {name: api, " + root + "]\n",
		},
		"methods": {
			head + "routes:\n  - {name: u, path_prefix: /users, methods: [GET, # mine\n     POST " +
				"], cluster: app}\n" +
				"  - name: s\n    path_prefix: /shop/carts/\n    cluster: app\n    methods:\n    " +
				"  # first\n      - PUT # put\n" +
				"  - {name: r, path: /, cluster: app}\n",
			head + "routes:\n  - {name: u, path_prefix: /users, methods: [GET, # mine\n     " +
				"POST, DELETE, HEAD ], cluster: app}\n" +
				"  - name: s\n    path_prefix: /shop/carts/\n    cluster: app\n    methods:\n    " +
				"  # first\n      - PUT # put\n      - POST\n" +
				"  - {name: r, path: /, cluster: app}\n",
		},
		"JSON": {
			`{"version": 1, "listeners": [{"name": "public", "address": "127.0.0.1:0"}],` + "\n" +
				` "clusters": [{"name": "app", "endpoints": [{"address": "127.0.0.1:9001"}]}]}` +
				"\n",
			`{"version": 1, "listeners": [{"name": "public", "address": "127.0.0.1:0"}],` + "\n" +
				` "clusters": [{"name": "app", "endpoints": [{"address": "127.0.0.1:9001"}]}], ` +
				`"routes": ` +
				`[{"name": "shop-carts", "path_prefix": "/shop/carts", "methods": ["POST"], ` +
				`"cluster": "app"}, ` +
				`{"name": "users", "path_prefix": "/users", ` +
				`"methods": ["DELETE", "GET", "HEAD"], "cluster": "app"}, ` +
				`{"name": "api", "path": "/", "methods": ["GET", "HEAD"], ` +
				`"cluster": "app"}]}` + "\n",
		},
	} {
		d := load(t, spec)
		got, _, err := Routes([]byte(c.old), decode(t, c.old), d, options(""))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(got) != c.new {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.new)
		}
		again, changes, err := Routes(got, decode(t, string(got)), d, options(""))
		if err != nil || string(again) != string(got) {
			t.Errorf("%s: a second time: %v %v\n%s", name, changes, err, again)
		}
	}
}

func TestRoutesGetTheirContract(t *testing.T) {
	old := head + "routes:\n  - {name: u, path_prefix: /users, cluster: app}\n" +
		"  - name: s\n    path_prefix: /shop\n    cluster: app\n    openapi: {spec: spec.yaml}\n" +
		"  - {name: r, path: /, cluster: app, openapi: {spec: other.yaml}}\n" +
		"  - {name: old, path: /old, cluster: app, openapi: {spec: spec.yaml}}\n"
	const contract = ", openapi: {spec: spec.yaml, requests: shadow, responses: shadow}"
	want := strings.Replace(old, "/users, cluster: app", "/users, cluster: app"+contract, 1)
	d := decode(t, regexp.MustCompile(`(, |\n    )openapi: {[^}]*}`).ReplaceAllString(old, ""))
	for i, file := range []string{"", "spec.yaml", "other.yaml", "spec.yaml"} {
		if file != "" {
			d.Routes[i].OpenAPI = &config.RouteOpenAPI{Spec: file}
		}
	}
	got, changes, err := Routes([]byte(old), d, load(t, spec), options("shadow"))
	if err != nil || string(got) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got, want)
	}
	if all := fmt.Sprint(changes); all != "[{s kept } {u changed added openapi} "+
		"{r left it has the document other.yaml} "+
		"{old unused the document has no operation for it}]" {
		t.Errorf("%s", all)
	}
}

func TestANewRouteNeedsACluster(t *testing.T) {
	_, _, err := Routes([]byte(head), decode(t, head), load(t, spec), Options{Spec: "s"})
	if err == nil || !strings.Contains(err.Error(), "--cluster") {
		t.Error(err)
	}
}

func TestPathsAreAddedAndTheRestStays(t *testing.T) {
	route := func(name, prefix string, methods ...string) config.Route {
		r := config.NewRoute(name, "app")
		r.PathPrefix, r.Methods = prefix, methods
		return r
	}
	routes := []config.Route{
		route("users", "/users", "GET", "POST", "HEAD"), route("shop", "/shop", "POST", "PUT"),
		route("new", "/new"), route("all", ""),
	}
	const operation = ":\n      operationId: \"%s\"\n      summary: \"Of route %s.\"\n" +
		"      responses: {default: {description: Anything}}\n"
	old := strings.Replace(spec, "/users: {get:", "/users: {  # mine\n    get:", 1) + "# end\n"
	want := strings.Replace(old, "{description: R.}}}}\n  /users/{id}", "{description: R.}}}, "+
		"post: "+
		"{operationId: \"post_users\", summary: \"Of route users.\", responses: {default: "+
		"{description: Anything}}}}\n  /users/{id}", 1)
	want = strings.Replace(want, "# end", "  /new:\n    get"+fmt.Sprintf(operation, "get_new",
		"new")+"# end", 1)
	got, changes, err := Paths([]byte(old), routes)
	if err != nil || string(got) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got, want)
	}
	if all := fmt.Sprint(changes); !strings.Contains(all, "{shop left no path below /shop has "+
		"PUT}") ||
		!strings.Contains(all, "{all left ") {
		t.Errorf("%s", all)
	}
	load(t, string(got))
	if again, _, err := Paths(got, routes); err != nil || string(again) != string(got) {
		t.Errorf("a second time: %v\n%s", err, again)
	}
	made, _, err := Paths(nil, routes)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(load(t, string(made)).Operations()); n != 5 {
		t.Errorf("%d operations in\n%s", n, made)
	}
	json, _, err := Paths([]byte(`{"openapi": "3.1.0", "info": {"title": "T", "version": "1"},
		"paths": {}}`), routes)
	if err != nil || len(load(t, string(json)).Operations()) != 5 {
		t.Errorf("%v\n%s", err, json)
	}
}

// What is added to leaves the rest as it is, whatever that is, or is refused.
func FuzzRoutes(f *testing.F) {
	for _, s := range []string{
		head, head + "routes: [{name: 'it''s', path: /x, cluster: app}]",
		head + "routes:\n - {name: a, path: \"/}\", cluster: app} # }",
	} {
		f.Add(s)
	}
	d := load(f, spec)
	f.Fuzz(func(t *testing.T, text string) {
		doc, ps := config.Options{Elsewhere: true}.Decode("gateway.yaml", []byte(text))
		if len(ps) > 0 || doc == nil {
			return
		}
		got, _, err := Routes([]byte(text), doc, d, options(""))
		if err != nil {
			return
		}
		if _, ps := (config.Options{Elsewhere: true}).Decode("gateway.yaml", got); len(ps) > 0 {
			t.Logf("the verb refuses to write it: %v", ps)
			return
		}
		rest := got
		for _, line := range strings.Split(text, "\n") {
			if strings.ContainsAny(line, "]}") {
				continue // which may have been added to
			}
			i := strings.Index(string(rest), line)
			if i < 0 {
				t.Fatalf("%q is gone from\n%s", line, got)
			}
			rest = rest[i+len(line):]
		}
	})
}
