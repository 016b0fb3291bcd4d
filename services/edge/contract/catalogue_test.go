package contract_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// GET /catalog has the operations of a route's document, as openspec/admin.yaml describes it.
func TestTheCatalogueHasOperations(t *testing.T) {
	t.Parallel()
	e := testkit.StartEdge(t, fmt.Sprintf(`version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
clusters: [{name: c, endpoints: [{address: "127.0.0.1:1"}]}]
routes:
  - {name: all, cluster: c, openapi: {spec: %q, requests: shadow}}
  - {name: bare, path_prefix: /bare, cluster: c}
`, spec(t)))
	d, err := openspectest.Parse(openspec.Admin)
	if err != nil {
		t.Fatal(err)
	}
	status, header, body, err := e.Ask(http.MethodGet, "/catalog")
	if err == nil {
		err = d.CheckAnswer("GET /catalog", status, header, body)
	}
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var got admin.Catalog
	e.Decode(t, http.MethodGet, "/catalog", &got)
	if len(got.Routes) != 2 || got.Routes[1].OpenAPI != nil || got.Routes[0].OpenAPI == nil {
		t.Fatalf("%s", body)
	}
	operations := got.Routes[0].OpenAPI.Operations
	if fmt.Sprint(operations) != "[{GET /things list } {POST /things add }]" {
		t.Errorf("%v", operations)
	}
}
