package openapi

import (
	"bytes"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
)

// Operation finds the operation of a request by its method and the path of its URL, encoded as it
// came, without the query. nil: there is none, which is the violation. A path that the document has
// without this method is RuleMethod, another RulePath. HEAD is GET where a path has no HEAD.
func (c *Contract) Operation(method, path []byte) (*Operation, *Violation) {
	item := c.paths.find(path)
	if item == nil {
		return nil, unknownPath
	}
	if o := item.methods[string(method)]; o != nil {
		return o, nil
	}
	if string(method) == "HEAD" {
		if o := item.methods["GET"]; o != nil {
			return o, nil
		}
	}
	return nil, unknownMethod
}

var (
	unknownPath = &Violation{Where: WhereOperation, Rule: RulePath,
		Message: "the document has no such path"}
	unknownMethod = &Violation{Where: WhereOperation, Rule: RuleMethod,
		Message: "the document does not have this method for the path"}
)

// CheckRequest holds a whole request against the operation.
func (o *Operation) CheckRequest(r *Request) []Violation {
	c := newChecker(schema.Request)
	o.checkParameters(c, r)
	m := o.checkBodyType(c, r, len(r.Body) > 0)
	c.body(m, r.Fields, r.Body)
	return c.done()
}

// CheckHead holds the head of a request against the operation: its parameters, and the content type
// of its body. hasBody says that a body comes.
func (o *Operation) CheckHead(r *Request, hasBody bool) []Violation {
	c := newChecker(schema.Request)
	o.checkParameters(c, r)
	o.checkBodyType(c, r, hasBody)
	return c.done()
}

// CheckBody holds the body of a request against the operation. CheckHead has said what is wrong
// with its type, and that there is none where it knew that.
func (o *Operation) CheckBody(r *Request) []Violation {
	c := newChecker(schema.Request)
	if o.body != nil && o.body.required && len(r.Body) == 0 {
		c.add(WhereBody, "", RuleRequired, "the body is missing")
	}
	if len(r.Body) > 0 {
		m, _ := o.body.find(contentType(r.Fields))
		c.body(m, r.Fields, r.Body)
	}
	return c.done()
}

// ReadsBody reports whether the body of a request with these fields is looked at.
func (o *Operation) ReadsBody(fields []Field) bool {
	if o.body == nil {
		return false
	}
	m, _ := o.body.find(contentType(fields))
	return m != nil && m.reads != readNothing
}

// pair is a name and a value of a query or a form. The name is decoded, the value is not.
type pair struct{ name, value []byte }

// parsePairs reads name=value&name=value.
func (c *checker) parsePairs(text []byte) *fault {
	for len(text) > 0 {
		part, rest, _ := bytes.Cut(text, ampersand)
		text = rest
		if len(part) == 0 {
			continue
		}
		name, v, _ := bytes.Cut(part, equals)
		if bytes.IndexByte(name, '%') >= 0 || bytes.IndexByte(name, '+') >= 0 {
			start := len(c.room)
			room, ok := percent(c.room, name, true)
			if !ok {
				return &fault{rule: RuleEncoding,
					message: "has a name that is not percent-encoded well"}
			}
			c.room = room
			name = room[start:]
		}
		c.pairs = append(c.pairs, pair{name, v})
	}
	return nil
}

var ampersand = []byte{'&'}

// checkParameters holds the parameters of a request.
func (o *Operation) checkParameters(c *checker, r *Request) {
	if len(o.parameters) == 0 {
		return
	}
	if len(o.names) > 0 {
		if e := c.parsePairs(r.Query); e != nil {
			c.add(WhereQuery, "", e.rule, "the query "+e.message)
		}
	}
	pathAt := slices.IndexFunc(o.parameters,
		func(p *parameter) bool { return p.where == WherePath })
	if pathAt >= 0 {
		o.template.take(r.Path, func(name string, part []byte) {
			for _, p := range o.parameters {
				if p.where == WherePath && p.name == name {
					c.path(p, part)
				}
			}
		})
	}
	for _, p := range o.parameters {
		switch p.where {
		case WhereQuery:
			c.query(o, p)
		case WhereHeader:
			c.header(p, r.Fields)
		case WhereCookie:
			c.cookie(p, r.Fields)
		}
	}
}

func (c *checker) path(p *parameter, part []byte) {
	if p.content != nil {
		c.checkContent(p, part)
		return
	}
	c.check(p, false, func(f form) *fault { return c.splitPath(p, f, part) })
}

// query holds a parameter of the query against c.pairs.
func (c *checker) query(o *Operation, p *parameter) {
	if p.content == nil && p.takesObject() && (p.style == styleDeep || p.style == styleForm &&
		p.explode) {
		if c.spread(o, p) {
			return
		}
	}
	var room [4][]byte
	values := room[:0]
	for i := range c.pairs {
		if string(c.pairs[i].name) == p.name {
			values = append(values, c.pairs[i].value)
		}
	}
	switch {
	case len(values) == 0:
		if p.required {
			c.missing(p)
		}
	case len(values) == 1 && len(values[0]) == 0 && p.empty:
	case p.content != nil:
		if len(values) > 1 {
			c.duplicate(p)
			return
		}
		c.checkContent(p, values[0])
	default:
		several := len(values) > 1 && p.explode && p.takesArray()
		split := func(f form) *fault { return c.splitQuery(p, f, values) }
		failures := c.judge(p, several, split)
		if failures != nil && p.encodedCommas(values) {
			values[0] = commas(values[0])
			if c.judge(p, several, split) == nil {
				return
			}
		}
		c.noteParameter(p, failures)
	}
}

// encodedCommas reports whether a list has its commas encoded. Libraries that write queries do
// that, whatever the commas are for, so such a list passes where the text as it is does not.
func (p *parameter) encodedCommas(values [][]byte) bool {
	return p.style == styleForm && !p.explode && len(values) == 1 &&
		(bytes.Contains(values[0], []byte("%2C")) || bytes.Contains(values[0], []byte("%2c")))
}

func commas(text []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("%2C"), comma), []byte("%2c"), comma)
}

func (c *checker) duplicate(p *parameter) {
	c.add(p.where, p.pointer, RuleDuplicate, p.called+" is there more than once")
}

// takesObject reports whether a parameter may be an object, and says so.
func (p *parameter) takesObject() bool {
	return p.style == styleDeep || p.schema != nil && p.schema.Accepts() != schema.AnyKind &&
		p.schema.Accepts()&schema.ObjectKind != 0
}

func (p *parameter) takesArray() bool {
	return p.schema == nil || p.schema.Accepts()&schema.ArrayKind != 0
}

// spread holds an object whose members are parameters of the query themselves. It reports whether
// the parameter was judged.
func (c *checker) spread(o *Operation, p *parameter) bool {
	c.items = c.items[:0]
	only := p.style == styleDeep || p.schema.Accepts() == schema.ObjectKind
	for _, q := range c.pairs {
		if p.style == styleDeep {
			rest, ok := bytes.CutPrefix(q.name, []byte(p.name))
			switch {
			case !ok:
			case len(rest) == 0: // an endpoint may take it for the value
				c.noteParameter(p, []schema.Failure{{Rule: RuleStyle,
					Message: "is not written as " + p.name + "[key]=value"}})
				return true
			case rest[0] == '[':
				c.items = append(c.items, item{rest, q.value})
			}
			continue
		}
		own := string(q.name) == p.name
		if (own && only || !own && !o.names[string(q.name)]) &&
			p.schema.Property(string(q.name)) != nil {
			c.items = append(c.items, item{q.name, q.value})
		}
	}
	if len(c.items) == 0 {
		if only {
			if p.required {
				c.missing(p)
			}
			return true
		}
		return false // it may stand there as something else
	}
	if failures := c.hold(p, formObject); failures != nil {
		c.noteParameter(p, failures)
	}
	return true
}

// header holds a field against all lines of its name.
func (c *checker) header(p *parameter, fields []Field) {
	var room [4][]byte
	lines := room[:0]
	for i := range fields {
		if equalFold(fields[i].Name, p.name) {
			lines = append(lines, bytes.Trim(fields[i].Value, " \t"))
		}
	}
	switch {
	case len(lines) == 0:
		if p.required {
			c.missing(p)
		}
	case p.content != nil:
		if len(lines) > 1 {
			c.duplicate(p)
			return
		}
		c.checkContent(p, lines[0])
	default:
		c.check(p, false, func(f form) *fault { return c.splitHeader(p, f, lines) })
	}
}

// equalFold compares the name of a field with one of the document, whatever the case of ASCII.
func equalFold(name []byte, other string) bool {
	if len(name) != len(other) {
		return false
	}
	for i, c := range name {
		d := other[i]
		if c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// cookie holds a cookie against all of its name.
func (c *checker) cookie(p *parameter, fields []Field) {
	var room [4][]byte
	values := room[:0]
	for i := range fields {
		if !equalFold(fields[i].Name, "cookie") {
			continue
		}
		for part := range bytes.SplitSeq(fields[i].Value, semicolon) {
			name, v, _ := bytes.Cut(bytes.Trim(part, " \t"), equals)
			if string(name) == p.name {
				values = append(values, v)
			}
		}
	}
	switch {
	case len(values) == 0:
		if p.required {
			c.missing(p)
		}
	case p.content != nil:
		if len(values) > 1 {
			c.duplicate(p)
			return
		}
		c.checkContent(p, values[0])
	default:
		c.check(p, len(values) > 1 && p.explode && p.takesArray(),
			func(f form) *fault { return c.splitCookie(p, f, values) })
	}
}

// splitCookie splits cookies. An exploded array may be several cookies, or one that has the
// parameter's name again and again: color=blue&color=black.
func (c *checker) splitCookie(p *parameter, f form, values [][]byte) *fault {
	if f == formPrimitive || len(values) > 1 {
		return c.splitQuery(p, f, values)
	}
	if !p.explode {
		return c.split(f, values[0], comma, false)
	}
	if f == formObject {
		return c.assignments(values[0], ampersand)
	}
	for part := range bytes.SplitSeq(values[0], ampersand) {
		part = bytes.TrimPrefix(part, []byte(p.name+"="))
		c.items = append(c.items, item{value: part})
	}
	return nil
}
