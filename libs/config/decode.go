package config

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// Decode reads a document from the text of a file, applies defaults and validates it. name is what
// problems call the file; the text is JSON if it ends in .json and YAML otherwise. The document is
// nil exactly when there are problems. Secrets are not resolved; see [Options].
func Decode(name string, data []byte) (*Document, Problems) { return Options{}.Decode(name, data) }

// Options say how files are read. The zero Options are those of the functions of the package.
type Options struct {
	// Secrets returns the value of a reference such as secret:env:NAME. dir is the folder of the
	// file that holds it. An error says what was tried, and never a value; it may have a method
	// Hint() string that says what to do. Without Secrets, a reference is a problem.
	Secrets func(ref, dir string) (string, error)
	// Elsewhere says that the document is for another machine: no file that it names is read, no
	// reference is resolved, and what depends on their contents is not checked. The document is to
	// be looked at then, not to be run as it is.
	Elsewhere bool
	// Running says that the document is for a gateway that has to run, whatever has become of the
	// certificates that it names: those that have run out, are not valid yet, are gone or damaged,
	// and their OCSP responses, are warnings ([Document.Warnings]) and no problems. What can't do
	// without them is for the service that runs the document to say.
	Running bool
	// Published, if not nil, is what config-sync has given to this node. It takes the place of the
	// file, of which only config_sync, admin, gossip and upgrade count then, key by key. Paths in
	// it are relative to the folder of the file.
	Published *Published
	// Input is what is read for the file FromInput; nil: there is no such file.
	Input *Input
	// Before, if not nil, is where the document in force came from in the process before this one.
	// Resolve makes the same one of its Originals, and looks for no file.
	Before *Source

	noted *Originals // takes what the files say; nil: nobody asks
}

// Decode is the function Decode with options.
func (o Options) Decode(name string, data []byte) (*Document, Problems) {
	var ps Problems
	root := text.Parse(name, data, &ps)
	return o.finish(name, root, ps)
}

// finish decodes and validates a tree, and adds to the problems found so far.
func (o Options) finish(name string, root *text.Node, ps Problems) (*Document, Problems) {
	if root == nil {
		ps.Sort()
		return nil, ps
	}
	var r reading
	tree := fitting(root, func(tree *text.Node) Problems {
		r = o.read(tree)
		return r.problems
	})
	if r.tree != tree {
		r = o.read(tree)
	}
	doc := r.doc
	ps = append(ps, r.problems...)
	variables(tree, ps)
	where := placesOfDefaults(root)
	ps = ofDefaults(ps, where)
	doc.warnings = ofDefaults(doc.warnings, where)
	doc.cautions = ofDefaults(doc.cautions, where)
	doc.hide(ps)
	doc.hide(doc.warnings)
	doc.hide(doc.cautions)
	ps.Sort()
	doc.warnings.Sort()
	if len(ps) > 0 {
		ps = append(ps, doc.warnings...) // all that is wrong, where it has to be mended anyway
		ps.Sort()
	}
	if len(ps) > maxProblems {
		ps = append(ps[:maxProblems:maxProblems],
			Problem{File: name, Code: CodeTooMany, Message: fmt.Sprintf(
				"only the first %d problems are shown", maxProblems)})
	}
	if len(ps) > 0 {
		return nil, ps
	}
	return doc, nil
}

// A reading is what became of a tree: a document, and what is wrong with it.
type reading struct {
	tree     *text.Node
	doc      *Document
	problems Problems
}

// read decodes and validates a tree under whose things their defaults are laid.
func (o Options) read(root *text.Node) reading {
	d := decoder{cache: tags.Cache{}, options: &o}
	doc := new(Document)
	doc.setDefaults()
	if root.Kind == text.Null {
		d.add(root, CodeMissing, "the document is empty", "start with `version: 1`")
	} else {
		d.value(root, reflect.ValueOf(doc).Elem(), &tags.Rule{})
	}
	doc.Defaults = nil
	doc.secrets, doc.files, doc.secretFiles = d.secrets, d.files, d.secretFiles
	doc.warnings = d.warnings
	if admin := root.Get("admin"); admin.Get("address") != nil {
		doc.Admin.Implicit = false
	}
	ps := d.problems
	// A value that could not be decoded is still its default, so checking on finds more, and
	// nothing false but what is missing; those are left out.
	v := validator{doc: doc, root: root, damaged: d.damaged, options: &o}
	v.validate()
	ps = append(ps, v.problems...)
	if len(ps) == 0 {
		v.cautious()
	}
	return reading{root, doc, ps}
}

// decoder fills Go values from a tree. Each value is filled with its defaults first.
type decoder struct {
	problems    Problems
	damaged     map[string]bool // paths of values that could not be decoded
	suggestions int
	cache       tags.Cache
	trail       text.Trail
	options     *Options
	secrets     secrets
	files       files
	secretFiles map[string]string // the paths of secret:file:PATH, by reference
	warnings    Problems
	vocabulary  *vocabulary // nil before the first unknown key
}

// add notes a problem with the value that the trail leads to.
func (d *decoder) add(n *text.Node, code, message, hint string) {
	if len(d.problems) >= text.MostProblems {
		return
	}
	path := d.trail.String()
	d.problems.Add(n.At.Problem(path, code, message, hint))
	if d.damaged == nil {
		d.damaged = make(map[string]bool)
	}
	d.damaged[path] = true
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	percentType  = reflect.TypeFor[Percent]()
	prefixType   = reflect.TypeFor[netip.Prefix]()
	matchType    = reflect.TypeFor[Match]()
)

// value decodes a node into v, which holds its default.
func (d *decoder) value(n *text.Node, v reflect.Value, r *tags.Rule) {
	switch v.Type() {
	case matchType:
		if n.Kind != text.Map {
			d.exact(n, v, r)
			return
		}
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
		if n.Kind == text.Null {
			return
		}
		p := Fresh(v.Type().Elem())
		d.value(n, p, r)
		v.Set(p.Addr())
	case reflect.Struct:
		if s, ok := v.Interface().(Starter); ok {
			d.start(n, s.Of())
			return
		}
		d.structure(n, v)
	case reflect.Slice:
		d.list(n, v, r)
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.String {
			d.texts(n, v, r)
		} else {
			d.mapping(n, v, r)
		}
	case reflect.String:
		if r.Ref && n.Kind == text.Map {
			d.misfit(n, text.String, "write the name of one")
			return
		}
		if d.wants(n, text.String) && d.text(n, r) && !d.url(n, r) {
			v.SetString(n.Text)
			d.check(n, v, r)
			if r.File {
				v.SetString(beside(n))
			}
			if strings.HasPrefix(r.Form, "address") {
				v.SetString(besideSocket(n))
			}
		}
	case reflect.Bool:
		if d.wants(n, text.Bool) {
			v.SetBool(strings.EqualFold(n.Text, "true"))
		}
	case reflect.Int, reflect.Int64:
		d.integer(n, v, r)
	case reflect.Float64:
		d.float(n, v, r)
	default:
		panic("config: the document has a field of a kind that the decoder does not know: " +
			v.Type().String())
	}
}

// check holds a decoded value against the rule of its field.
func (d *decoder) check(n *text.Node, v reflect.Value, r *tags.Rule) {
	code, message, hint, words := check(r, v)
	if code == "" {
		return
	}
	if words != nil {
		hint = d.suggest(v.String(), words, "they are ")
	}
	d.add(n, code, message, hint)
}

func (d *decoder) structure(n *text.Node, v reflect.Value) {
	if n.Kind == text.Null { // `limits:` with everything below it commented out
		return
	}
	if n.Kind != text.Map {
		d.notSection(n, v.Type())
		return
	}
	fields := d.cache.Of(v.Type())
	for i, k := range n.Keys {
		f, ok := fields.ByKey[k.Name]
		if !ok {
			d.unknown(k, v.Type(), fields.Keys)
			continue
		}
		d.trail.Enter(k.Name)
		d.value(&n.Values[i], v.Field(f.Index), &f.Rule)
		d.trail.Leave()
	}
}

func (d *decoder) list(n *text.Node, v reflect.Value, r *tags.Rule) {
	if n.Kind == text.Null {
		return
	}
	one := v.Type().Elem()
	if r.Alone && n.Kind == text.String && one.Kind() == reflect.String {
		n = &text.Node{Kind: text.List, At: n.At, Values: []text.Node{*n}}
	}
	if r.Alone && n.Kind == text.Map && one.Kind() == reflect.Struct {
		out := reflect.MakeSlice(v.Type(), 1, 1)
		setDefaults(out.Index(0).Addr())
		d.value(n, out.Index(0), r) // its path has no index, as it has none in the file
		v.Set(out)
		return
	}
	if n.Kind != text.List {
		d.notList(n, v.Type().Elem())
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Values), len(n.Values))
	for i := range n.Values {
		e := &n.Values[i]
		setDefaults(out.Index(i).Addr())
		d.trail.EnterIndex(i)
		if e.Kind == text.Null {
			d.add(e, CodeType, "this entry of the list is empty", "remove it")
		} else {
			d.value(e, out.Index(i), r)
		}
		d.trail.Leave()
	}
	v.Set(out)
}

// texts decodes a mapping from text to text, whose keys are the user's.
func (d *decoder) texts(n *text.Node, v reflect.Value, r *tags.Rule) {
	if n.Kind == text.Null {
		return
	}
	if !d.wants(n, text.Map) {
		return
	}
	out := make(map[string]string, len(n.Keys))
	for i, k := range n.Keys {
		d.trail.Enter(k.Name)
		if d.wants(&n.Values[i], text.String) && d.text(&n.Values[i], r) {
			out[k.Name] = n.Values[i].Text
		}
		d.trail.Leave()
	}
	v.Set(reflect.ValueOf(out))
}

// mapping decodes a mapping whose keys are the user's.
func (d *decoder) mapping(n *text.Node, v reflect.Value, r *tags.Rule) {
	if n.Kind == text.Null || !d.wants(n, text.Map) {
		return
	}
	out := reflect.MakeMapWithSize(v.Type(), len(n.Keys))
	for i, k := range n.Keys {
		d.trail.Enter(k.Name)
		e := Fresh(v.Type().Elem())
		d.value(&n.Values[i], e, r)
		out.SetMapIndex(reflect.ValueOf(k.Name), e)
		d.trail.Leave()
	}
	v.Set(out)
}

// exact decodes a text in the place of a Match.
func (d *decoder) exact(n *text.Node, v reflect.Value, r *tags.Rule) {
	if n.Kind == text.List {
		d.add(n, CodeType, "this is "+n.Describe()+", and a text or a mapping is wanted",
			"for one of several values write {regex: \"a|b\"}")
		return
	}
	if d.wants(n, text.String) && d.text(n, r) {
		v.Set(reflect.ValueOf(Match{Exact: &n.Text}))
	}
}

func (d *decoder) integer(n *text.Node, v reflect.Value, r *tags.Rule) {
	if !d.wants(n, text.Int) {
		return
	}
	digits := strings.TrimPrefix(strings.ReplaceAll(n.Text, "_", ""), "+")
	i, err := strconv.ParseInt(digits, 10, 64)
	switch unsigned := strings.TrimPrefix(digits, "-"); {
	case err != nil && strings.Trim(unsigned, "0123456789") == "":
		d.add(n, CodeValue, fmt.Sprintf("%s is too large", text.Shorten(n.Text)), "")
	case err != nil || len(unsigned) > 1 && unsigned[0] == '0':
		d.add(n, CodeType, fmt.Sprintf("%s is not a decimal number", text.Quote(n.Text)), "")
	default:
		v.SetInt(i)
		d.check(n, v, r)
	}
}

func (d *decoder) float(n *text.Node, v reflect.Value, r *tags.Rule) {
	if n.Kind != text.Int && !d.wants(n, text.Float) {
		return
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		d.add(n, CodeType, fmt.Sprintf("%s is not a number", text.Quote(n.Text)), "")
		return
	}
	v.SetFloat(f)
	d.check(n, v, r)
}

func (d *decoder) duration(n *text.Node, v reflect.Value, r *tags.Rule) {
	if n.Kind == text.Int || n.Kind == text.Float {
		d.add(n, CodeUnit, fmt.Sprintf("the duration %s has no unit", text.Shorten(n.Text)),
			fmt.Sprintf("write %ss for seconds or %sms for milliseconds", text.Shorten(n.Text),
				text.Shorten(n.Text)))
		return
	}
	if !d.wants(n, text.String) {
		return
	}
	dur, err := time.ParseDuration(n.Text)
	switch {
	case err != nil && strings.Trim(n.Text, "0123456789.") == "" && n.Text != "":
		d.add(n, CodeUnit, fmt.Sprintf("the duration %s has no unit", text.Quote(n.Text)),
			"write 10s, 250ms, 1h30m")
	case n.Text == "0": // ParseDuration lets it pass
		d.add(n, CodeUnit, "the duration 0 has no unit", "write 0s")
	case err != nil:
		d.add(n, CodeType, fmt.Sprintf("%s is not a duration", text.Quote(n.Text)),
			"write 10s, 250ms, 1h30m; the units are h, m, s, ms, us")
	case dur < 0:
		d.add(n, CodeValue, fmt.Sprintf("the duration %s is negative", text.Quote(n.Text)),
			"0s means no limit")
	default:
		v.SetInt(int64(dur))
		d.check(n, v, r)
	}
}

func (d *decoder) percent(n *text.Node, v reflect.Value, r *tags.Rule) {
	if n.Kind == text.Int || n.Kind == text.Float {
		d.add(n, CodeUnit, fmt.Sprintf("the percentage %s has no percent sign",
			text.Shorten(n.Text)), fmt.Sprintf("write %s%%", text.Shorten(n.Text)))
		return
	}
	if !d.wants(n, text.String) {
		return
	}
	number, ok := strings.CutSuffix(n.Text, "%")
	f, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		d.add(n, CodeType, fmt.Sprintf("%s is not a percentage", text.Quote(n.Text)), "write 20%")
		return
	}
	v.SetFloat(f / 100)
	d.check(n, v, r)
}

// bitsBefore4 is how many bits of IPv6 come before an address of IPv4 that is written as IPv6 (RFC
// 4291 section 2.5.5.2).
const bitsBefore4 = 96

func (d *decoder) prefix(n *text.Node, v reflect.Value) {
	if !d.wants(n, text.String) {
		return
	}
	if n.Text == hostname.UnixClient {
		v.Set(reflect.ValueOf(netip.Prefix{}))
		return
	}
	p, err := netip.ParsePrefix(n.Text)
	if err != nil {
		hint := "write 10.0.0.0/8 or fd00::/8, or unix: for clients of unix sockets"
		if a, err := netip.ParseAddr(n.Text); err == nil && a.Zone() == "" {
			hint = fmt.Sprintf("for this one address write %s/%d", a, a.BitLen())
		}
		d.add(n, CodeAddress, fmt.Sprintf("%s is not a range of addresses (CIDR)",
			text.Quote(n.Text)), hint)
		return
	}
	if p.Addr().Is4In6() {
		// Clients with IPv4 have addresses of IPv4 here, whatever the socket says.
		if p.Bits() < bitsBefore4 {
			d.add(n, CodeAddress, fmt.Sprintf("%s is IPv4 written as IPv6, and its first %d bits "+
				"say no more than that", text.Quote(n.Text), p.Bits()),
				fmt.Sprintf("write %s/%d", p.Addr().Unmap(), min(p.Bits(), 32)))
			return
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-bitsBefore4)
	}
	v.Set(reflect.ValueOf(p.Masked()))
}

// suggest returns the hint for a name that none of the known is.
func (d *decoder) suggest(name string, known []string, list string) string {
	d.suggestions++
	return suggest(name, known, list, d.suggestions)
}
