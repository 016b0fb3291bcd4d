package openapi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// load compiles a document.
func load(t testing.TB, text string, o openapi.Options) *openapi.Contract {
	t.Helper()
	c, err := try(t, text, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func try(t testing.TB, text string, o openapi.Options) (*openapi.Contract, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "\t", "  ")), 0o600); err != nil {
		t.Fatal(err)
	}
	return openapi.Load(path, o)
}

// ask holds a request, written as "GET /path?query" and lines of fields, against a contract.
func ask(c *openapi.Contract, head, body string) []openapi.Violation {
	lines := strings.Split(head, "\n")
	method, target, _ := strings.Cut(lines[0], " ")
	path, query, _ := strings.Cut(target, "?")
	o, v := c.Operation([]byte(method), []byte(path))
	if v != nil {
		return []openapi.Violation{*v}
	}
	return o.CheckRequest(&openapi.Request{Path: []byte(path), Query: []byte(query),
		Fields: fields(lines[1:]), Body: []byte(body)})
}

func fields(lines []string) (all []openapi.Field) {
	for _, l := range lines {
		name, v, _ := strings.Cut(l, ":")
		all = append(all, openapi.Field{Name: []byte(name), Value: []byte(v)})
	}
	return all
}

// brief is where, pointer and rule of each violation.
func brief(all []openapi.Violation) string {
	var b strings.Builder
	for _, v := range all {
		if v.Message == "" {
			panic("a violation without a message")
		}
		fmt.Fprintf(&b, "%s %s %s;", v.Where, v.Pointer, v.Rule)
	}
	return strings.TrimSuffix(b.String(), ";")
}
