package config

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// secretPrefix begins a reference to a secret.
const secretPrefix = "secret:"

func isSecret(s string) bool { return strings.HasPrefix(s, secretPrefix) }

// secrets are the values of the references in a document. The document itself holds the references,
// so that nothing that shows, compares or digests it can let a value out.
type secrets map[string]string

// derive keeps a value that was made from another one, under a name that says so.
func (s *secrets) derive(ref, value string) string {
	all := maps.Clone(*s) // a copy of the document may share it
	all[ref] = value
	*s = all
	return ref
}

// Secret returns the value of a text of the document: what it refers to if it is a reference to a
// secret, and the text itself otherwise. Code that acts on a text asks for its value here; code
// that shows it does not.
func (d *Document) Secret(s string) string {
	if !isSecret(s) {
		return s
	}
	return d.secrets[s]
}

// Unsecret returns what may be shown in the place of a value that a text of the document stands
// for: the reference if it is one, and the value otherwise.
func Unsecret(text, value string) string {
	if isSecret(text) {
		return text
	}
	return value
}

// SameSecrets says whether the references of two documents have the same values, which their
// digests do not tell.
func (d *Document) SameSecrets(other *Document) bool { return maps.Equal(d.secrets, other.secrets) }

// OtherSecrets returns the references that two documents both have and whose values differ, sorted.
func (d *Document) OtherSecrets(other *Document) (refs []string) {
	for _, ref := range slices.Sorted(maps.Keys(d.secrets)) {
		if was, ok := other.secrets[ref]; ok && was != d.secrets[ref] {
			refs = append(refs, ref)
		}
	}
	return refs
}

// Revealed returns the document with every reference replaced by its value, to build from and never
// to show. Listeners and endpoints have beside their address what is shown in its place. It is d
// itself when there is none.
func (d *Document) Revealed() *Document {
	if len(d.secrets) == 0 {
		return d
	}
	out := new(Document)
	reveal(reflect.ValueOf(out).Elem(), reflect.ValueOf(d).Elem(), d)
	out.Admin.Implicit, out.files, out.shownAs = d.Admin.Implicit, d.files, d.shownAs
	out.contracts = d.contracts
	for i := range d.Listeners {
		if address := d.Listeners[i].Address; isSecret(address) {
			out.Listeners[i].As = address
		}
	}
	for i := range d.Routes {
		d.fill(&out.Routes[i], &d.Routes[i])
	}
	for i := range d.Clusters {
		for j, e := range d.Clusters[i].Endpoints {
			if isSecret(e.Address) {
				out.Clusters[i].Endpoints[j].As = e.Address
			}
		}
	}
	return out
}

// reveal copies from into to, which is zero.
func reveal(to, from reflect.Value, d *Document) {
	switch from.Kind() {
	case reflect.String:
		to.SetString(d.Secret(from.String()))
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			reveal(to.Elem(), from.Elem(), d)
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			reveal(to.Index(i), from.Index(i), d)
		}
	case reflect.Map:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
		for _, k := range from.MapKeys() {
			v := reflect.New(from.Type().Elem()).Elem()
			reveal(v, from.MapIndex(k), d)
			to.SetMapIndex(k, v)
		}
	case reflect.Struct:
		if from.Type() == prefixType {
			to.Set(from)
			return
		}
		for i := range from.NumField() {
			if from.Type().Field(i).IsExported() {
				reveal(to.Field(i), from.Field(i), d)
			}
		}
	default:
		to.Set(from)
	}
}

// text says whether a text may stand where it does, and resolves it if it is a reference.
func (d *decoder) text(n *text.Node, r *tags.Rule) bool {
	if !isSecret(n.Text) {
		return r.Form != "template" || d.environment(n)
	}
	if !r.MayBeSecret() {
		what := "one of a few words"
		switch {
		case r.Name || r.Ref:
			what = "a name"
		case r.Form == "field":
			what = "a field name"
		case r.Form == "method":
			what = "a method"
		case r.Form == "page":
			what = "a file that everybody gets"
		}
		d.add(n, CodeSecret, fmt.Sprintf(
			"%s can't be a secret, since the document would not say what it means", what),
			"write it out; addresses, files, keys, tokens and header values can be secrets")
		return false
	}
	if _, ok := d.secrets[n.Text]; ok {
		return true
	}
	if d.options.Elsewhere {
		// Nothing can be said of the value, as of one that could not be decoded.
		if d.damaged == nil {
			d.damaged = make(map[string]bool)
		}
		d.damaged[d.trail.String()] = true
		return true
	}
	if d.options.Secrets == nil {
		d.add(n, CodeSecret, text.Quote(n.Text)+
			" is a reference to a secret, and here nothing resolves them", "")
		return false
	}
	dir := ""
	if n.At.File != nil {
		dir = filepath.Dir(*n.At.File)
	}
	value, err := d.options.Secrets(n.Text, dir)
	if err != nil {
		hint := ""
		if h, ok := err.(interface{ Hint() string }); ok {
			hint = h.Hint()
		}
		message := text.Quote(n.Text) + " does not resolve: " + text.Printable(err.Error())
		if r.Secret && r.File && d.options.Running {
			// A key that is away is a part that went stale, as a missing file is.
			d.warnings.Add(n.At.Problem(d.trail.String(), CodeSecret, message, hint))
			d.watchSecret(n.Text, dir, "")
			return true
		}
		d.add(n, CodeSecret, message, hint)
		return false
	}
	if d.secrets == nil {
		d.secrets = make(secrets)
	}
	d.secrets[n.Text] = value
	d.watchSecret(n.Text, dir, value)
	return true
}

// watchSecret notes the file of a secret:file:PATH, which is watched like the other files of the
// document.
func (d *decoder) watchSecret(ref, dir, value string) {
	path, ok := strings.CutPrefix(ref, secretPrefix+"file:")
	if !ok {
		return
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if d.files == nil {
		d.files, d.secretFiles = files{}, map[string]string{}
	}
	d.secretFiles[ref] = path
	d.files[path] = sha256.Sum256([]byte(value))
}
