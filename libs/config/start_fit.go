package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// What a thing starts from may not fit it: a tcp listener ends no TLS, a redirect asks no endpoint.
// A default is meant for those that it fits, so it is left out for the others. Which ones those are
// is not said a second time here: it is what validation calls a conflict (CodeConflict) at the
// place of the default. Two limits keep a mistake from being taken for that.
// What keeps clients out is never left out. And a default that fits no thing at all, whatever the
// thing says itself, is in conflict with another default.

// mostRounds bounds how often a document is validated anew, since validation may find a conflict
// only when another one is gone.
const mostRounds = 8

// guarding are keys of a route that are never left out.
func guarding() []string { return []string{"auth", "clients", "client_certificate"} }

// A misfit is a default that a thing can't have.
type misfit struct {
	list  string
	index int
	keys  []string // the way from the thing to the value
	at    text.Place
}

// misfits returns the defaults that validation is against. where has the places of defaults.
func misfits(root *text.Node, ps Problems, where map[text.Place]string) (found []misfit) {
	for i := range ps {
		if ps[i].Code != CodeConflict {
			continue
		}
		m := misfit{}
		head, rest, inside := strings.Cut(ps[i].Path, "].")
		list, index, listed := strings.Cut(head, "[")
		var err error
		if m.index, err = strconv.Atoi(index); !inside || !listed || err != nil {
			continue
		}
		m.list = list
		n := root.Value(head + "]")
		rest, _, _ = strings.Cut(rest, "[") // a list is one whole
		for key := range strings.SplitSeq(rest, ".") {
			next := n.Get(key)
			if next == nil {
				break
			}
			n = next
			m.keys = append(m.keys, key)
			m.at = n.At
		}
		guards := list == "routes" && len(m.keys) > 0 && slices.Contains(guarding(), m.keys[0])
		if _, ok := where[m.at]; ok && !guards {
			found = append(found, m)
		}
	}
	return found
}

// fitting returns a tree with its defaults laid under its things, but for those that do not fit.
// validate says what is wrong with a tree.
func fitting(root *text.Node, validate func(*text.Node) Problems) *text.Node {
	where := placesOfDefaults(root)
	if len(where) == 0 {
		return root
	}
	tree, left := fit(root, validate, where, nil)
	if len(left) == 0 {
		return tree
	}
	kept := map[text.Place]bool{}
	for _, s := range starts() {
		if list := tree.Get(s.list); list != nil {
			note(list, kept)
		}
	}
	never := unfit(root, validate, where)
	for at := range never {
		if kept[at] || !left[at] {
			delete(never, at)
		}
	}
	if len(never) > 0 {
		tree, _ = fit(root, validate, where, never)
	}
	return tree
}

// note collects the places of a tree.
func note(n *text.Node, places map[text.Place]bool) {
	places[n.At] = true
	for i := range n.Values {
		note(&n.Values[i], places)
	}
}

// fit leaves out what does not fit, but for some places, and returns those of what it left out.
func fit(
	root *text.Node, validate func(*text.Node) Problems, where map[text.Place]string,
	but map[text.Place]bool,
) (tree *text.Node, left map[text.Place]bool) {
	tree, left = begun(root), map[text.Place]bool{}
	for range mostRounds {
		out, lists := *tree, map[string]bool{}
		out.Values = slices.Clone(tree.Values)
		for _, m := range misfits(tree, validate(tree), where) {
			if but[m.at] {
				continue
			}
			list := out.Get(m.list)
			if !lists[m.list] {
				list.Values = slices.Clone(list.Values)
				lists[m.list] = true
			}
			list.Values[m.index] = *without(&list.Values[m.index], m.keys)
			left[m.at] = true
		}
		if len(lists) == 0 {
			break
		}
		tree = &out
	}
	return tree, left
}

// unfit returns the defaults that no thing could have, were it nothing but what it has to be: where
// it is, which requests it takes, where they go.
func unfit(
	root *text.Node, validate func(*text.Node) Problems, where map[text.Place]string,
) map[text.Place]bool {
	bare := *root
	bare.Values = slices.Clone(root.Values)
	count := map[string]int{}
	for _, s := range starts() {
		if list := bare.Get(s.list); list != nil && list.Kind == text.List {
			entries := make([]text.Node, len(list.Values))
			for i := range list.Values {
				entries[i] = stripped(&list.Values[i], s.list, root)
			}
			list.Values = entries
			count[s.list] = len(entries)
		}
	}
	tree := begun(&bare)
	against := map[text.Place]int{}
	never := map[text.Place]bool{}
	for _, m := range misfits(tree, validate(tree), where) {
		against[m.at]++
		if against[m.at] == count[m.list] {
			never[m.at] = true
		}
	}
	return never
}

// stripped returns a thing with only the keys that each of its kind has.
func stripped(n *text.Node, list string, root *text.Node) text.Node {
	keep := map[string][]string{
		"listeners": {"name", "address"},
		"clusters":  {"name", "endpoints"},
		"routes": {"name", "hosts", "path", "path_prefix", "path_regex", "methods", "when",
			"listeners"},
	}[list]
	goes := false
	for _, key := range choices()["routes"][0] {
		goes = goes || root.Value(defaultsKey+".route."+key) != nil
	}
	if !goes {
		keep = append(keep, "cluster", "split")
	}
	out := text.Node{Kind: n.Kind, At: n.At}
	for i, k := range n.Keys {
		if slices.Contains(keep, k.Name) {
			out.Keys, out.Values = append(out.Keys, k), append(out.Values, n.Values[i])
		}
	}
	if list == "routes" && !goes && out.Get("cluster") == nil && out.Get("split") == nil {
		if cs := root.Get("clusters"); cs != nil && len(cs.Values) > 0 {
			if name := cs.Values[0].Get("name"); name != nil {
				out.Keys = append(out.Keys, text.Key{Name: "cluster", At: n.At})
				out.Values = append(out.Values, *name)
			}
		}
	}
	return out
}

// placesOfDefaults returns the path of each value of defaults by its place, and of each key whose
// value stands elsewhere.
func placesOfDefaults(root *text.Node) map[text.Place]string {
	defaults := root.Get(defaultsKey)
	if defaults == nil || defaults.Kind != text.Map {
		return nil
	}
	found := map[text.Place]string{}
	for _, s := range starts() {
		if from := defaults.Get(s.key); from != nil && from.Kind == text.Map {
			notePlaces(from, text.JoinKey(defaultsKey, s.key), found)
		}
	}
	return found
}

func notePlaces(n *text.Node, path string, found map[text.Place]string) {
	for i := range n.Values {
		at := text.JoinIndex(path, i)
		if n.Kind == text.Map {
			at = text.JoinKey(path, n.Keys[i].Name)
			found[n.Keys[i].At] = at
		}
		notePlaces(&n.Values[i], at, found)
		found[n.Values[i].At] = at
	}
}

// ofDefaults tells of each problem with a value of defaults once, and by the path that it has
// there.
func ofDefaults(ps Problems, where map[text.Place]string) Problems {
	if len(where) == 0 {
		return ps
	}
	type place struct {
		file         string
		line, column int
	}
	paths := make(map[place]string, len(where))
	for at, path := range where {
		if at.File != nil {
			paths[place{*at.File, int(at.Line), int(at.Column)}] = path
		}
	}
	type told struct {
		place
		code, message string
	}
	seen := map[told]bool{}
	within := func(p Problem) bool { return strings.HasPrefix(p.Path, defaultsKey+".") }
	for _, p := range ps {
		if within(p) {
			seen[told{place{p.File, p.Line, p.Column}, p.Code, p.Message}] = true
		}
	}
	out := ps[:0:0]
	for _, p := range ps {
		at := place{p.File, p.Line, p.Column}
		path, ok := paths[at]
		if ok && !within(p) {
			t := told{at, p.Code, p.Message}
			if seen[t] {
				continue
			}
			seen[t] = true
			who, _, _ := strings.Cut(p.Path, ".")
			p.Message += fmt.Sprintf(" (%s has it from there)", who)
			p.Path = path
		}
		out = append(out, p)
	}
	return out
}
