package apidoc

import (
	"encoding/json"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// Value is a node as encoding/json has it: a map, a slice, a text, a json.Number, true, false or
// nil. Of a node that is not there it is nil.
func Value(n *document.Node) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case value.Bool:
		return n.True()
	case value.Number:
		return json.Number(n.Text)
	case value.String:
		return n.Text
	case value.Array:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = Value(item)
		}
		return list
	case value.Object:
		object := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			object[m.Key] = Value(m.Value)
		}
		return object
	}
	return nil
}
