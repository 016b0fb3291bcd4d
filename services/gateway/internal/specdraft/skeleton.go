package specdraft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/logread"
)

// Bounds of a skeleton: what is kept does not depend on the log.
const (
	mostParts    = 24    // of a path
	mostSiblings = 25    // more words than that in one place are values of a parameter
	mostNodes    = 50000 // of all paths
)

// A Filter says which requests of a log count.
type Filter struct {
	Host, Route string // "" is any
}

// Counts say what became of a log's lines.
type Counts struct {
	Lines    int `json:"lines"`
	Requests int `json:"requests"` // that the skeleton was made of
	Bad      int `json:"bad"`      // lines that are none of an access log
	FirstBad int `json:"first_bad_line"`
	Own      int `json:"own"`       // answered by the gateway itself
	Left     int `json:"left_out"`  // for another host or route, or of an unusual form
	NotFound int `json:"not_found"` // 404 and 405 of paths that had no other status before
}

// logged is what is read of a line.
type logged struct {
	Time   string `json:"time"`
	Method string `json:"method"`
	Host   string `json:"host"`
	Path   string `json:"path"`
	Route  string `json:"route"`
	Status int    `json:"status"`
	Code   string `json:"code"`
}

// Skeleton reads an access log and returns the document of what it shows: paths, with identifiers
// as parameters, methods and statuses of endpoints. Answers of the gateway itself don't count.
func Skeleton(
	ctx context.Context, log io.Reader, only Filter, title string,
) (*yaml.Node, Counts, error) {
	var c Counts
	tree := &tree{root: &part{}}
	lines := logread.New(ctx, log)
	for {
		line, long, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, c, fmt.Errorf("reading the log behind line %d: %w", lines.Number, err)
		}
		c.Lines++
		var e logged
		switch {
		case len(line) == 0 && !long:
			continue
		case long || json.Unmarshal(line, &e) != nil || e.Time == "":
			if c.Bad++; c.Bad == 1 {
				c.FirstBad = lines.Number
			}
		case e.Method == "" || e.Code != "" || e.Status == 0:
			c.Own++
		case only.Host != "" && e.Host != only.Host || only.Route != "" && e.Route != only.Route:
			c.Left++
		default:
			tree.add(&e, &c)
		}
	}
	return tree.document(title), c, nil
}

// tree is the paths of a log.
type tree struct {
	root  *part
	nodes int
}

// part is one part of paths that begin alike.
type part struct {
	words   map[string]*part
	value   *part // of those whose part is a parameter
	many    bool  // there were so many words that all are values
	kinds   [other + 1]bool
	methods map[string]map[int]int // statuses with their number, by method
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

func (t *tree) add(e *logged, c *Counts) {
	parts := strings.Split(strings.TrimPrefix(e.Path, "/"), "/")
	if !strings.HasPrefix(e.Path, "/") || !slices.Contains(methods, e.Method) ||
		e.Status < 100 || e.Status > 599 || strings.ContainsAny(e.Path, "{}") ||
		len(parts) > mostParts {
		c.Left++
		return
	}
	// What nobody has found yet is more often a scanner's guess than a path.
	guess := e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed
	at := t.root
	for _, word := range parts {
		if guess {
			at = at.find(word)
		} else {
			at = t.below(at, word)
		}
		if at == nil {
			c.NotFound++
			return
		}
	}
	if guess && at.methods[e.Method] == nil {
		c.NotFound++
		return
	}
	c.Requests++
	if at.methods == nil {
		at.methods = map[string]map[int]int{}
	}
	if at.methods[e.Method] == nil {
		at.methods[e.Method] = map[int]int{}
	}
	at.methods[e.Method][e.Status]++
}

// find is below without making anything.
func (p *part) find(word string) *part {
	if next := p.words[word]; next != nil {
		return next
	}
	if kindOf(word) != literal || p.many {
		return p.value
	}
	return nil
}

func (t *tree) below(at *part, word string) *part {
	k := kindOf(word)
	if k == literal {
		if next := at.words[word]; next != nil {
			return next
		}
		if !at.many && len(at.words) < mostSiblings && t.nodes < mostNodes {
			t.nodes++
			if at.words == nil {
				at.words = map[string]*part{}
			}
			at.words[word] = &part{}
			return at.words[word]
		}
		if !at.many { // so many words in one place are no words
			if at.value == nil {
				at.value = &part{}
			}
			for _, w := range slices.Sorted(maps.Keys(at.words)) {
				at.value.merge(at.words[w])
			}
			at.words, at.many = nil, true
		}
		k = other
	}
	if at.value == nil {
		t.nodes++
		at.value = &part{}
	}
	at.value.kinds[k] = true
	return at.value
}

// merge takes over what is below another part.
func (p *part) merge(o *part) {
	p.kinds[other] = true
	for method, statuses := range o.methods {
		if p.methods == nil {
			p.methods = map[string]map[int]int{}
		}
		if p.methods[method] == nil {
			p.methods[method] = map[int]int{}
		}
		for status, n := range statuses {
			p.methods[method][status] += n
		}
	}
	for word, below := range o.words {
		if p.words == nil {
			p.words = map[string]*part{}
		}
		if p.words[word] == nil {
			p.words[word] = below
		} else {
			p.words[word].merge(below)
		}
	}
	if o.value != nil {
		if p.value == nil {
			p.value = &part{}
		}
		kinds := o.value.kinds
		p.value.merge(o.value)
		p.value.kinds = kinds
	}
}

// document writes the tree as a document.
func (t *tree) document(title string) *yaml.Node {
	doc := newObject()
	doc.text("openapi", "3.1.0")
	info := doc.child("info")
	info.text("title", title)
	info.text("version", "0")
	info.text("description", "A skeleton that was made of an access log. It has paths, methods "+
		"and "+
		"statuses; parameters of the query, bodies and what they mean are not in a log.")
	paths := doc.child("paths")
	t.root.write(paths, nil, nil)
	return doc.Node
}

// parameter is one of a path.
type parameter struct {
	name  string
	kinds [other + 1]bool
}

func (p *part) write(paths object, parts []string, parameters []parameter) {
	if operations := p.operations(parameters, parts); len(operations.Content) > 0 {
		paths.set("/"+strings.Join(parts, "/"), operations.Node)
	}
	for _, word := range slices.Sorted(maps.Keys(p.words)) {
		p.words[word].write(paths, append(slices.Clip(parts), word), parameters)
	}
	if p.value == nil {
		return
	}
	before := ""
	for _, word := range slices.Backward(parts) {
		if !strings.HasPrefix(word, "{") {
			before = word
			break
		}
	}
	name := nameOf(before)
	for n, base := 2, name; slices.ContainsFunc(parameters, func(o parameter) bool {
		return o.name == name
	}); n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	p.value.write(paths, append(slices.Clip(parts), "{"+name+"}"),
		append(slices.Clip(parameters), parameter{name, p.value.kinds}))
}

func (p *part) operations(parameters []parameter, parts []string) object {
	item := newObject()
	for _, method := range methods {
		statuses := p.methods[method]
		if len(statuses) == 0 {
			continue
		}
		o := item.child(strings.ToLower(method))
		o.text("operationId", operationID(method, parts))
		responses := o.child("responses")
		total := 0
		for _, status := range slices.Sorted(maps.Keys(statuses)) {
			word := http.StatusText(status)
			if word == "" {
				word = "Status " + strconv.Itoa(status)
			}
			responses.child(strconv.Itoa(status)).text("description", word)
			total += statuses[status]
		}
		o.set("x-gateway-requests", number(total))
	}
	if len(item.Content) > 0 && len(parameters) > 0 {
		item.Content = append([]*yaml.Node{text("parameters"), parametersOf(parameters)},
			item.Content...)
	}
	return item
}

func parametersOf(parameters []parameter) *yaml.Node {
	var all []*yaml.Node
	for _, p := range parameters {
		o := newObject()
		o.text("name", p.name)
		o.text("in", "path")
		o.set("required", truth(true))
		schema := o.child("schema")
		switch p.kinds {
		case [other + 1]bool{integer: true}:
			schema.text("type", "integer")
		case [other + 1]bool{uuid: true}:
			schema.text("type", "string")
			schema.text("format", "uuid")
		default:
			schema.text("type", "string")
		}
		all = append(all, o.Node)
	}
	return list(all...)
}

// operationID is an ID such as get_users_by_user_id.
func operationID(method string, parts []string) string {
	var b strings.Builder
	b.WriteString(strings.ToLower(method))
	for _, part := range parts {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			b.WriteString("_by_" + strings.TrimSuffix(name, "}"))
			continue
		}
		word := strings.Trim(strings.Map(func(r rune) rune {
			if r < 0x80 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
				return r
			}
			return '_'
		}, part), "_")
		if word != "" {
			b.WriteString("_" + word)
		}
	}
	return b.String()
}
