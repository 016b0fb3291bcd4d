package config

import (
	"reflect"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// Defaults is what listeners, clusters and routes of a file start from. It is laid under them
// before they are decoded, so that a Document never has one: each of its listeners, clusters and
// routes says all that it means.
type Defaults struct {
	Listener Start[Listener] `config:"listener"`
	Cluster  Start[Cluster]  `config:"cluster"`
	Route    Start[Route]    `config:"route"`
}

func (Defaults) keyTexts() texts {
	return texts{
		"listener": "Keys of `listeners[]`, all but `name`, for every listener.",
		"cluster":  "Keys of `clusters[]`, all but `name`, for every cluster.",
		"route":    "Keys of `routes[]`, all but `name`, for every route.",
	}
}

// Start stands in the document where the keys of T may be, and holds nothing.
type Start[T any] struct{}

// Of returns the type whose keys may be there.
func (Start[T]) Of() reflect.Type { return reflect.TypeFor[T]() }

// A Starter is a Start of any type.
type Starter interface{ Of() reflect.Type }

// start decodes what objects start from, to find what is wrong with it even where none takes it.
func (d *decoder) start(n *text.Node, of reflect.Type) {
	if n.Kind == text.Map && n.Get("name") != nil {
		for i, k := range n.Keys {
			if k.Name == "name" {
				d.trail.Enter(k.Name)
				d.add(&text.Node{At: k.At}, CodeConflict,
					"this is for all "+listOf(of)+", and no two have one name",
					"remove it, and give each its own")
				d.trail.Leave()
				n = &text.Node{Kind: text.Map, At: n.At,
					Keys:   append(n.Keys[:i:i], n.Keys[i+1:]...),
					Values: append(n.Values[:i:i], n.Values[i+1:]...)}
				break
			}
		}
	}
	d.structure(n, Fresh(of))
}

// starts are the keys of `defaults` with the list that each is for.
func starts() []struct{ key, list string } {
	return []struct{ key, list string }{
		{"listener", "listeners"}, {"cluster", "clusters"}, {"route", "routes"},
	}
}

// listOf is the list whose entries have a type.
func listOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Listener]():
		return "listeners"
	case reflect.TypeFor[Cluster]():
		return "clusters"
	default:
		return "routes"
	}
}
