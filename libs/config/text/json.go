package text

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// parseJSON turns the text of a JSON file into a tree.
func parseJSON(file string, data []byte, ps *Problems) *Node {
	if root := parsePlainJSON(file, data); root != nil {
		return root
	}
	return parseWholeJSON(file, data, ps)
}

// parseWholeJSON reads any JSON, with the library.
func parseWholeJSON(file string, data []byte, ps *Problems) *Node {
	p := &jsonParser{file: &file, data: data, problems: ps, line: 1, column: 1, budget: maxNodes}
	p.decoder = json.NewDecoder(bytes.NewReader(data))
	p.decoder.UseNumber()
	root := p.value(0)
	if root == nil {
		return nil
	}
	at := p.next()
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return p.fail(at, CodeSyntax, "there is something after the end of the document", "")
	}
	return root
}

type jsonParser struct {
	file     *string
	data     []byte
	problems *Problems
	decoder  *json.Decoder
	budget   int
	stopped  bool

	offset, line, column int // of the place up to which lines and characters were counted
}

// next returns the place of the token that the decoder will read next.
func (p *jsonParser) next() Place {
	i := int(p.decoder.InputOffset())
	for i < len(p.data) && strings.IndexByte(" \t\r\n,:", p.data[i]) >= 0 {
		i++
	}
	return p.placeOf(i)
}

// placeOf must be called with offsets that do not go back.
func (p *jsonParser) placeOf(offset int) Place {
	for ; p.offset < offset; p.offset++ {
		switch c := p.data[p.offset]; {
		case c == '\n':
			p.line, p.column = p.line+1, 1
		case utf8.RuneStart(c):
			p.column++
		}
	}
	return Place{p.file, int32(p.line), int32(p.column)}
}

func (p *jsonParser) fail(at Place, code, message, hint string) *Node {
	if !p.stopped {
		p.stopped = true
		p.problems.Add(at.Problem("", code, message, hint))
	}
	return nil
}

// token reads a token, and notes the problem when there is none.
func (p *jsonParser) token() (json.Token, bool) {
	at := p.next()
	t, err := p.decoder.Token()
	if err == nil {
		return t, true
	}
	message := "this is not JSON: " + strings.TrimPrefix(Shorten(err.Error()), "json: ")
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && int(syntax.Offset) > p.offset {
		at = p.placeOf(int(syntax.Offset) - 1)
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, message = p.placeOf(len(p.data)), "this is not JSON: it ends too early"
	}
	p.fail(at, CodeSyntax, message, "")
	return nil, false
}

func (p *jsonParser) value(depth int) *Node {
	at := p.next()
	if depth > MaxNesting {
		return p.fail(at, CodeTooLarge,
			fmt.Sprintf("values are nested more than %d deep", MaxNesting), "")
	}
	if p.budget--; p.budget < 0 {
		return p.fail(at, CodeTooLarge,
			fmt.Sprintf("the document has more than %d values", maxNodes), "")
	}
	t, ok := p.token()
	if !ok {
		return nil
	}
	n := &Node{At: at}
	switch t := t.(type) {
	case nil:
		n.Kind = Null
	case bool:
		n.Kind, n.Text = Bool, fmt.Sprint(t)
	case string:
		n.Kind, n.Text = String, t
	case json.Number:
		n.Kind, n.Text = Int, t.String()
		if strings.ContainsAny(n.Text, ".eE") {
			n.Kind = Float
		}
	case json.Delim:
		if t == '[' {
			n.Kind = List
			for p.decoder.More() {
				v := p.value(depth + 1)
				if v == nil {
					return nil
				}
				n.Values = append(n.Values, *v)
			}
		} else {
			n.Kind = Map
			if !p.members(n, depth) {
				return nil
			}
		}
		if _, ok := p.token(); !ok { // the end
			return nil
		}
	}
	return n
}

func (p *jsonParser) members(n *Node, depth int) bool {
	seen := map[string]int32{}
	for p.decoder.More() {
		at := p.next()
		t, ok := p.token()
		if !ok {
			return false
		}
		name, ok := t.(string)
		if !ok {
			p.fail(at, CodeSyntax, "this is not JSON: a key is not text", "")
			return false
		}
		v := p.value(depth + 1)
		if v == nil {
			return false
		}
		if line, ok := seen[name]; ok {
			p.problems.Add(at.Problem("", CodeDuplicateKey, fmt.Sprintf(
				"the key %s is in this mapping twice, first in line %d", Quote(name), line),
				"remove one"))
			continue
		}
		seen[name] = at.Line
		n.Keys = append(n.Keys, Key{name, at})
		n.Values = append(n.Values, *v)
	}
	return true
}
