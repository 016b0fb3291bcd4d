package openapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// builder makes a contract of a document.
type builder struct {
	set      *document.Set
	file     *document.File
	compiler *schema.Compiler
	dialect  schema.Dialect
	contract *Contract
	base     string
	problems Problems
	warnings Problems
	ids      map[string]bool
	media    map[*document.Node]*media
}

const maxProblems = 50

func (b *builder) problem(n *document.Node, format string, args ...any) {
	if len(b.problems) < maxProblems {
		b.problems = append(b.problems, n.Problem(format, args...))
	}
}

func (b *builder) warn(n *document.Node, format string, args ...any) {
	if len(b.warnings) < maxProblems {
		b.warnings = append(b.warnings, n.Problem(format, args...))
	}
}

// methods are the members of a path that are operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// document reads the document.
func (b *builder) document() {
	root := b.file.Root
	if root.Kind != value.Object {
		b.problem(root, "an OpenAPI document is an object, not %s", root.Kind)
		return
	}
	v := root.Get("openapi")
	switch {
	case v == nil && root.Get("swagger") != nil:
		b.problem(root.Get("swagger"), "this is Swagger 2.0; write it as OpenAPI 3.0 or 3.1")
		return
	case v == nil:
		b.problem(root, "the document does not say openapi: 3.0.x or 3.1.x")
		return
	case strings.HasPrefix(v.String(), "3.0."):
		b.dialect = schema.OpenAPI30
	case strings.HasPrefix(v.String(), "3.1."):
		b.dialect = schema.Draft2020
	default:
		b.problem(v, "openapi is %s; 3.0.x and 3.1.x are known", quoted(v.Text))
		return
	}
	if d := root.Get("jsonSchemaDialect"); d != nil && b.dialect == schema.Draft2020 &&
		!schema.KnownDialect(d.String()) {
		b.problem(d, "the dialect %s is not known; JSON Schema draft 2020-12 is", quoted(d.Text))
		return
	}
	b.contract.version = v.Text
	b.contract.title = root.Get("info").Get("title").String()
	b.ids, b.media = map[string]bool{}, map[*document.Node]*media{}
	b.compiler.Add(b.file, b.dialect)
	for _, m := range b.members(root.Get("components").Get("schemas"), "schemas") {
		b.compiler.Compile(m.Value, b.dialect)
	}
	items := root.Get("paths")
	if items == nil && b.dialect == schema.OpenAPI30 {
		b.problem(root, "the document has no paths")
	}
	for _, m := range b.members(items, "paths") {
		if strings.HasPrefix(m.Key, "x-") {
			continue
		}
		b.path(m.Key, m.Value)
	}
	b.contract.paths.order()
	slices.SortFunc(b.contract.operations, func(x, y *Operation) int {
		if c := strings.Compare(x.Path, y.Path); c != 0 {
			return c
		}
		return strings.Compare(x.Method, y.Method)
	})
}

// members are those of an object, which may be missing.
func (b *builder) members(n *document.Node, what string) []document.Member {
	if n == nil {
		return nil
	}
	if n.Kind != value.Object {
		b.problem(n, "%s is an object, not %s", what, n.Kind)
	}
	return n.Members
}

// maxReferences is how many references one after the other are followed.
const maxReferences = 30

// resolve follows the references that stand in place of an object. nil: they lead nowhere, which
// was noted.
func (b *builder) resolve(n *document.Node, what string) *document.Node {
	for range maxReferences {
		if n.Kind != value.Object {
			b.problem(n, "%s is an object, not %s", what, n.Kind)
			return nil
		}
		ref := n.Get("$ref")
		if ref == nil {
			return n
		}
		if n = b.follow(ref); n == nil {
			return nil
		}
	}
	b.problem(n, "the reference leads to itself")
	return nil
}

// follow is the node that a reference leads to.
func (b *builder) follow(ref *document.Node) *document.Node {
	if ref.String() == "" {
		b.problem(ref, "a reference is a text")
		return nil
	}
	if strings.HasPrefix(ref.Text, "file:") {
		b.problem(ref, "$ref: file: is not taken; write the path relative to this file")
		return nil
	}
	uri, fragment, err := document.Join(ref.File.URI, ref.Text)
	if err != nil {
		b.problem(ref, "$ref: %v", err)
		return nil
	}
	f, err := b.set.Load(uri)
	if err != nil {
		if p, ok := err.(*document.Problem); ok && p.Line > 0 {
			b.problems = append(b.problems, p)
			return nil
		}
		b.problem(ref, "$ref: %v", err)
		return nil
	}
	if fragment == "" {
		return f.Root
	}
	if fragment[0] != '/' {
		b.problem(ref, "$ref: only a schema has anchors")
		return nil
	}
	n := f.Root
	for _, token := range document.Tokens(fragment) {
		if n = n.Child(token); n == nil {
			b.problem(ref, "$ref: nothing is at %s", fragment)
			return nil
		}
	}
	return n
}

// path reads a path and its operations.
func (b *builder) path(text string, n *document.Node) {
	t, what := parseTemplate(text)
	if t == nil {
		b.problem(n, "the path %s is wrong: %s", quoted(text), what)
		return
	}
	item := &pathItem{template: t, methods: map[string]*Operation{}}
	get := func(key string) *document.Node { return n.Get(key) }
	if ref := n.Get("$ref"); ref != nil {
		target := b.resolve(n, "a path")
		if target == nil {
			return
		}
		get = func(key string) *document.Node {
			if own := n.Get(key); own != nil {
				return own
			}
			return target.Get(key)
		}
	} else if n.Kind != value.Object {
		b.problem(n, "a path is an object, not %s", n.Kind)
		return
	}
	shared := b.parameters(get("parameters"))
	byBase := map[string]*pathItem{}
	for _, m := range methods {
		on := get(m)
		if on == nil {
			continue
		}
		if on.Kind != value.Object {
			b.problem(on, "an operation is an object, not %s", on.Kind)
			continue
		}
		o := b.operation(strings.ToUpper(m), t, on, shared)
		b.contract.operations = append(b.contract.operations, o)
		for _, prefix := range b.bases(on.Get("servers"), get("servers"),
			b.file.Root.Get("servers")) {
			if byBase[prefix] == nil {
				byBase[prefix] = &pathItem{template: t, methods: map[string]*Operation{}}
			}
			byBase[prefix].methods[o.Method] = o
		}
	}
	if len(byBase) == 0 {
		for _, prefix := range b.bases(get("servers"), b.file.Root.Get("servers")) {
			byBase[prefix] = item
		}
	}
	for prefix, item := range byBase {
		if there := b.contract.paths.insert(prefix, item); there != item {
			b.problem(n, "the path %s matches the same as %s", quoted(text),
				quoted(there.template.text))
			return
		}
	}
}

// operation reads an operation.
func (b *builder) operation(
	method string, t *template, n *document.Node, shared []*parameter,
) *Operation {
	o := &Operation{Method: method, Path: t.text, template: t, ID: n.Get("operationId").String(),
		Summary: n.Get("summary").String(), Deprecated: n.Get("deprecated").True()}
	if o.ID != "" {
		if b.ids[o.ID] {
			b.problem(n.Get("operationId"), "two operations have the id %s", quoted(o.ID))
		}
		b.ids[o.ID] = true
	}
	if tags := n.Get("tags"); tags != nil {
		for _, tag := range tags.Items {
			o.Tags = append(o.Tags, tag.String())
		}
	}
	o.parameters = b.parameters(n.Get("parameters"))
	for _, p := range shared {
		if !slices.ContainsFunc(o.parameters, p.same) {
			o.parameters = append(o.parameters, p)
		}
	}
	o.parameters = slices.DeleteFunc(o.parameters, func(p *parameter) bool {
		return p.where == WhereHeader && ignored(p.name)
	})
	o.names = map[string]bool{}
	inPath := map[string]bool{}
	for _, p := range o.parameters {
		switch p.where {
		case WhereQuery:
			o.names[p.name] = true
		case WherePath:
			inPath[p.name] = true
		}
	}
	for _, s := range t.segments {
		for _, name := range s.parameters {
			if !inPath[name] {
				b.warn(n, "the parameter %s of the path is not described, so it may be anything",
					quoted(name))
			}
			delete(inPath, name)
		}
	}
	for name := range inPath {
		b.warn(n, "the parameter %s is not in the path %s", quoted(name), quoted(t.text))
	}
	if body := n.Get("requestBody"); body != nil {
		if body = b.resolve(body, "requestBody"); body != nil {
			o.body = b.body(body, b.flag(body, "required"))
		}
	}
	if r := n.Get("responses"); r != nil {
		o.responses = b.responses(r)
	}
	return o
}

// ignored reports whether a header parameter of this name means nothing.
func ignored(name string) bool {
	return strings.EqualFold(name, "Accept") || strings.EqualFold(name, "Content-Type") ||
		strings.EqualFold(name, "Authorization")
}

// responses reads what an operation answers.
func (b *builder) responses(n *document.Node) *responses {
	all := &responses{byStatus: map[int]*response{}}
	for _, m := range b.members(n, "responses") {
		if strings.HasPrefix(m.Key, "x-") {
			continue
		}
		target := b.resolve(m.Value, "a response")
		if target == nil {
			continue
		}
		r := &response{headers: b.headers(target.Get("headers"))}
		if target.Get("content") != nil {
			r.body = b.body(target, false)
		}
		status, err := strconv.Atoi(m.Key)
		class := strings.ToUpper(m.Key)
		switch {
		case m.Key == "default":
			all.other = r
		case len(class) == 3 && class[1:] == "XX" && class[0] >= '1' && class[0] <= '5':
			all.byClass[class[0]-'0'] = r
		case err == nil && status >= 100 && status <= 599:
			all.byStatus[status] = r
		default:
			b.problem(m.Value, "%s is no status, and not default", quoted(m.Key))
		}
	}
	return all
}

func quoted(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return fmt.Sprintf("%q", s)
}
