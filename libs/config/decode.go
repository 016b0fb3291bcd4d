package config

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Decode reads a document from the text of a file, applies defaults and validates it. name is what problems call the file;
// the text is JSON if it ends in .json and YAML otherwise. The document is nil exactly when there are problems.
// Secrets are not resolved; see [Options].
func Decode(name string, data []byte) (*Document, Problems) { return Options{}.Decode(name, data) }

// Options say how files are read. The zero Options are those of the functions of the package.
type Options struct {
	// Secrets returns the value of a reference such as secret:env:NAME. dir is the folder of the file that holds it. An error
	// says what was tried, and never a value; it may have a method Hint() string that says what to do. Without Secrets, a
	// reference is a problem.
	Secrets func(ref, dir string) (string, error)
	// Elsewhere says that the document is for another machine: no file that it names is read, no reference is resolved, and
	// what depends on their contents is not checked. The document is to be looked at then, not to be run as it is.
	Elsewhere bool
	// Published, if not nil, is what config-sync has given to this node. It takes the place of the file, of which only
	// config_sync, admin and gossip count then, key by key. Paths in it are relative to the folder of the file.
	Published *Published
}

// Decode is the function Decode with options.
func (o Options) Decode(name string, data []byte) (*Document, Problems) {
	var ps Problems
	root := o.parse(name, data, &ps)
	return o.finish(name, root, ps)
}

// parse turns the text of a file into a tree, nil when it can't be one.
func (o *Options) parse(name string, data []byte, ps *Problems) *node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) > MaxBytes {
		ps.add(Problem{File: name, Line: 1, Column: 1, Code: CodeTooLarge,
			Message: fmt.Sprintf("the file has %d bytes, and %d are the most", len(data), MaxBytes)})
		return nil
	}
	if i := badByte(data); i >= 0 {
		start := bytes.LastIndexByte(data[:i], '\n') + 1
		ps.add(Problem{File: name, Line: 1 + bytes.Count(data[:i], []byte("\n")), Column: 1 + utf8.RuneCount(data[start:i]), Code: CodeEncoding,
			Message: fmt.Sprintf("byte 0x%02x is not part of a UTF-8 text", data[i]), Hint: "is this the right file?"})
		return nil
	}
	if strings.HasSuffix(strings.ToLower(name), ".json") {
		return o.parseJSON(name, data, ps)
	}
	return o.parseYAML(name, data, ps)
}

// badByte returns where the first byte is that a text file does not have, -1 when there is none.
func badByte(data []byte) int {
	for i := 0; i < len(data); {
		c := data[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return -1
}

// finish decodes and validates a tree, and adds to the problems found so far.
func (o Options) finish(name string, root *node, ps Problems) (*Document, Problems) {
	if root == nil {
		ps.sort()
		return nil, ps
	}
	d := decoder{problems: ps, cache: fieldCache{}, options: &o}
	doc := new(Document)
	doc.setDefaults()
	if root.kind == nullNode {
		d.add(root, CodeMissing, "the document is empty", "start with `version: 1`")
	} else {
		d.value(root, reflect.ValueOf(doc).Elem(), &rule{})
	}
	doc.secrets, doc.files = d.secrets, d.files
	if admin := root.get("admin"); admin.get("address") != nil {
		doc.Admin.Implicit = false
	}
	ps = append(d.problems, unsupported(root, d.damaged)...)
	// A value that could not be decoded is still its default, so checking on finds more, and nothing false but what is
	// missing; those are left out.
	v := validator{doc: doc, root: root, damaged: d.damaged, options: &o}
	v.validate()
	ps = append(ps, v.problems...)
	ps.sort()
	if len(ps) > maxProblems {
		ps = append(ps[:maxProblems:maxProblems], Problem{File: name, Code: CodeTooMany, Message: fmt.Sprintf("only the first %d problems are shown", maxProblems)})
	}
	if len(ps) > 0 {
		return nil, ps
	}
	return doc, nil
}

// decoder fills Go values from a tree. Each value is filled with its defaults first.
type decoder struct {
	problems    Problems
	damaged     map[string]bool // paths of values that could not be decoded
	suggestions int
	cache       fieldCache
	trail       trail
	options     *Options
	secrets     secrets
	files       files
}

// add notes a problem with the value that the trail leads to.
func (d *decoder) add(n *node, code, message, hint string) {
	if len(d.problems) >= keptProblems {
		return
	}
	path := d.trail.String()
	d.problems.add(n.at.problem(path, code, message, hint))
	if d.damaged == nil {
		d.damaged = make(map[string]bool)
	}
	d.damaged[path] = true
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	percentType  = reflect.TypeFor[Percent]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
)

// value decodes a node into v, which holds its default.
func (d *decoder) value(n *node, v reflect.Value, r *rule) {
	switch v.Type() {
	case durationType:
		d.duration(n, v, r)
		return
	case percentType:
		d.percent(n, v, r)
		return
	case prefixType:
		d.prefix(n, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if n.kind == nullNode {
			return
		}
		p := reflect.New(v.Type().Elem())
		setDefaults(p)
		d.value(n, p.Elem(), r)
		v.Set(p)
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.list(n, v, r)
	case reflect.Map:
		d.texts(n, v, r)
	case reflect.String:
		if d.wants(n, stringNode) && d.text(n, r) {
			v.SetString(n.text)
			d.check(n, v, r)
			if r.file {
				v.SetString(beside(n))
			}
		}
	case reflect.Bool:
		if d.wants(n, boolNode) {
			v.SetBool(strings.EqualFold(n.text, "true"))
		}
	case reflect.Int, reflect.Int64:
		d.integer(n, v, r)
	case reflect.Float64:
		d.float(n, v, r)
	default:
		panic("config: the document has a field of a kind that the decoder does not know: " + v.Type().String())
	}
}

// check holds a decoded value against the rule of its field.
func (d *decoder) check(n *node, v reflect.Value, r *rule) {
	code, message, hint, words := r.check(v)
	if code == "" {
		return
	}
	if words != nil {
		hint = d.suggest(v.String(), words, "they are ")
	}
	d.add(n, code, message, hint)
}

func setDefaults(p reflect.Value) {
	if x, ok := p.Interface().(defaulter); ok {
		x.setDefaults()
	}
}

// wants notes a problem unless the node is of the kind.
func (d *decoder) wants(n *node, k kind) bool {
	if n.kind == k {
		return true
	}
	message, hint := fmt.Sprintf("this is %s, and %s is wanted", n.describe(), k), ""
	switch {
	case n.kind == nullNode:
		message, hint = fmt.Sprintf("the value is missing, and %s is wanted", k), "give it a value or remove the key"
	case k == stringNode && n.kind < mapNode:
		hint = fmt.Sprintf("put it in quotes: %s", quote(n.text))
	case k == listNode && n.kind < mapNode:
		hint = "write [" + shorten(n.text) + "]"
	}
	d.add(n, CodeType, message, hint)
	return false
}

func (n *node) describe() string {
	switch n.kind {
	case stringNode, boolNode, intNode, floatNode, otherNode:
		return fmt.Sprintf("%s (%s)", n.kind, quote(n.text))
	default:
		return n.kind.String()
	}
}

func (d *decoder) structure(n *node, v reflect.Value) {
	if n.kind == nullNode { // `limits:` with everything below it commented out
		return
	}
	if !d.wants(n, mapNode) {
		return
	}
	fields := d.cache.of(v.Type())
	for i, k := range n.keys {
		f, ok := fields.byKey[k.name]
		if !ok {
			d.trail.enter(k.name)
			d.add(&node{at: k.at}, CodeUnknownKey, fmt.Sprintf("there is no key %s here", quote(k.name)), d.suggest(k.name, fields.keys, "the keys are "))
			d.trail.leave()
			continue
		}
		d.trail.enter(k.name)
		d.value(&n.values[i], v.Field(f.index), &f.rule)
		d.trail.leave()
	}
}

func (d *decoder) list(n *node, v reflect.Value, r *rule) {
	if n.kind == nullNode {
		return
	}
	if !d.wants(n, listNode) {
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.values), len(n.values))
	for i := range n.values {
		e := &n.values[i]
		setDefaults(out.Index(i).Addr())
		d.trail.enterIndex(i)
		if e.kind == nullNode {
			d.add(e, CodeType, "this entry of the list is empty", "remove it")
		} else {
			d.value(e, out.Index(i), r)
		}
		d.trail.leave()
	}
	v.Set(out)
}

// texts decodes a mapping from text to text, whose keys are the user's.
func (d *decoder) texts(n *node, v reflect.Value, r *rule) {
	if n.kind == nullNode {
		return
	}
	if !d.wants(n, mapNode) {
		return
	}
	out := make(map[string]string, len(n.keys))
	for i, k := range n.keys {
		d.trail.enter(k.name)
		if d.wants(&n.values[i], stringNode) && d.text(&n.values[i], r) {
			out[k.name] = n.values[i].text
		}
		d.trail.leave()
	}
	v.Set(reflect.ValueOf(out))
}

func (d *decoder) integer(n *node, v reflect.Value, r *rule) {
	if !d.wants(n, intNode) {
		return
	}
	digits := strings.TrimPrefix(strings.ReplaceAll(n.text, "_", ""), "+")
	i, err := strconv.ParseInt(digits, 10, 64)
	switch unsigned := strings.TrimPrefix(digits, "-"); {
	case err != nil && strings.Trim(unsigned, "0123456789") == "":
		d.add(n, CodeValue, fmt.Sprintf("%s is too large", shorten(n.text)), "")
	case err != nil || len(unsigned) > 1 && unsigned[0] == '0':
		d.add(n, CodeType, fmt.Sprintf("%s is not a decimal number", quote(n.text)), "")
	default:
		v.SetInt(i)
		d.check(n, v, r)
	}
}

func (d *decoder) float(n *node, v reflect.Value, r *rule) {
	if n.kind != intNode && !d.wants(n, floatNode) {
		return
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		d.add(n, CodeType, fmt.Sprintf("%s is not a number", quote(n.text)), "")
		return
	}
	v.SetFloat(f)
	d.check(n, v, r)
}

func (d *decoder) duration(n *node, v reflect.Value, r *rule) {
	if n.kind == intNode || n.kind == floatNode {
		d.add(n, CodeUnit, fmt.Sprintf("the duration %s has no unit", shorten(n.text)), fmt.Sprintf("write %ss for seconds or %sms for milliseconds", shorten(n.text), shorten(n.text)))
		return
	}
	if !d.wants(n, stringNode) {
		return
	}
	dur, err := time.ParseDuration(n.text)
	switch {
	case err != nil && strings.Trim(n.text, "0123456789.") == "" && n.text != "":
		d.add(n, CodeUnit, fmt.Sprintf("the duration %s has no unit", quote(n.text)), "write 10s, 250ms, 1h30m")
	case n.text == "0": // ParseDuration lets it pass
		d.add(n, CodeUnit, "the duration 0 has no unit", "write 0s")
	case err != nil:
		d.add(n, CodeType, fmt.Sprintf("%s is not a duration", quote(n.text)), "write 10s, 250ms, 1h30m; the units are h, m, s, ms, us")
	case dur < 0:
		d.add(n, CodeValue, fmt.Sprintf("the duration %s is negative", quote(n.text)), "0s means no limit")
	default:
		v.SetInt(int64(dur))
		d.check(n, v, r)
	}
}

func (d *decoder) percent(n *node, v reflect.Value, r *rule) {
	if n.kind == intNode || n.kind == floatNode {
		d.add(n, CodeUnit, fmt.Sprintf("the percentage %s has no percent sign", shorten(n.text)), fmt.Sprintf("write %s%%", shorten(n.text)))
		return
	}
	if !d.wants(n, stringNode) {
		return
	}
	number, ok := strings.CutSuffix(n.text, "%")
	f, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		d.add(n, CodeType, fmt.Sprintf("%s is not a percentage", quote(n.text)), "write 20%")
		return
	}
	v.SetFloat(f / 100)
	d.check(n, v, r)
}

func (d *decoder) prefix(n *node, v reflect.Value) {
	if !d.wants(n, stringNode) {
		return
	}
	p, err := netip.ParsePrefix(n.text)
	if err != nil {
		hint := "write 10.0.0.0/8 or fd00::/8"
		if a, err := netip.ParseAddr(n.text); err == nil && a.Zone() == "" {
			hint = fmt.Sprintf("for this one address write %s/%d", a, a.BitLen())
		}
		d.add(n, CodeAddress, fmt.Sprintf("%s is not a range of addresses (CIDR)", quote(n.text)), hint)
		return
	}
	v.Set(reflect.ValueOf(p.Masked()))
}

// suggest returns the hint for a name that none of the known is.
func (d *decoder) suggest(name string, known []string, list string) string {
	d.suggestions++
	return suggest(name, known, list, d.suggestions)
}
