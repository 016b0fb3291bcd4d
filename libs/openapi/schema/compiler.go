package schema

import (
	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// A Dialect is what the keywords of a schema mean.
type Dialect uint8

// The dialects.
const (
	// Draft2020 is JSON Schema draft 2020-12, and OpenAPI 3.1 with its discriminator.
	Draft2020 Dialect = iota
	// OpenAPI30 is that of OpenAPI 3.0.
	OpenAPI30
)

// Bounds of all schemas of one compiler.
const (
	maxSchemas  = 500_000
	maxProblems = 50
)

// A Compiler makes schemas of the nodes of documents. Those that refer to each other come from one
// compiler.
type Compiler struct {
	// Load gives the file that a URI means.
	Load func(uri string) (*document.File, error)
	// Formats says that formats are asserted.
	Formats bool

	problems  []*document.Problem
	warnings  []*document.Problem
	resources map[string]*resource
	homes     map[*document.Node]*resource
	schemas   map[*document.Node]*Schema
	all       []*Schema
	done      int
	patterns  map[string]*pattern
	anchors   map[string]bool // that a $dynamicRef names
	families  map[*document.File]*family
}

// NewCompiler makes a compiler, whose schemas assert formats.
func NewCompiler(load func(uri string) (*document.File, error)) *Compiler {
	return &Compiler{
		Load: load, Formats: true,
		resources: map[string]*resource{},
		homes:     map[*document.Node]*resource{},
		schemas:   map[*document.Node]*Schema{},
		patterns:  map[string]*pattern{},
		anchors:   map[string]bool{},
		families:  map[*document.File]*family{},
	}
}

// Compile is the schema of a node. It is whole after Finish.
func (c *Compiler) Compile(n *document.Node, d Dialect) *Schema {
	return c.schema(n, c.homeOf(n, d))
}

// Finish compiles what was asked for, and says what is wrong with it.
func (c *Compiler) Finish() (problems, warnings []*document.Problem) {
	for {
		for c.done < len(c.all) && len(c.problems) < maxProblems {
			s := c.all[c.done]
			c.done++
			c.fill(s)
		}
		if !c.compileAnchors() || len(c.problems) >= maxProblems {
			break
		}
	}
	c.spreadAnchors()
	if len(c.problems) == 0 {
		c.findCycles()
		c.spreadAccess()
		for _, s := range c.all {
			s.accepted, s.counted = s.accepts(8), true
		}
	}
	return c.problems, c.warnings
}

func (c *Compiler) problem(n *document.Node, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, n.Problem(format, args...))
	}
}

func (c *Compiler) warn(n *document.Node, format string, args ...any) {
	if len(c.warnings) < maxProblems {
		c.warnings = append(c.warnings, n.Problem(format, args...))
	}
}

// schema is the schema of a node, which may not be filled yet.
func (c *Compiler) schema(n *document.Node, home *resource) *Schema {
	if s := c.schemas[n]; s != nil {
		return s
	}
	if own := c.homes[n]; own != nil {
		home = own
	}
	s := &Schema{kinds: AnyKind, home: home, node: n}
	c.schemas[n] = s
	if len(c.all) == maxSchemas {
		c.problem(n, "there are more than %d schemas", maxSchemas)
		s.always = -1
		return s
	}
	c.all = append(c.all, s)
	return s
}

// fill reads the keywords of a schema.
func (c *Compiler) fill(s *Schema) {
	n := s.node
	old := s.home.dialect == OpenAPI30
	switch n.Kind {
	case value.Bool:
		s.always = -1
		if n.True() {
			s.always = 1
		}
		if old {
			c.problem(n, "a schema is an object in OpenAPI 3.0")
		}
		return
	case value.Object:
	default:
		c.problem(n, "a schema is an object, not %s", n.Kind)
		return
	}
	s.validation = s.home.validation
	r := reader{c: c, s: s, n: n, old: old}
	if old {
		if ref := n.Get("$ref"); ref != nil { // the members beside it mean nothing
			s.ref = c.refer(ref, s.home)
			return
		}
	}
	r.core()
	if s.validation {
		r.kinds()
		r.values()
		r.numbers()
		r.texts()
	}
	r.arrays()
	r.objects()
	r.mix()
	if c.Formats {
		r.format()
	}
	s.readOnly, s.writeOnly = r.flag("readOnly"), r.flag("writeOnly")
	if s.readOnly && s.writeOnly && old {
		c.problem(n, "a schema is readOnly or writeOnly, not both")
	}
	r.discriminator()
	s.unevaluated = s.object != nil && s.object.unevaluatedProperties != nil ||
		s.array != nil && s.array.unevaluatedItems != nil
}

// compileAnchors asks for the schemas that a $dynamicRef may lead to, and says whether one is new.
func (c *Compiler) compileAnchors() (more bool) {
	for _, home := range c.resources {
		for anchor, n := range home.dynamicAnchors {
			if !c.anchors[anchor] || home.dynamicSchemas[anchor] != nil {
				continue
			}
			if home.dynamicSchemas == nil {
				home.dynamicSchemas = map[string]*Schema{}
			}
			home.dynamicSchemas[anchor] = c.schema(n, home)
			more = true
		}
		home.dynamics = len(c.anchors) > 0
	}
	return more || c.done < len(c.all)
}

// spreadAnchors tells each $dynamicRef where it may lead.
func (c *Compiler) spreadAnchors() {
	for _, s := range c.all {
		if s.dynamic == nil || s.dynamic.anchor == "" {
			continue
		}
		s.dynamic.may = nil
		for _, home := range c.resources {
			if to := home.dynamicSchemas[s.dynamic.anchor]; to != nil {
				s.dynamic.may = append(s.dynamic.may, to)
			}
		}
	}
}
