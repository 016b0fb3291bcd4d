package config

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// defaultsKey is the section that listeners, clusters and routes start from.
const defaultsKey = "defaults"

// begun lays listeners, clusters and routes of a tree over what its `defaults` say that they start
// from. Values keep their places, so that a problem is told of where the value stands. A tree
// without defaults is returned as it is.
func begun(root *text.Node) *text.Node {
	defaults := root.Get(defaultsKey)
	if defaults == nil || defaults.Kind != text.Map {
		return root
	}
	out := *root
	out.Values = slices.Clone(root.Values)
	for _, s := range starts() {
		from := defaults.Get(s.key)
		list := out.Get(s.list)
		if from == nil || from.Kind != text.Map || list == nil || list.Kind != text.List {
			continue
		}
		entries := slices.Clone(list.Values)
		for i := range entries {
			if entries[i].Kind == text.Map {
				entries[i] = over(from, &entries[i], s.list)
			}
		}
		list.Values = entries
	}
	return &out
}

// over lays what a thing says itself over what it starts from: its own keys win, mapping by
// mapping. A list, and a value of several forms, is one whole. A tls without certificates is for
// those that have a tls of their own: it is no reason to end TLS; unix is for unix sockets. section
// is the path of the two, in which an entry of a list is not told from the list.
func over(from, own *text.Node, section string) text.Node {
	out := text.Node{Kind: text.Map, At: own.At,
		Keys:   make([]text.Key, 0, len(own.Keys)+len(from.Keys)),
		Values: make([]text.Node, 0, len(own.Keys)+len(from.Keys))}
	out.Keys, out.Values = append(out.Keys, own.Keys...), append(out.Values, own.Values...)
	for i, k := range from.Keys {
		at := slices.IndexFunc(own.Keys, func(o text.Key) bool { return o.Name == k.Name })
		switch {
		case at >= 0:
			mine, base := &own.Values[at], &from.Values[i]
			if mine.Kind == text.Map && base.Kind == text.Map && !whole(section, k.Name) {
				out.Values[at] = over(base, mine, section+"."+k.Name)
			}
		case k.Name == "name" && !strings.Contains(section, "."), ruledOut(own, section, k.Name),
			section == "listeners" && ofOthers(own, k.Name, &from.Values[i]):
		default:
			out.Keys, out.Values = append(out.Keys, k), append(out.Values, from.Values[i])
		}
	}
	return out
}

// ofOthers says whether a key that listeners start from is for others than one of them.
func ofOthers(own *text.Node, key string, from *text.Node) bool {
	switch key {
	case "tls":
		return from.Get("certificates") == nil
	case "unix":
		address := own.Get("address")
		return address == nil || !strings.HasPrefix(address.Text, UnixScheme)
	}
	return false
}

// whole says whether the value of a key is one thing, which an own value takes the place of: what
// a value of a request is held against, and what a route does beside asking an endpoint.
func whole(section, key string) bool {
	return strings.HasPrefix(section, "routes.when.") ||
		section == "routes" && (key == "redirect" || key == "respond")
}

// choices are keys of which a section has one. An own one rules out every other one.
func choices() map[string][][]string {
	return map[string][][]string{
		"routes": {
			{"cluster", "split", "redirect", "respond"}, {"path", "path_prefix", "path_regex"},
		},
		"routes.rewrite": {{"strip_prefix", "replace_prefix"}},
		"routes.auth": {{"jwt", "basic", "api_key", "forward", "client_certificate",
			"any_of"}},
		"routes.auth.any_of": {{"jwt", "basic", "api_key", "forward",
			"client_certificate"}},
	}
}

// ruledOut says whether an own key leaves no room for another one of the same choice.
func ruledOut(own *text.Node, section, key string) bool {
	for _, choice := range choices()[section] {
		if slices.Contains(choice, key) {
			for _, k := range own.Keys {
				if slices.Contains(choice, k.Name) {
					return true
				}
			}
		}
	}
	return false
}

// without returns a mapping without the value that keys lead to, with nothing of the tree changed.
func without(n *text.Node, keys []string) *text.Node {
	out := *n
	i := slices.IndexFunc(n.Keys, func(k text.Key) bool { return k.Name == keys[0] })
	switch {
	case i < 0:
	case len(keys) == 1:
		out.Keys = slices.Delete(slices.Clone(n.Keys), i, i+1)
		out.Values = slices.Delete(slices.Clone(n.Values), i, i+1)
	default:
		out.Values = slices.Clone(n.Values)
		out.Values[i] = *without(&n.Values[i], keys[1:])
	}
	return &out
}
