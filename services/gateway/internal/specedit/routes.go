package specedit

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/apidoc"
)

// Options say which routes a document gets.
type Options struct {
	// Spec is the document's file as the configuration is to have it, and File as it was read.
	Spec, File string
	Cluster    string   // of new routes
	Hosts      []string // of new routes; none is any host
	// Requests and Responses are what new routes, and those without `openapi`, do about messages
	// that are not as described: off, shadow or enforce. "" leaves openapi out.
	Requests, Responses string
}

// A Change is what was done for one route.
type Change struct {
	Route string `json:"route"`
	What  string `json:"what"`  // added, changed, kept, unused or left
	About string `json:"about"` // in words
}

// What became of a route.
const (
	Added   = "added"
	Changed = "changed"
	Kept    = "kept"   // it has all of it
	Unused  = "unused" // the document has nothing for it (any more)
	Left    = "left"   // somebody has to look at it
)

// group is the operations of a document below one prefix.
type group struct {
	prefix  string
	exact   bool // prefix is the whole path: the root, which would take all others too
	methods []string
}

// groups are the prefixes of a document's paths, up to the first parameter, none below another.
func groups(operations []apidoc.Operation) (all []group) {
	of := map[string][]string{}
	var root []string
	for _, o := range operations {
		if o.Base+o.Path == "/" {
			root = append(root, o.Method)
			if o.Method == "GET" {
				root = append(root, "HEAD")
			}
			continue
		}
		path, _, _ := strings.Cut(o.Base+o.Path, "{")
		if i := strings.LastIndexByte(path, '/'); path != o.Base+o.Path || i == len(path)-1 {
			path = path[:max(i, 0)]
		}
		if path == "" {
			path = "/"
		}
		of[path] = append(of[path], o.Method)
		if o.Method == "GET" {
			of[path] = append(of[path], "HEAD")
		}
	}
	prefixes := make([]string, 0, len(of))
	for prefix := range of {
		prefixes = append(prefixes, prefix)
	}
	slices.Sort(prefixes) // one comes before those below it
	at := map[string]int{}
	for _, prefix := range prefixes {
		i, ok := above(at, prefix)
		if !ok {
			i = len(all)
			at[prefix] = i
			all = append(all, group{prefix: prefix})
		}
		all[i].methods = append(all[i].methods, of[prefix]...)
	}
	if root != nil && len(all) > 0 && all[0].prefix == "/" {
		all[0].methods = append(all[0].methods, root...)
	} else if root != nil {
		all = append(all, group{prefix: "/", exact: true, methods: root})
	}
	for i := range all {
		slices.Sort(all[i].methods)
		all[i].methods = slices.Compact(all[i].methods)
	}
	return all
}

// above finds the group of a prefix or of one that it is below.
func above(at map[string]int, prefix string) (int, bool) {
	if i, ok := at["/"]; ok {
		return i, true
	}
	for prefix != "" {
		if i, ok := at[prefix]; ok {
			return i, true
		}
		prefix = prefix[:max(strings.LastIndexByte(prefix, '/'), 0)]
	}
	return 0, false
}

// covers says whether a prefix takes the paths of another one.
func covers(prefix, path string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// Routes adds to the text of a configuration what its routes lack for a document: routes, methods
// and openapi. doc is what the text means. It returns the new text, which is the old one when
// nothing lacks.
func Routes(
	text []byte, doc *config.Document, d *apidoc.Document, o Options,
) ([]byte, []Change, error) {
	f, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	e := editor{
		file: f, doc: doc, options: o, nodes: map[string]*yaml.Node{}, names: map[string]bool{},
	}
	e.list = member(f.root, "routes")
	if e.list != nil && e.list.Kind == yaml.SequenceNode {
		for _, n := range e.list.Content {
			if name := member(n, "name"); name != nil {
				e.nodes[name.Value] = n
			}
		}
	}
	used := map[string]bool{}
	for _, g := range groups(d.Operations()) {
		r := e.find(g)
		if r == nil {
			if err := e.add(g); err != nil {
				return nil, nil, err
			}
			continue
		}
		used[r.Name] = true
		if err := e.complete(r, g); err != nil {
			return nil, nil, err
		}
	}
	for i := range doc.Routes {
		r := &doc.Routes[i]
		if e.ours(r) && !used[r.Name] && !e.serves(r, d) {
			e.note(r.Name, Unused, "the document has no operation for it")
		}
	}
	if err := e.fresh(); err != nil {
		return nil, nil, err
	}
	return f.text(), e.changes, nil
}

type editor struct {
	*file
	doc     *config.Document
	options Options
	list    *yaml.Node
	nodes   map[string]*yaml.Node // of routes, by name
	flows   []string              // new routes, in brackets
	blocks  []string              // and in lines
	names   map[string]bool
	changes []Change
}

func (e *editor) note(route, what, about string) {
	e.changes = append(e.changes, Change{route, what, about})
}

// ours says whether a route has the document.
func (e *editor) ours(r *config.Route) bool {
	return r.OpenAPI != nil &&
		(r.OpenAPI.Spec == e.options.Spec || same(r.OpenAPI.Spec, e.options.File))
}

func same(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

func (e *editor) serves(r *config.Route, d *apidoc.Document) bool {
	return slices.ContainsFunc(d.Operations(), func(o apidoc.Operation) bool {
		path := o.Base + o.Path
		switch {
		case r.Path != "":
			return path == r.Path
		case r.PathRegex != "" || r.Rewrite != nil:
			return true
		}
		return covers(r.PathPrefix, path)
	})
}

// find is the route that a group is for: one with the document that covers it, the longest, or one
// of the same prefix and hosts.
func (e *editor) find(g group) (found *config.Route) {
	for i := range e.doc.Routes {
		r := &e.doc.Routes[i]
		prefix := r.PathPrefix
		if g.exact && r.Path == "/" && r.When == nil &&
			(e.ours(r) || slices.Equal(r.Hosts, e.options.Hosts)) {
			return r
		}
		if r.Path != "" || r.PathRegex != "" || r.When != nil {
			continue
		}
		if e.ours(r) && covers(prefix, g.prefix) &&
			(found == nil || len(prefix) >= len(found.PathPrefix)) {
			found = r
		}
	}
	if found != nil {
		return found
	}
	for i := range e.doc.Routes {
		r := &e.doc.Routes[i]
		if r.Path == "" && r.PathRegex == "" && r.When == nil && !g.exact &&
			slices.Equal(r.Hosts, e.options.Hosts) &&
			strings.TrimSuffix(r.PathPrefix, "/") == strings.TrimSuffix(g.prefix, "/") {
			return r
		}
	}
	return nil
}

// complete adds what a route lacks.
func (e *editor) complete(r *config.Route, g group) error {
	n := e.nodes[r.Name]
	if n == nil || n.Kind != yaml.MappingNode {
		e.note(r.Name, Left, "it is not written in this file, or by an alias")
		return nil
	}
	var done []string
	if len(r.Methods) > 0 {
		var lacks []string
		for _, m := range g.methods {
			if !slices.Contains(r.Methods, m) {
				lacks = append(lacks, m)
			}
		}
		if list := member(n, "methods"); len(lacks) > 0 {
			if list == nil || list.Kind != yaml.SequenceNode {
				e.note(r.Name, Left, "its methods are not written here; it lacks "+
					strings.Join(lacks, ", "))
				return nil
			}
			for _, m := range lacks {
				if err := e.into(list, e.scalar(m), []string{"- " + m}); err != nil {
					return err
				}
			}
			done = append(done, "methods: "+strings.Join(lacks, ", "))
		}
	}
	switch {
	case r.OpenAPI == nil && e.options.Requests != "":
		key := e.name("openapi") + ": " + e.contract()
		if err := e.into(n, key, []string{key}); err != nil {
			return err
		}
		done = append(done, "openapi")
	case r.OpenAPI != nil && !e.ours(r):
		e.note(r.Name, Left, "it has the document "+r.OpenAPI.Spec)
		return nil
	}
	if len(done) == 0 {
		e.note(r.Name, Kept, "")
		return nil
	}
	e.note(r.Name, Changed, "added "+strings.Join(done, "; "))
	return nil
}

func (e *editor) contract() string {
	return fmt.Sprintf("{%s: %s, %s: %s, %s: %s}", e.name("spec"), e.scalar(e.options.Spec),
		e.name("requests"), e.scalar(e.options.Requests), e.name("responses"),
		e.scalar(e.options.Responses))
}

// add writes a route for a group.
func (e *editor) add(g group) error {
	if e.options.Cluster == "" {
		return fmt.Errorf("%s needs a route, and a new route needs a cluster: name it (--cluster)",
			g.prefix)
	}
	name := e.fit(g.prefix)
	pairs := []string{e.name("name") + ": " + e.scalar(name)}
	add := func(key, value string) { pairs = append(pairs, e.name(key)+": "+value) }
	if len(e.options.Hosts) > 0 {
		add("hosts", e.file.list(e.options.Hosts))
	}
	key := "path_prefix"
	if g.exact {
		key = "path"
	}
	add(key, e.scalar(g.prefix))
	add("methods", e.file.list(g.methods))
	add("cluster", e.scalar(e.options.Cluster))
	if e.options.Requests != "" {
		add("openapi", e.contract())
	}
	e.flows = append(e.flows, "{"+strings.Join(pairs, ", ")+"}")
	for i, pair := range pairs {
		if i == 0 {
			e.blocks = append(e.blocks, "- "+pair)
		} else {
			e.blocks = append(e.blocks, "  "+pair)
		}
	}
	e.note(name, Added, g.prefix+" "+strings.Join(g.methods, ", "))
	return nil
}

// fit is a name for the route of a prefix that no route has.
func (e *editor) fit(prefix string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, prefix), "-")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = strings.TrimSuffix("api-"+name, "-")
	}
	base := name
	for n := 2; e.nodes[name] != nil || e.names[name]; n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	e.names[name] = true
	return name
}

// fresh adds the new routes behind the others, written as the last one is.
func (e *editor) fresh() error {
	if len(e.flows) == 0 {
		return nil
	}
	flows := strings.Join(e.flows, ", ")
	if e.list == nil {
		return e.key("routes", "["+flows+"]", e.blocks)
	}
	if e.list.Kind != yaml.SequenceNode && e.list.Tag != "!!null" {
		return fmt.Errorf("line %d: the routes are no list", e.list.Line)
	}
	lines := e.blocks
	if n := len(e.list.Content); n > 0 && e.list.Content[n-1].Style&yaml.FlowStyle != 0 {
		lines = nil
		for _, one := range e.flows {
			lines = append(lines, "- "+one)
		}
	}
	return e.into(e.list, flows, lines)
}
