package jwt

import (
	"encoding/json"
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// maxDepth is how deep arrays and objects are within one another.
const maxDepth = 16

// What is wrong with a JSON text.
var (
	errSyntax = errors.New("it is not JSON")
	errDouble = errors.New("two members of an object have the same name")
	errDeep   = errors.New("it is nested too deeply")
)

// readObject reads a JSON text (RFC 8259) that is one object. Strings are Go's, numbers are
// json.Number. Of two members with the same name another reader may see the other one, so they are
// an error; so is what is not UTF-8, half a surrogate pair, and whatever stands behind the object.
func readObject(data []byte) (map[string]any, error) {
	var t value.Tree
	if e := t.Parse(data, maxDepth); e != nil {
		switch e.Rule {
		case value.RuleDuplicate:
			return nil, errDouble
		case value.RuleDepth:
			return nil, errDeep
		}
		return nil, errSyntax
	}
	if t.Nodes[0].Kind != value.Object {
		return nil, errSyntax
	}
	all, _ := goValue(&t, 0).(map[string]any)
	return all, nil
}

// goValue is a value of a tree in the types of encoding/json.
func goValue(t *value.Tree, i uint32) any {
	n := t.Nodes[i]
	switch n.Kind {
	case value.Object:
		all := make(map[string]any, n.Count)
		for at := i + 1; at < n.Next; at = t.Nodes[at+1].Next {
			all[string(t.Text(at))] = goValue(t, at+1)
		}
		return all
	case value.Array:
		all := make([]any, 0, n.Count)
		for at := i + 1; at < n.Next; at = t.Nodes[at].Next {
			all = append(all, goValue(t, at))
		}
		return all
	case value.String:
		return string(t.Text(i))
	case value.Number:
		return json.Number(t.Text(i))
	case value.Bool:
		return n.Count == 1
	}
	return nil
}
