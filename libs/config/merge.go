package config

// merge lays one tree over another and returns the result. Mappings are merged key by key. Lists whose entries all have a
// name are merged by it: entries of the same name are merged, new ones are added at the end. Everything else is replaced.
// Values keep the place they come from, so a problem names the file that holds it.
func merge(base, over *node) *node {
	switch {
	case base.kind == mapNode && over.kind == mapNode:
		out := &node{kind: mapNode, at: base.at, keys: append([]key(nil), base.keys...), values: append([]node(nil), base.values...)}
		index := make(map[string]int, len(out.keys))
		for i, k := range out.keys {
			index[k.name] = i
		}
		for i, k := range over.keys {
			if j, ok := index[k.name]; ok {
				out.values[j] = *merge(&out.values[j], &over.values[i])
				out.keys[j] = k
			} else {
				out.keys = append(out.keys, k)
				out.values = append(out.values, over.values[i])
			}
		}
		return out
	case base.kind == listNode && over.kind == listNode && base.named() && over.named():
		out := &node{kind: listNode, at: base.at, values: append([]node(nil), base.values...)}
		index := make(map[string]int, len(base.values))
		for i := range base.values {
			index[base.values[i].get("name").text] = i
		}
		fresh := len(base.values)
		for i := range over.values {
			v := &over.values[i]
			// A name twice in the overlay stays twice, to be found by validation.
			if j, ok := index[v.get("name").text]; ok && j < fresh {
				out.values[j] = *merge(&out.values[j], v)
				delete(index, v.get("name").text)
			} else {
				out.values = append(out.values, *v)
			}
		}
		return out
	case over.kind == nullNode && base.kind == mapNode:
		return base // `limits:` with everything below it commented out
	default:
		return over
	}
}

// named says whether all entries of a list have a name.
func (n *node) named() bool {
	for i := range n.values {
		if name := n.values[i].get("name"); name == nil || name.kind != stringNode {
			return false
		}
	}
	return len(n.values) > 0
}
