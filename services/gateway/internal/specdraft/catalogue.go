package specdraft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// Catalogue writes one document of the routes of a configuration: the operations that their own
// documents describe, and for routes without one what the configuration itself says. open reads the
// document of a route. The notes say what could not be taken in.
func Catalogue(
	doc *config.Document, open func(spec string) (*apidoc.Document, error),
) (*yaml.Node, []string, error) {
	c := catalogue{
		out: newObject(), copier: newCopier(), documents: map[string]*apidoc.Document{},
		open: open, owners: map[string]string{}, ids: map[string]bool{},
	}
	c.out.text("openapi", "3.1.0")
	info := c.out.child("info")
	info.text("title", "Routes of the gateway")
	info.text("version", "0")
	info.text("description",
		"Made of the routes of a configuration and of their own documents; x-gateway-route names "+
			"the route that an operation is of.")
	c.paths = c.out.child("paths")
	for i := range doc.Routes {
		if err := c.route(&doc.Routes[i]); err != nil {
			return nil, nil, err
		}
	}
	if len(c.components.Content) > 0 {
		c.out.set("components", c.components.Node)
	}
	for _, ref := range c.lost {
		c.note("the reference %s leads nowhere", ref)
	}
	return c.out.Node, c.notes, nil
}

type catalogue struct {
	*copier
	out, paths object
	documents  map[string]*apidoc.Document
	open       func(spec string) (*apidoc.Document, error)
	owners     map[string]string // routes of operations, by method and path
	ids        map[string]bool   // of operations
	notes      []string
}

func (c *catalogue) note(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); !slices.Contains(c.notes, note) {
		c.notes = append(c.notes, note)
	}
}

func (c *catalogue) route(r *config.Route) error {
	if r.OpenAPI == nil || r.OpenAPI.Spec == "" {
		c.plain(r)
		return nil
	}
	spec := r.OpenAPI.Spec
	d := c.documents[spec]
	if d == nil {
		var err error
		if d, err = c.open(spec); err != nil {
			return err
		}
		c.documents[spec] = d
	}
	c.described(r, d)
	return nil
}

// described takes over the operations that a route can take.
func (c *catalogue) described(r *config.Route, d *apidoc.Document) {
	old := strings.HasPrefix(d.Contract.Version(), "3.0")
	taken := 0
	for _, o := range d.Operations() {
		path := Public(r, o.Base+o.Path)
		if path == "" || len(r.Methods) > 0 && !slices.Contains(r.Methods, o.Method) {
			continue
		}
		taken++
		item, ok := c.claim(r, path, o.Method)
		if !ok {
			continue
		}
		node := object{c.copy(d, o.Node, "", old)}
		if own := o.Item.Get("parameters"); own != nil { // of the path, for each of its methods
			all := list()
			for _, p := range o.Parameters {
				all.Content = append(all.Content, c.copy(d, p, "parameters", old))
			}
			node.set("parameters", all)
		}
		for _, key := range []string{"servers", "security", "callbacks"} {
			drop(node, key) // which the rest of the document is not taken over for
		}
		c.identify(node, r.Name)
		node.text("x-gateway-route", r.Name)
		item.set(strings.ToLower(o.Method), node.Node)
	}
	if taken == 0 {
		c.note("route %s takes none of the operations of %s", r.Name, r.OpenAPI.Spec)
	}
}

// identify keeps IDs of operations apart: two documents may have the same.
func (c *catalogue) identify(o object, route string) {
	id := o.get("operationId")
	if id == nil {
		return
	}
	name := id.Value
	for n := 1; c.ids[name]; n++ {
		if name = route + "_" + id.Value; n > 1 {
			name += "_" + strconv.Itoa(n)
		}
	}
	c.ids[name] = true
	o.text("operationId", name)
}

func drop(o object, key string) {
	for i := 0; i+1 < len(o.Content); i += 2 {
		if o.Content[i].Value == key {
			o.Content = append(o.Content[:i], o.Content[i+2:]...)
			return
		}
	}
}

// Public is the path that clients ask for to get a path of the document of a route, "" where they
// can't. A route with a rewrite has a document of what its endpoints see, or of what clients see.
func Public(r *config.Route, path string) string {
	prefix := strings.TrimSuffix(r.PathPrefix, "/")
	switch {
	case r.Path != "":
		if path == r.Path {
			return path
		}
		return ""
	case r.PathRegex != "":
		return path // which of them it matches depends on parameters
	case below(path, prefix):
		return path
	case r.Rewrite == nil:
		return ""
	}
	if to := strings.TrimSuffix(r.Rewrite.ReplacePrefix, "/"); r.Rewrite.StripPrefix ||
		below(path, to) {
		return prefix + strings.TrimPrefix(path, to)
	}
	return ""
}

func below(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// claim returns the path item of an operation, unless another route has the operation already.
func (c *catalogue) claim(r *config.Route, path, method string) (object, bool) {
	key := method + " " + path
	if owner := c.owners[key]; owner != "" {
		c.note("%s is of route %s and of route %s, which differ by host, listener or condition; "+
			"the catalogue has the first", key, owner, r.Name)
		return object{}, false
	}
	c.owners[key] = r.Name
	return c.paths.child(path), true
}

// plain writes what a configuration itself says of a route.
func (c *catalogue) plain(r *config.Route) {
	path, open := r.Path, false
	switch {
	case r.PathRegex != "":
		c.note("route %s has an expression for its path and no document; it is left out", r.Name)
		return
	case path == "":
		path, open = strings.TrimSuffix(r.PathPrefix, "/")+"/{path}", true
	}
	of := r.Methods
	if len(of) == 0 {
		of = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	}
	for _, method := range of {
		if !slices.Contains(methods, method) {
			continue
		}
		item, ok := c.claim(r, path, method)
		if !ok {
			continue
		}
		if open && item.get("parameters") == nil {
			item.set("parameters", parametersOf([]parameter{{name: "path"}}))
		}
		o := item.child(strings.ToLower(method))
		o.text("operationId", operationID(method, []string{r.Name}))
		o.text("summary", "Route "+r.Name+", which no OpenAPI document describes.")
		o.child("responses").child("default").text("description", "Anything.")
		o.text("x-gateway-route", r.Name)
	}
}

// Summary says how many operations and routes a document has.
func Summary(n *yaml.Node) (operations, paths int) {
	items := object{n}.get("paths")
	if items == nil {
		return 0, 0
	}
	for i := 1; i < len(items.Content); i += 2 {
		paths++
		for j := 0; j < len(items.Content[i].Content); j += 2 {
			if slices.Contains(methods, strings.ToUpper(items.Content[i].Content[j].Value)) {
				operations++
			}
		}
	}
	return operations, paths
}
