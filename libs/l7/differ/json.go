package differ

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// A branch is a place in a tree of pointers.
type branch struct {
	next map[string]*branch
	any  *branch // of any key or index
	leaf bool    // what is here is ignored
}

// with adds a pointer.
func (b *branch) with(keys []string) *branch {
	if b == nil {
		b = &branch{next: make(map[string]*branch)}
	}
	switch {
	case len(keys) == 0:
		b.leaf = true
	case keys[0] == "*":
		b.any = b.any.with(keys[1:])
	default:
		b.next[keys[0]] = b.next[keys[0]].with(keys[1:])
	}
	return b
}

// values compares two bodies as JSON. The result is ComparedSame, or why they can't be compared.
func (r *Rules) values(out *Report, primary, mirror []byte) metrics.MirrorComparison {
	p, isJSON := parse(primary)
	m, also := parse(mirror)
	switch {
	case !isJSON && !also:
		return metrics.ComparedNotJSON
	case !isJSON || !also:
		out.add(metrics.PartBody, "", kind(primary, p, isJSON), kind(mirror, m, also))
		return metrics.ComparedSame
	}
	w := walk{report: out}
	if r.ignore != nil {
		w.ignore = append(w.ignore, r.ignore)
	}
	w.compare(p, m)
	return metrics.ComparedSame
}

// parse reads a body that is one value of JSON. Numbers stay as they are written.
func parse(body []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, false
	}
	return v, true
}

// kind says what a body is, where the other is something else; nil where there is none.
func kind(body []byte, v any, isJSON bool) *string {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return nil
	case !isJSON:
		return plain("no JSON")
	}
	return show("", v)
}

// A walk goes through two values side by side.
type walk struct {
	report *Report
	path   []string
	ignore []*branch // those that the path has led to
}

// enter goes to a key or index, and compares what is there unless it is ignored.
func (w *walk) enter(key string, compare func()) {
	outer := w.ignore
	var inner []*branch
	for _, b := range outer {
		for _, next := range []*branch{b.next[key], b.any} {
			if next == nil {
				continue
			}
			if next.leaf {
				return
			}
			inner = append(inner, next)
		}
	}
	w.ignore, w.path = inner, append(w.path, key)
	compare()
	w.ignore, w.path = outer, w.path[:len(w.path)-1]
}

func (w *walk) compare(p, m any) {
	switch p := p.(type) {
	case map[string]any:
		if m, ok := m.(map[string]any); ok {
			w.objects(p, m)
			return
		}
	case []any:
		if m, ok := m.([]any); ok {
			w.lists(p, m)
			return
		}
	case json.Number:
		if m, ok := m.(json.Number); ok && sameNumber(string(p), string(m)) {
			return
		}
	default:
		if !composed(m) && p == m {
			return
		}
	}
	w.differs(p, m, true, true)
}

// composed reports whether a value is made of others, so that it can't be compared with ==.
func composed(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

func (w *walk) objects(p, m map[string]any) {
	keys := slices.AppendSeq(make([]string, 0, len(p)), maps.Keys(p))
	for key := range m {
		if _, both := p[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		one, inPrimary := p[key]
		other, inMirror := m[key]
		w.enter(key, func() { w.pair(one, other, inPrimary, inMirror) })
	}
}

func (w *walk) lists(p, m []any) {
	for i := range max(len(p), len(m)) {
		var one, other any
		if i < len(p) {
			one = p[i]
		}
		if i < len(m) {
			other = m[i]
		}
		w.enter(strconv.Itoa(i), func() { w.pair(one, other, i < len(p), i < len(m)) })
	}
}

// pair compares two values of which one may be absent.
func (w *walk) pair(p, m any, inPrimary, inMirror bool) {
	if inPrimary && inMirror {
		w.compare(p, m)
		return
	}
	w.differs(p, m, inPrimary, inMirror)
}

func (w *walk) differs(p, m any, inPrimary, inMirror bool) {
	last := ""
	if len(w.path) > 0 {
		last = w.path[len(w.path)-1]
	}
	if len(w.report.Differences) >= Shown {
		w.report.Counts[metrics.PartBody]++
		return
	}
	var primary, mirror *string
	if inPrimary {
		primary = show(last, p)
	}
	if inMirror {
		mirror = show(last, m)
	}
	for _, key := range w.path { // what is below a secret is one too
		if Secret(key) {
			primary, mirror = hide(primary), hide(mirror)
		}
	}
	w.report.add(metrics.PartBody, pointer(w.path), primary, mirror)
}

var escapes = strings.NewReplacer("~", "~0", "/", "~1")

// pointer is the JSON pointer (RFC 6901) of a path.
func pointer(path []string) string {
	var b strings.Builder
	for _, key := range path {
		b.WriteByte('/')
		_, _ = escapes.WriteString(&b, key) // it never fails
		if b.Len() > mostPointer {
			break
		}
	}
	return b.String()
}
