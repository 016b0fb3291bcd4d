package openapi

import "bytes"

// How each style writes arrays and objects: https://spec.openapis.org/oas/v3.1.1.html#style-values

// one takes the whole text as one item.
func (c *checker) one(text []byte) *fault {
	c.items = append(c.items, item{value: text})
	return nil
}

// each splits a text into items at a sign.
func (c *checker) each(text []byte, at []byte) *fault {
	for part := range bytes.SplitSeq(text, at) {
		c.items = append(c.items, item{value: part})
	}
	return nil
}

// couples splits a text into keys and values that take turns.
func (c *checker) couples(text, at []byte) *fault {
	for more := true; more; {
		var key, v []byte
		key, text, more = bytes.Cut(text, at)
		if !more {
			return &fault{rule: RuleStyle, message: "is no list of keys and values"}
		}
		v, text, more = bytes.Cut(text, at)
		c.items = append(c.items, item{key, v})
	}
	return nil
}

// assignments splits a text into key=value.
func (c *checker) assignments(text, at []byte) *fault {
	for part := range bytes.SplitSeq(text, at) {
		key, v, ok := bytes.Cut(part, equals)
		if !ok {
			return &fault{rule: RuleStyle, message: "is no list of key=value"}
		}
		c.items = append(c.items, item{key, v})
	}
	return nil
}

var (
	comma     = []byte{','}
	equals    = []byte{'='}
	fullStop  = []byte{'.'}
	semicolon = []byte{';'}
)

// split splits what stands between two signs in the usual way of simple, label and form.
func (c *checker) split(f form, text, at []byte, explode bool) *fault {
	switch {
	case f == formPrimitive:
		return c.one(text)
	case f == formArray:
		return c.each(text, at)
	case explode:
		return c.assignments(text, at)
	}
	return c.couples(text, at)
}

// splitPath splits the part of a path that is a parameter.
func (c *checker) splitPath(p *parameter, f form, text []byte) *fault {
	switch p.style {
	case styleLabel:
		rest, ok := bytes.CutPrefix(text, fullStop)
		if !ok {
			return &fault{rule: RuleStyle, message: "does not begin with a full stop"}
		}
		at := fullStop
		if !p.explode && bytes.IndexByte(rest, ',') >= 0 {
			at = comma // OpenAPI 3.0.4 and 3.1.1 have it so, the versions before them a full stop
		}
		return c.split(f, rest, at, p.explode)
	case styleMatrix:
		return c.splitMatrix(p, f, text)
	}
	return c.split(f, text, comma, p.explode)
}

func (c *checker) splitMatrix(p *parameter, f form, text []byte) *fault {
	wrong := &fault{rule: RuleStyle, message: "is not written as ;" + p.name + "=value"}
	rest, ok := bytes.CutPrefix(text, semicolon)
	if !ok {
		return wrong
	}
	if f == formObject && p.explode {
		return c.assignments(rest, semicolon)
	}
	if f == formArray && p.explode {
		for part := range bytes.SplitSeq(rest, semicolon) {
			key, v, _ := bytes.Cut(part, equals)
			if !samePath(key, p.name) {
				return wrong
			}
			c.items = append(c.items, item{value: v})
		}
		return nil
	}
	key, v, _ := bytes.Cut(rest, equals)
	if !samePath(key, p.name) {
		return wrong
	}
	return c.split(f, v, comma, false)
}

// splitHeader splits the values of a header's lines.
func (c *checker) splitHeader(p *parameter, f form, lines [][]byte) *fault {
	if f == formPrimitive {
		for _, l := range lines {
			c.items = append(c.items, item{value: l})
		}
		return nil
	}
	var text []byte
	if len(lines) == 1 {
		text = lines[0]
	} else {
		text = bytes.Join(lines, comma)
	}
	if e := c.split(f, text, comma, p.explode); e != nil {
		return e
	}
	for i := range c.items {
		c.items[i].key = bytes.Trim(c.items[i].key, " \t")
		c.items[i].value = bytes.Trim(c.items[i].value, " \t")
	}
	return nil
}

// splitQuery splits the values that a query has for a parameter of one name.
func (c *checker) splitQuery(p *parameter, f form, values [][]byte) *fault {
	if f == formPrimitive || f == formArray && p.explode {
		for _, v := range values {
			c.items = append(c.items, item{value: v})
		}
		return nil
	}
	if len(values) > 1 {
		return &fault{rule: RuleDuplicate, message: "is there more than once"}
	}
	text := values[0]
	switch p.style {
	case styleSpace:
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("%20"), space), []byte{'+'}, space)
		return c.split(f, text, space, false)
	case stylePipe:
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("%7C"), pipe), []byte("%7c"), pipe)
		return c.split(f, text, pipe, false)
	}
	return c.split(f, text, comma, false)
}

var (
	space = []byte{' '}
	pipe  = []byte{'|'}
)
