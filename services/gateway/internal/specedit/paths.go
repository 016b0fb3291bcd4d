package specedit

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// empty is the document that paths are added to where there is none yet.
const empty = `openapi: 3.1.0
info:
  title: API behind the gateway
  version: "0"
`

// verbs are the methods that a document can have.
var verbs = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// Paths adds to the text of a document what it lacks for the routes of a configuration: paths, and
// methods of them. An empty text becomes a document. Of routes that have no path of their own, an
// expression or none, nothing is known.
func Paths(text []byte, routes []config.Route) ([]byte, []Change, error) {
	if len(strings.TrimSpace(string(text))) == 0 {
		text = []byte(empty)
	}
	f, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	w := writer{file: f, paths: member(f.root, "paths")}
	for i := range routes {
		if err := w.route(&routes[i]); err != nil {
			return nil, nil, err
		}
	}
	if err := w.fresh(); err != nil {
		return nil, nil, err
	}
	return f.text(), w.changes, nil
}

type writer struct {
	*file
	paths   *yaml.Node
	flows   []string
	blocks  []string
	new     []string // paths that are added
	changes []Change
}

func (w *writer) note(route, what, about string) {
	w.changes = append(w.changes, Change{route, what, about})
}

func (w *writer) route(r *config.Route) error {
	path := strings.TrimSuffix(r.PathPrefix, "/")
	if r.Path != "" {
		path = r.Path
	}
	if path == "" || r.PathRegex != "" {
		w.note(r.Name, Left, "it has no path that a document could name")
		return nil
	}
	methods := slices.DeleteFunc(slices.Clone(r.Methods), func(m string) bool {
		return !slices.Contains(verbs, m)
	})
	if len(methods) == 0 {
		methods = []string{"GET"}
	}
	item := member(w.paths, path)
	switch {
	case item != nil && item.Kind == yaml.MappingNode && len(item.Content) > 0:
		return w.complete(r, item, path, methods)
	case item != nil || slices.Contains(w.new, path) || len(r.Methods) == 0 && w.below(path):
		w.note(r.Name, Kept, "")
		return nil
	case r.Path == "" && w.below(path):
		return w.lacking(r, path, methods)
	}
	w.add(r, path, methods)
	return nil
}

// below says whether the document has paths below a prefix.
func (w *writer) below(prefix string) bool {
	if w.paths == nil {
		return false
	}
	for i := 0; i < len(w.paths.Content); i += 2 {
		if covers(prefix, w.paths.Content[i].Value) {
			return true
		}
	}
	return false
}

// lacking says which methods of a prefix no path below it has: which path they are for is not
// known.
func (w *writer) lacking(r *config.Route, prefix string, methods []string) error {
	var lacks []string
	for _, m := range methods {
		has := false
		for i := 0; i+1 < len(w.paths.Content); i += 2 {
			if covers(prefix, w.paths.Content[i].Value) &&
				member(w.paths.Content[i+1], strings.ToLower(m)) != nil {
				has = true
			}
		}
		if !has && m != "HEAD" && m != "OPTIONS" {
			lacks = append(lacks, m)
		}
	}
	if len(lacks) == 0 {
		w.note(r.Name, Kept, "")
		return nil
	}
	w.note(r.Name, Left, "no path below "+prefix+" has "+strings.Join(lacks, ", "))
	return nil
}

// complete adds the methods that a path lacks.
func (w *writer) complete(
	r *config.Route, item *yaml.Node, path string, methods []string,
) error {
	var done []string
	for _, m := range methods {
		if member(item, strings.ToLower(m)) != nil || m == "HEAD" || m == "OPTIONS" {
			continue
		}
		if len(r.Methods) == 0 { // any, of which the document has some
			break
		}
		text, lines := w.operation(r, m, path)
		if err := w.into(item, text, lines); err != nil {
			return err
		}
		done = append(done, m)
	}
	if len(done) == 0 {
		w.note(r.Name, Kept, "")
		return nil
	}
	w.note(r.Name, Changed, path+": added "+strings.Join(done, ", "))
	return nil
}

// operation writes a method of a path, in brackets and in lines.
func (w *writer) operation(r *config.Route, method, path string) (text string, lines []string) {
	id := strings.ToLower(method) + "_" + strings.Trim(strings.Map(func(c rune) rune {
		if c < 0x80 && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return c
		}
		return '_'
	}, path), "_")
	key := w.name(strings.ToLower(method))
	response := "{" + w.name("default") + ": {" + w.name("description") + ": " +
		w.scalar("Anything") + "}}"
	summary := quote("Of route " + r.Name + ".")
	text = key + ": {" + w.name("operationId") + ": " + quote(id) + ", " + w.name("summary") +
		": " + summary + ", " + w.name("responses") + ": " + response + "}"
	return text, []string{
		key + ":", "  operationId: " + quote(id), "  summary: " + summary,
		"  responses: " + response,
	}
}

func (w *writer) add(r *config.Route, path string, methods []string) {
	w.new = append(w.new, path)
	var flows []string
	name := quote(path)
	if !w.json {
		name = w.scalar(path)
	}
	w.blocks = append(w.blocks, name+":")
	for _, m := range methods {
		if m == "HEAD" || m == "OPTIONS" {
			continue
		}
		text, lines := w.operation(r, m, path)
		flows = append(flows, text)
		for _, line := range lines {
			w.blocks = append(w.blocks, "  "+line)
		}
	}
	w.flows = append(w.flows, name+": {"+strings.Join(flows, ", ")+"}")
	w.note(r.Name, Added, path+" "+strings.Join(methods, ", "))
}

// fresh adds the new paths behind the others.
func (w *writer) fresh() error {
	if len(w.flows) == 0 {
		return nil
	}
	if w.paths == nil {
		return w.key("paths", "{"+strings.Join(w.flows, ", ")+"}", w.blocks)
	}
	return w.into(w.paths, strings.Join(w.flows, ", "), w.blocks)
}
