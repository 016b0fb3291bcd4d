package specdraft

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

func line(method, path string, status int, code string) string {
	e := accesslog.Entry{
		Method: []byte(method), Host: []byte("a"), Path: []byte(path), Route: "r", Status: status,
		Code: code,
	}
	return string(e.AppendJSON(nil)) + "\n"
}

// skeleton makes a document of a log, and sees to it that it is one.
func skeleton(t *testing.T, log string) (*openapi.Contract, Counts, string) {
	t.Helper()
	n, c, err := Skeleton(t.Context(), strings.NewReader(log), Filter{}, "T")
	if err != nil {
		t.Fatal(err)
	}
	data, err := YAML(n)
	if err != nil {
		t.Fatal(err)
	}
	return compiled(t, data), c, string(data)
}

func compiled(t *testing.T, data []byte) *openapi.Contract {
	t.Helper()
	file := filepath.Join(t.TempDir(), "made.yaml")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	contract, err := openapi.Load(file, openapi.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if w := contract.Warnings(); len(w) > 0 {
		t.Errorf("%v\n%s", w, data)
	}
	return contract
}

func operations(c *openapi.Contract) (all []string) {
	for _, o := range c.Operations() {
		all = append(all, o.Method+" "+o.Path)
	}
	return all
}

func TestALogBecomesASkeleton(t *testing.T) {
	log := line("GET", "/users/1", 200, "") + line("GET", "/users/22", 404, "") +
		line("GET", "/users/22/orders/8e8a7a1c-90ab-4cde-8f00-0123456789ab", 200, "") +
		line("POST", "/users", 201, "") + line("GET", "/v1/days/2026-01-02", 200, "") +
		line("GET", "/users/me", 200, "") + line("GET", "/files/a1b2c3d4e5f60718.png", 200, "") +
		line("GET", "/", 200, "") + line("GET", "/wp-login.php", 404, "") +
		line("GET", "/users/3", 503, "GW_OVERLOADED") + line("BREW", "/users/3", 200, "") +
		"junk\n\n" + line("GET", "/mail/a%40b.example", 200, "") +
		line("GET", "/users/1/friends/2", 200, "") + line("GET", "/{a}", 200, "")
	contract, c, text := skeleton(t, log)
	want := []string{
		"GET /", "GET /files/{file_id}", "GET /mail/{mail_id}", "POST /users", "GET /users/me",
		"GET /users/{user_id}", "GET /users/{user_id}/friends/{friend_id}",
		"GET /users/{user_id}/orders/{order_id}", "GET /v1/days/{day_id}",
	}
	got := operations(contract)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if c.Bad != 1 || c.FirstBad != 12 || c.Own != 1 || c.NotFound != 1 || c.Left != 2 ||
		c.Requests != 10 {
		t.Errorf("%+v", c)
	}
	for _, part := range []string{
		"format: uuid", "type: integer", "\"404\":\n          description: Not Found",
		"x-gateway-requests: 2", "operationId: get_users_by_user_id_orders_by_order_id",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

// So many words in one place are values of a parameter, and the tree stays small.
func TestWordsWithoutEndBecomeAParameter(t *testing.T) {
	var log strings.Builder
	word := func(i int) string {
		return strings.Repeat(string(rune('a'+i%26)), 1+i/26)
	}
	for i := range 1000 {
		log.WriteString(line("GET", "/tags/"+word(i)+"/posts", 200, ""))
	}
	contract, c, _ := skeleton(t, log.String())
	if got := operations(contract); !slices.Equal(got, []string{"GET /tags/{tag_id}/posts"}) ||
		c.Requests != 1000 {
		t.Errorf("%q, %+v", got, c)
	}
}

func TestNamesOfParameters(t *testing.T) {
	for before, want := range map[string]string{
		"users": "user_id", "companies": "company_id", "boxes": "box_id", "address": "address_id",
		"v2": "id", "": "id", "user-keys": "user_key_id", "addresses": "address_id",
	} {
		if got := nameOf(before); got != want {
			t.Errorf("%q: %s, want %s", before, got, want)
		}
	}
}

const old = `
openapi: 3.0.3
info: {title: Old, version: "1"}
servers: [{url: /shop}]
paths:
  /items/{id}:
    parameters: [{$ref: "#/components/parameters/Id"}]
    get:
      operationId: item
      security: [{key: []}]
      responses:
        "200":
          description: One.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Item"}
              example: {$ref: "no reference"}
    delete:
      responses: {"204": {description: Gone.}}
components:
  parameters:
    Id: {name: id, in: path, required: true, schema: {type: integer, minimum: 0, exclusiveMinimum: true}}
  schemas:
    Item:
      type: object
      properties:
        name: {type: string, nullable: true, example: a}
        parent: {$ref: "#/components/schemas/Item"}
`

func TestACatalogueHasTheOperationsOfAllRoutes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"old.yaml": old,
		"new.yaml": strings.NewReplacer("3.0.3", "3.1.0", "/shop", "/", ", nullable: true", "",
			", exclusiveMinimum: true", "", "Old", "New", ", example: a", "").Replace(old),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	route := func(name, prefix, spec string, methods ...string) config.Route {
		r := config.NewRoute(name, "c")
		r.PathPrefix, r.Methods = prefix, methods
		if spec != "" {
			r.OpenAPI = &config.RouteOpenAPI{Spec: filepath.Join(dir, spec)}
		}
		return r
	}
	stripped := route("stripped", "/v2", "new.yaml", "GET")
	stripped.Rewrite = &config.Rewrite{StripPrefix: true}
	doc := config.New()
	doc.Routes = []config.Route{
		route("shop", "/shop", "old.yaml"), stripped, route("shop-2", "/shop", "old.yaml", "GET"),
		route("bare", "/bare", "", "GET"), route("none", "/none", "old.yaml"),
	}
	n, notes, err := Catalogue(doc, func(spec string) (*apidoc.Document, error) {
		return apidoc.Load(spec, "")
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := YAML(n)
	if err != nil {
		t.Fatal(err)
	}
	got := operations(compiled(t, data))
	slices.Sort(got)
	want := []string{
		"DELETE /shop/items/{id}", "GET /bare/{path}", "GET /shop/items/{id}", "GET /v2/items/{id}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q\n%s", got, want, data)
	}
	for _, part := range []string{
		"- string\n            - \"null\"", "exclusiveMinimum: 0", "$ref: no reference",
		"Item_2:", "x-gateway-route: stripped", "operationId: stripped_item", `$ref: '#/components/schemas/Item'`,
	} {
		if !strings.Contains(string(data), part) {
			t.Errorf("no %q in\n%s", part, data)
		}
	}
	if strings.Contains(string(data), "security") || strings.Contains(string(data), "nullable") {
		t.Errorf("%s", data)
	}
	if all := fmt.Sprint(notes); len(notes) != 2 ||
		!strings.Contains(all, "of route shop and of") ||
		!strings.Contains(all, "route none takes none") {
		t.Errorf("%q", notes)
	}
}

func TestPublicPaths(t *testing.T) {
	for name, c := range map[string]struct {
		route config.Route
		path  string
		want  string
	}{
		"as it is":       {config.Route{PathPrefix: "/a"}, "/a/b", "/a/b"},
		"elsewhere":      {config.Route{PathPrefix: "/a"}, "/ab", ""},
		"the whole path": {config.Route{Path: "/a"}, "/a", "/a"},
		"not the path":   {config.Route{Path: "/a"}, "/a/b", ""},
		"stripped": {
			config.Route{PathPrefix: "/a", Rewrite: &config.Rewrite{StripPrefix: true}}, "/b",
			"/a/b",
		},
		"replaced": {
			config.Route{PathPrefix: "/a/", Rewrite: &config.Rewrite{ReplacePrefix: "/z"}},
			"/z/b", "/a/b",
		},
		"not what replaces it": {
			config.Route{PathPrefix: "/a", Rewrite: &config.Rewrite{ReplacePrefix: "/z"}}, "/y", "",
		},
		"any": {config.Route{}, "/x", "/x"},
	} {
		if got := Public(&c.route, c.path); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
