package config

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
)

// Material is what a text of the document stands for where a certificate, a chain, a key or the
// like is wanted: a file, or what would be in one.
type Material struct {
	// Shown is what logs, errors and the admin API call it: the path as it stands in the document,
	// or the reference to the secret. What the reference stands for is never shown, whatever it
	// looks like.
	Shown string
	// File is the path to read, "" where Text has it all. It is not to be shown.
	File string
	// Text is what a secret holds, nil where there is a file.
	Text []byte
}

// Material returns what a text of the document stands for. A path that stands in the document is a
// file, and so is the one in secret:file:PATH. Any other secret is a path only where its value
// can't be anything else: see [Document.Key] for keys, for which it never is.
func (d *Document) Material(s string) Material {
	if !isSecret(s) {
		return Material{Shown: s, File: s}
	}
	if path, ok := d.secretFiles[s]; ok {
		return Material{Shown: s, File: path}
	}
	value := d.secrets[s]
	if strings.Contains(value, pemBegin) {
		return Material{Shown: s, Text: []byte(value)}
	}
	return Material{Shown: s, File: value}
}

// Key is Material for a private key. A secret holds the key itself, in whatever form that came, and
// nothing in it is taken for a path.
func (d *Document) Key(s string) Material {
	if !isSecret(s) {
		return Material{Shown: s, File: s}
	}
	return Material{Shown: s, Text: []byte(d.secrets[s])}
}

// material returns the bytes of a text that stands for a file, and notes a problem if there are
// none.
func (v *validator) material(path func() string, m Material, note notes) []byte {
	return v.materialOf(path, m, filesystem.Most, note)
}

// materialOf is material for a file of at most most bytes.
func (v *validator) materialOf(
	path func() string, m Material, most int64, note notes,
) []byte {
	if m.Text != nil {
		if v.options.Elsewhere {
			return nil
		}
		return m.Text
	}
	if isSecret(m.Shown) {
		if m.File == "" && !v.options.Elsewhere { // it did not resolve, which was said
			return nil
		}
		if v.doc.shownAs == nil {
			v.doc.shownAs = map[string]string{}
		}
		v.doc.shownAs[m.File] = m.Shown
	}
	return v.read(path, m, most, note)
}

// notes says what becomes of a document with a problem.
type notes func(v *validator, path, code, message, hint string)

// wrongly is for what makes a document useless.
func wrongly(v *validator, path, code, message, hint string) { v.add(path, code, message, hint) }

// stale is for what a running gateway can do without: see [Options.Running].
func stale(v *validator, path, code, message, hint string) {
	if !v.options.Running {
		v.add(path, code, message, hint)
		return
	}
	held := v.problems
	v.problems = v.doc.warnings
	v.add(path, code, message, hint)
	v.doc.warnings, v.problems = v.problems, held
}

// Warnings are the problems that a document read with [Options.Running] has nevertheless, ordered
// by position: parts that went stale.
func (d *Document) Warnings() Problems { return d.warnings }

// unusable notes why the contents of a file can't be used. err is of package pemfile, whose errors
// show nothing of the contents.
func (v *validator) unusable(path, code, shown string, err error, hint string, note notes) {
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		hint = h.Hint()
	}
	note(v, path, code, text.Quote(shown)+" "+said(err), hint)
}

// said is an error behind the name of a file.
func said(err error) string {
	message := err.Error()
	if strings.HasPrefix(message, "line ") {
		return "can't be used: " + message
	}
	return message
}
