package openapi

import (
	"strings"
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// checker is the memory of one check. Between checks it is kept.
type checker struct {
	list
	way   schema.Direction
	tree  value.Tree
	room  []byte
	pairs []pair
	items []item
}

var checkers = sync.Pool{New: func() any { return new(checker) }}

func newChecker(way schema.Direction) *checker {
	c := checkers.Get().(*checker)
	c.all, c.way = nil, way
	return c
}

// maxKept is how much memory a checker that is kept may have, in bytes.
const maxKept = 256 << 10

// done gives the checker back, and is what it found.
func (c *checker) done() []Violation {
	all := c.all
	c.all = nil
	c.tree.Reset()
	c.room, c.pairs, c.items = c.room[:0], c.pairs[:0], c.items[:0]
	if c.tree.Size()+cap(c.room)+(cap(c.pairs)+cap(c.items))*96 <= maxKept {
		checkers.Put(c)
	}
	return all
}

// note adds what a schema found in a value.
func (c *checker) note(where, pointer, called string, failures []schema.Failure) {
	for _, f := range failures {
		subject := called
		if f.Pointer != "" {
			subject += " at " + f.Pointer
		}
		c.add(where, pointer+f.Pointer, f.Rule, subject+" "+f.Message)
	}
}

// noteParameter adds what is wrong with a parameter.
func (c *checker) noteParameter(p *parameter, failures []schema.Failure) {
	c.note(p.where, p.pointer, p.called, failures)
}

func pointerToken(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// check holds what c.items has against a parameter. several says that the parameter's name stood
// there more than once. split fills c.items for a form.
func (c *checker) check(p *parameter, several bool, split func(f form) *fault) {
	c.noteParameter(p, c.judge(p, several, split))
}

// judge is what check finds, nil for nothing.
func (c *checker) judge(
	p *parameter, several bool, split func(f form) *fault,
) (first []schema.Failure) {
	all, n := p.forms(several)
	for _, f := range all[:n] {
		c.items = c.items[:0]
		var failures []schema.Failure
		if e := split(f); e != nil {
			failures = []schema.Failure{{Pointer: e.pointer, Rule: e.rule, Message: e.message}}
		} else {
			failures = c.hold(p, f)
		}
		if failures == nil {
			return nil
		}
		if first == nil {
			first = failures
		}
	}
	return first
}

// checkContent holds a parameter whose text is a document of a media type.
func (c *checker) checkContent(p *parameter, raw []byte) {
	text, e := c.decode(p, raw)
	if e != nil {
		c.noteParameter(p, []schema.Failure{{Rule: e.rule, Message: e.message}})
		return
	}
	switch p.content.reads {
	case readJSON:
		if e := c.tree.Parse(text, maxDepth); e != nil {
			c.noteParameter(p, []schema.Failure{{Pointer: e.Pointer, Rule: e.Rule,
				Message: syntax(e)}})
			return
		}
	case readText:
		coerce(&c.tree, c.tree.Build(), p.content.schema, text)
	default:
		return
	}
	if s := p.content.schema; s != nil && !s.Valid(&c.tree, 0, c.way) {
		c.noteParameter(p, s.Explain(&c.tree, 0, c.way, MaxViolations))
	}
}

// missing adds that a parameter is not there.
func (c *checker) missing(p *parameter) {
	c.add(p.where, p.pointer, RuleRequired, p.called+" is missing")
}

// maxDepth is how deep a body's values may be nested.
const maxDepth = 100

// syntax says why a text is no JSON.
func syntax(e *value.Error) string { return "is not JSON as it should be: " + e.Message }
