package apidoc

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
)

// A Document is an OpenAPI document with the contract that it is compiled to.
type Document struct {
	Contract *openapi.Contract
	Root     *document.Node

	set *document.Set
}

// An Operation is one method of a path, as it is written.
type Operation struct {
	*openapi.Operation
	Item, Node *document.Node   // of the path, and of the method
	Parameters []*document.Node // of both, references followed
	Base       string           // the path of the server, "" for none
}

func read(path string) ([]byte, error) { return files.Read(path, document.MaxBytes) }

// Load reads a document with the files that it refers to. base is what comes before its paths, ""
// for what its servers have. The error is openapi.Problems.
func Load(path, base string) (*Document, error) {
	contract, err := openapi.Load(path, openapi.Options{Read: read, Base: base})
	if err != nil {
		return nil, err
	}
	d := &Document{Contract: contract, set: &document.Set{Read: read}}
	f, err := d.set.Open(path)
	if err != nil {
		return nil, err // the file has changed in between
	}
	d.Root = f.Root
	return d, nil
}

// most is how many references may follow each other.
const most = 32

// Resolve follows the references that stand in place of a node. nil: they lead nowhere.
func (d *Document) Resolve(n *document.Node) *document.Node {
	for range most {
		ref := n.Get("$ref").String()
		if ref == "" {
			return n
		}
		var err error
		if n, err = d.target(n, ref); err != nil {
			return nil
		}
	}
	return nil
}

func (d *Document) target(n *document.Node, ref string) (*document.Node, error) {
	uri, fragment, err := document.Join(n.File.URI, ref)
	if err != nil {
		return nil, err
	}
	f, err := d.set.Load(uri)
	if err != nil {
		return nil, err
	}
	to := f.Root
	if fragment == "" {
		return to, nil
	}
	if fragment[0] != '/' {
		return nil, errors.New("it is no JSON pointer")
	}
	for _, token := range document.Tokens(fragment) {
		if to = to.Child(token); to == nil {
			return nil, errors.New("it leads nowhere")
		}
	}
	return to, nil
}

// Operations are all of the document, in the order of the contract.
func (d *Document) Operations() []Operation {
	var all []Operation
	for _, o := range d.Contract.Operations() {
		item := d.Resolve(d.Root.Get("paths").Get(o.Path))
		if item == nil {
			continue
		}
		node := item.Get(strings.ToLower(o.Method))
		if node == nil {
			continue
		}
		all = append(all, Operation{
			Operation: o, Item: item, Node: node, Parameters: d.parameters(item, node),
			Base: base(node.Get("servers"), item.Get("servers"), d.Root.Get("servers")),
		})
	}
	return all
}

// parameters are those of a path and of a method, which come in the place of the path's.
func (d *Document) parameters(item, node *document.Node) (all []*document.Node) {
	at := make(map[string]int)
	for _, list := range []*document.Node{item.Get("parameters"), node.Get("parameters")} {
		if list == nil {
			continue
		}
		for _, p := range list.Items {
			if p = d.Resolve(p); p == nil {
				continue
			}
			key := p.Get("in").String() + " " + p.Get("name").String()
			if i, ok := at[key]; ok {
				all[i] = p
				continue
			}
			at[key] = len(all)
			all = append(all, p)
		}
	}
	return all
}

// base is the path of the first server of the first list that has some.
func base(lists ...*document.Node) string {
	for _, list := range lists {
		if list == nil || len(list.Items) == 0 {
			continue
		}
		server := list.Items[0]
		text := server.Get("url").String()
		if variables := server.Get("variables"); variables != nil {
			for _, m := range variables.Members {
				text = strings.ReplaceAll(text, "{"+m.Key+"}", m.Value.Get("default").String())
			}
		}
		u, err := url.Parse(text)
		if err != nil {
			return ""
		}
		path := strings.TrimSuffix(u.EscapedPath(), "/")
		if path != "" && path[0] != '/' {
			path = "/" + strings.TrimPrefix(path, "./")
		}
		return strings.TrimSuffix(path, "/.")
	}
	return ""
}

// First is what a parameter, a header or a media type gives for an example; nil: it has none.
func (d *Document) First(n *document.Node) *document.Node {
	if e := n.Get("example"); e != nil {
		return e
	}
	if all := n.Get("examples"); all != nil {
		for _, m := range all.Members {
			if value := d.Resolve(m.Value).Get("value"); value != nil {
				return value
			}
		}
	}
	return nil
}

// Is says whether an operation has this ID, or is this method and path: "GET /users".
func (o *Operation) Is(name string) bool {
	return name == o.ID || name == o.Method+" "+o.Path
}
