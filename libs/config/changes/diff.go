package changes

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// Changes is what differs between two documents, for a person to read. No text in it holds a plain
// secret, and what comes from a document is quoted where it is not plain text. Names are as the
// documents have them.
type Changes struct {
	Listeners Set      `json:"listeners"`
	Clusters  Set      `json:"clusters"`
	Routes    Set      `json:"routes"`
	Other     []string `json:"other"` // the rest of the document, in words
}

// Set is what became of the named things of one kind: those of the old document were kept, changed
// or removed, those of the new one were kept, changed or added. Lists are empty rather than nil.
type Set struct {
	Kept    int      `json:"kept"`
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []Change `json:"changed"`
}

// Change is what differs within one named thing.
type Change struct {
	Name string   `json:"name"`
	What []string `json:"what"` // in words: "weight of 127.0.0.1:9001: 3 -> 1"
}

// Empty says whether the two documents mean the same.
func (c Changes) Empty() bool {
	return c.Listeners.Empty() && c.Clusters.Empty() && c.Routes.Empty() && len(c.Other) == 0
}

// Empty says whether nothing was added, removed or changed.
func (s Set) Empty() bool { return len(s.Added)+len(s.Removed)+len(s.Changed) == 0 }

// Diff says what has to be changed in old to get new. Listeners, clusters and routes are compared
// by name, so that one with another name is a new one. Order counts only where it means something:
// for certificates and for ALPN. A nil document is one with nothing but defaults in it.
func Diff(old, new *config.Document) Changes {
	if old == nil {
		old = config.New()
	}
	if new == nil {
		new = config.New()
	}
	d := differ{cache: tags.Cache{}}
	return Changes{
		Listeners: diffNamed(&d, old.Listeners, new.Listeners,
			func(l *config.Listener) string { return l.Name }),
		Clusters: diffNamed(&d, old.Clusters, new.Clusters,
			func(c *config.Cluster) string { return c.Name }),
		Routes: diffNamed(&d, old.Routes, new.Routes,
			func(r *config.Route) string { return r.Name }),
		Other: d.others(old, new),
	}
}

// diffNamed pairs things by name and compares the pairs.
func diffNamed[T any](d *differ, old, new []T, name func(*T) string) Set {
	s := Set{Added: []string{}, Removed: []string{}, Changed: []Change{}}
	oldID := func(i int) string { return name(&old[i]) }
	newID := func(i int) string { return name(&new[i]) }
	from, removed := pair(len(old), len(new), oldID, newID)
	for j, i := range from {
		if i < 0 {
			s.Added = append(s.Added, newID(j))
			continue
		}
		if what := d.compare(reflect.ValueOf(&old[i]).Elem(),
			reflect.ValueOf(&new[j]).Elem()); len(what) > 0 {
			s.Changed = append(s.Changed, Change{Name: newID(j), What: what})
		} else {
			s.Kept++
		}
	}
	for _, i := range removed {
		s.Removed = append(s.Removed, oldID(i))
	}
	return s
}

// pair matches entries of two lists by what identifies them. from has, for each new entry, the
// index of its old one or -1; removed are the old entries that no new one was matched with. Each
// entry is matched at most once, so the counts add up even for a document that names something
// twice.
func pair(olds, news int, oldID, newID func(int) string) (from, removed []int) {
	from = make([]int, news)
	taken := make([]bool, olds)
	for j := range news {
		from[j] = -1
		// most often nothing moved, and then there is nothing to look up
		if j < olds && oldID(j) == newID(j) {
			from[j], taken[j] = j, true
		}
	}
	var first map[string]int // one more than the index of the first old entry that is not taken
	next := make([]int, olds)
	for i := olds - 1; i >= 0; i-- {
		if taken[i] {
			continue
		}
		if first == nil {
			first = make(map[string]int, i+1)
		}
		id := oldID(i)
		next[i] = first[id]
		first[id] = i + 1
	}
	for j := range news {
		if from[j] >= 0 {
			continue
		}
		id := newID(j)
		if i := first[id]; i > 0 {
			from[j], taken[i-1] = i-1, true
			first[id] = next[i-1]
		}
	}
	for i, is := range taken {
		if !is {
			removed = append(removed, i)
		}
	}
	return from, removed
}

// differ compares values of the document and collects the words for what differs.
type differ struct {
	cache tags.Cache
	what  []string
}

func (d *differ) compare(a, b reflect.Value) []string {
	if d.same(a, b) {
		return nil
	}
	d.what = nil
	d.value(a, b, "", "", false)
	return d.what
}

// others compares what is not a list of named things.
func (d *differ) others(old, new *config.Document) []string {
	d.what = []string{}
	a, b := reflect.ValueOf(old).Elem(), reflect.ValueOf(new).Elem()
	for _, f := range d.cache.Of(a.Type()).List {
		switch f.Key {
		case "listeners", "clusters", "routes":
		default:
			d.value(a.Field(f.Index), b.Field(f.Index), f.Key, "", f.Secret)
		}
	}
	for _, ref := range new.OtherSecrets(old) {
		d.say(plain(ref), "there is another value behind it")
	}
	return d.what
}

// value adds the words for two values that may differ. path is where they are within the thing or
// section that is compared, of is " of " and the entry of a list that they belong to, "" for none.
func (d *differ) value(a, b reflect.Value, path, of string, secret bool) {
	switch {
	case d.same(a, b):
	case a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil():
		d.value(a.Elem(), b.Elem(), path, of, secret)
	case a.Kind() == reflect.Struct && a.Type() != prefixType:
		for _, f := range d.cache.Of(a.Type()).List {
			d.value(a.Field(f.Index), b.Field(f.Index), text.JoinKey(path, f.Key), of,
				secret || f.Secret)
		}
	case a.Kind() == reflect.Slice && a.Type().Elem().Kind() == reflect.Struct &&
		a.Type().Elem() != prefixType:
		d.entries(a, b, path, secret)
	case a.Kind() == reflect.Slice && a.Len() > 0 && b.Len() > 0 && !orderCounts(path):
		d.items(a, b, path+of, secret)
	case a.Kind() == reflect.Map:
		for _, k := range keysOf(a, b) {
			key := reflect.ValueOf(k)
			d.leaf(a.MapIndex(key), b.MapIndex(key), path+"."+plain(k)+of, secret)
		}
	default:
		d.leaf(a, b, path+of, secret)
	}
}

func (d *differ) say(where, what string) { d.what = append(d.what, where+": "+what) }

// leaf compares two values that are shown whole; an invalid one is not set.
func (d *differ) leaf(a, b reflect.Value, where string, secret bool) {
	if a.IsValid() && b.IsValid() && d.same(a, b) {
		return
	}
	was, is := d.show(a, secret), d.show(b, secret)
	switch {
	case was != is:
		d.say(where, was+" -> "+is)
	case strings.Contains(was, config.Redacted):
		d.say(where, "changed; the value is secret")
	default: // long values are cut
		d.say(where, "changed after "+was)
	}
}

// items compares lists of texts whose order means nothing.
func (d *differ) items(a, b reflect.Value, where string, secret bool) {
	id := func(v reflect.Value) func(int) string {
		return func(i int) string { return identity(v.Index(i)) }
	}
	from, gone := pair(a.Len(), b.Len(), id(a), id(b))
	var words []string
	list := func(verb string, v reflect.Value, indexes []int) {
		var items []string
		for _, i := range indexes[:min(len(indexes), mostItems)] {
			items = append(items, d.show(v.Index(i), secret))
		}
		if len(indexes) > 0 {
			words = append(words, verb+" "+strings.Join(items, ", ")+more(len(indexes)))
		}
	}
	var fresh []int
	for j, i := range from {
		if i < 0 {
			fresh = append(fresh, j)
		}
	}
	list("added", b, fresh)
	list("removed", a, gone)
	if len(words) > 0 {
		d.say(where, strings.Join(words, "; "))
	}
}

// entries compares lists of structs, each of which is known by its first key: the address of an
// endpoint, the name of an issuer, the file of a certificate.
func (d *differ) entries(a, b reflect.Value, path string, secret bool) {
	first := d.cache.Of(a.Type().Elem()).List[0]
	id := func(v reflect.Value) func(int) string {
		return func(i int) string { return identity(v.Index(i).Field(first.Index)) }
	}
	shown := func(v reflect.Value, i int) string {
		return d.show(v.Index(i).Field(first.Index), secret || first.Secret)
	}
	from, gone := pair(a.Len(), b.Len(), id(a), id(b))
	of := " of "
	if strings.Contains(path, ".") {
		of += path + " "
	}
	last, moved := -1, false
	for j, i := range from {
		if i < 0 {
			d.say(path, "added "+d.show(b.Index(j), secret))
			continue
		}
		moved = moved || i < last
		last = i
		d.value(a.Index(i), b.Index(j), "", of+shown(b, j), secret)
	}
	for _, i := range gone {
		d.say(path, "removed "+shown(a, i))
	}
	if moved && orderCounts(path) {
		d.say(path, "another order")
	}
}

// identity returns a text that differs for values that differ.
func identity(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Slice:
		var b strings.Builder
		for i := range v.Len() {
			b.WriteString(identity(v.Index(i)) + "\n") // which no name has
		}
		return b.String()
	default:
		return fmt.Sprint(v.Interface())
	}
}

// orderCounts says whether the order of a list means something: the first certificate is for
// clients that ask for none, and the first protocol is preferred.
func orderCounts(path string) bool {
	return strings.HasSuffix(path, "certificates") || strings.HasSuffix(path, "alpn")
}
