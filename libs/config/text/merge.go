package text

// Merge lays one tree over another and returns the result. Mappings are merged key by key. Lists
// whose entries all have a name are merged by it: entries of the same name are merged, new ones are
// added at the end. Everything else is replaced. Values keep the place they come from, so a problem
// names the file that holds it.
func Merge(base, over *Node) *Node {
	switch {
	case base.Kind == Map && over.Kind == Map:
		out := &Node{Kind: Map, At: base.At, Keys: append([]Key(nil), base.Keys...),
			Values: append([]Node(nil), base.Values...)}
		index := make(map[string]int, len(out.Keys))
		for i, k := range out.Keys {
			index[k.Name] = i
		}
		for i, k := range over.Keys {
			if j, ok := index[k.Name]; ok {
				out.Values[j] = *Merge(&out.Values[j], &over.Values[i])
				out.Keys[j] = k
			} else {
				out.Keys = append(out.Keys, k)
				out.Values = append(out.Values, over.Values[i])
			}
		}
		return out
	case base.Kind == List && over.Kind == List && base.named() && over.named():
		out := &Node{Kind: List, At: base.At, Values: append([]Node(nil), base.Values...)}
		index := make(map[string]int, len(base.Values))
		for i := range base.Values {
			index[base.Values[i].Get("name").Text] = i
		}
		fresh := len(base.Values)
		for i := range over.Values {
			v := &over.Values[i]
			// A name twice in the overlay stays twice, to be found by validation.
			if j, ok := index[v.Get("name").Text]; ok && j < fresh {
				out.Values[j] = *Merge(&out.Values[j], v)
				delete(index, v.Get("name").Text)
			} else {
				out.Values = append(out.Values, *v)
			}
		}
		return out
	case over.Kind == Null && base.Kind == Map:
		return base // `limits:` with everything below it commented out
	default:
		return over
	}
}

// named says whether all entries of a list have a name.
func (n *Node) named() bool {
	for i := range n.Values {
		if name := n.Values[i].Get("name"); name == nil || name.Kind != String {
			return false
		}
	}
	return len(n.Values) > 0
}
