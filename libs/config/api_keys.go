package config

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
)

// An APIKey is one key of a file of keys. The key itself is nowhere.
type APIKey struct {
	ID            string
	SHA256        [32]byte // of the key
	Scopes, Roles []string
	Expires       time.Time // zero: never
}

// A keyFile reads a file of keys. Its problems show nothing of what may be a key.
type keyFile struct {
	problems Problems
	keys     []APIKey
	ids      map[string]int32
	hashes   map[[32]byte]string
	lines    []text.Place // of keys
	path     string       // of the file in the document
}

// readKeys reads the text of a file of keys: a list, or a mapping whose only key is keys.
func readKeys(name string, data []byte, path string) keyFile {
	f := keyFile{ids: map[string]int32{}, hashes: map[[32]byte]string{}, path: path}
	root := text.Parse(name, data, &f.problems)
	for i := range f.problems {
		f.problems[i].Path = path
	}
	if root == nil || len(f.problems) > 0 {
		return f
	}
	if root.Kind == text.Map {
		for i, k := range root.Keys {
			if k.Name != "keys" {
				f.wrong(k.At, "it has the key "+text.Quote(k.Name)+", and only keys is one", "")
				continue
			}
			f.list(&root.Values[i])
		}
		return f
	}
	f.list(root)
	return f
}

// ReadAPIKeys reads the text of a file of keys. name is what problems call it.
func ReadAPIKeys(name string, data []byte) ([]APIKey, Problems) {
	f := readKeys(name, data, "")
	return f.keys, f.problems
}

func (f *keyFile) wrong(at text.Place, message, hint string) {
	f.problems.Add(at.Problem(f.path, CodeFile, message, hint))
}

const keyForm = "an entry is {id: partner-a, sha256: HEX, scopes: [read], expires: 2027-12-31}"

func (f *keyFile) list(n *text.Node) {
	switch n.Kind {
	case text.Null:
	case text.List:
		for i := range n.Values {
			f.entry(&n.Values[i])
		}
	default:
		f.wrong(n.At, "this is no list of keys", keyForm)
	}
}

func (f *keyFile) entry(n *text.Node) {
	if n.Kind != text.Map {
		f.wrong(n.At, "this entry is no mapping", keyForm)
		return
	}
	var k APIKey
	before, hashed := len(f.problems), false
	for i, key := range n.Keys {
		v := &n.Values[i]
		switch key.Name {
		case "id":
			k.ID = f.id(v)
		case "sha256":
			hashed = f.hash(v, &k.SHA256)
		case "scopes":
			k.Scopes = f.words(v, "scopes")
		case "roles":
			k.Roles = f.words(v, "roles")
		case "expires":
			k.Expires = f.time(v)
		case "key":
			f.wrong(key.At, "keys themselves do not stand in this file", "write sha256: and the "+
				"SHA-256 of the key in hexadecimal: printf %s KEY | sha256sum")
		default:
			f.wrong(key.At, "an entry has no key "+text.Quote(key.Name), keyForm)
		}
	}
	switch {
	case len(f.problems) > before:
		return
	case k.ID == "":
		f.wrong(n.At, "the id is missing", keyForm)
		return
	case !hashed:
		f.wrong(n.At, "the sha256 of the key is missing", keyForm)
		return
	}
	if line, ok := f.ids[k.ID]; ok {
		f.wrong(n.At, fmt.Sprintf("the id %s is on line %d already", text.Quote(k.ID), line),
			"rename one; to change a key, let the two have ids of their own for a while")
		return
	}
	if other, ok := f.hashes[k.SHA256]; ok {
		f.wrong(n.At, fmt.Sprintf("%s and %s are the same key", text.Quote(other),
			text.Quote(k.ID)), "make another for one of them")
		return
	}
	f.ids[k.ID], f.hashes[k.SHA256] = n.At.Line, k.ID
	f.keys, f.lines = append(f.keys, k), append(f.lines, n.At)
}

func (f *keyFile) id(n *text.Node) string {
	if n.Kind >= text.Map || n.Text == "" || len(n.Text) > 128 ||
		strings.ContainsFunc(n.Text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		f.wrong(n.At, "an id is a word of at most 128 printable characters", "")
		return ""
	}
	return n.Text
}

func (f *keyFile) hash(n *text.Node, to *[32]byte) bool {
	b, err := hex.DecodeString(n.Text)
	if n.Kind >= text.Map || err != nil || len(b) != len(to) {
		f.wrong(n.At, "this is no SHA-256 in hexadecimal, which has 64 digits",
			"printf %s KEY | sha256sum")
		return false
	}
	copy(to[:], b)
	return true
}

func (f *keyFile) words(n *text.Node, what string) (all []string) {
	if n.Kind == text.Null {
		return nil
	}
	if n.Kind != text.List {
		f.wrong(n.At, what+" are a list", "write "+what+": [read, write]")
		return nil
	}
	for i := range n.Values {
		v := &n.Values[i]
		if v.Kind >= text.Map || v.Text == "" ||
			strings.ContainsFunc(v.Text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			f.wrong(v.At, "one of "+what+" is a word without blanks", "")
			continue
		}
		all = append(all, v.Text)
	}
	return all
}

// time reads a time or a day, whose end is meant.
func (f *keyFile) time(n *text.Node) time.Time {
	if t, err := time.Parse(time.RFC3339, n.Text); err == nil {
		return t
	}
	if t, err := time.Parse(time.DateOnly, n.Text); err == nil {
		return t.Add(24 * time.Hour)
	}
	f.wrong(n.At, "this is no time", "write 2027-12-31, whose end in UTC is meant, or "+
		"2027-12-31T23:59:59Z")
	return time.Time{}
}

// Keys reads the file of an entry of auth.api_keys. The error shows neither keys nor the path
// behind a reference to a secret.
func (d *Document) Keys(k *APIKeys) ([]APIKey, error) {
	m := d.Key(k.File)
	data := m.Text
	if data == nil {
		var err error
		if data, err = filesystem.Read(m.File, text.MaxBytes); err != nil {
			return nil, fmt.Errorf("%s can't be read: %w", m.Shown, withoutPath(err))
		}
	}
	f := readKeys(m.Shown, data, "")
	if len(f.problems) > 0 {
		f.problems.Sort()
		return nil, f.problems[:1]
	}
	return f.keys, nil
}

// keySoon is how long before a key's end there is a warning.
const keySoon = 14 * 24 * time.Hour

// apiKeys checks an entry of auth.api_keys.
func (v *validator) apiKeys(k *APIKeys, at string) {
	v.carrier(k, text.JoinKey(at, "in"))
	path := func() string { return text.JoinKey(at, "file") }
	m := v.doc.Key(k.File)
	if k.File == "" || v.options.Elsewhere && m.Text != nil {
		return
	}
	data := v.materialOf(path, m, text.MaxBytes, stale)
	if data == nil {
		return
	}
	f := readKeys(m.Shown, data, path())
	for _, p := range f.problems {
		if isSecret(m.Shown) && p.Code != CodeFile {
			p.Message = "the text is no YAML of a list of keys" // the other message quotes it
		}
		v.inFile(path(), p.File, p.Line, p.Message, p.Hint)
	}
	if len(f.problems) > 0 {
		return
	}
	if len(f.keys) == 0 {
		v.caution(path(), CodeNobody, text.Quote(m.Shown)+" has no keys, so it lets nobody in",
			keyForm)
	}
	for i := range f.keys {
		v.keyEnds(&f.keys[i], f.lines[i], path())
	}
}

// keyEnds warns of a key whose time is over, or will be soon.
func (v *validator) keyEnds(k *APIKey, at text.Place, path string) {
	left := time.Until(k.Expires)
	if k.Expires.IsZero() || left > keySoon {
		return
	}
	message := fmt.Sprintf("the key %s expires on %s", text.Quote(k.ID),
		k.Expires.UTC().Format(time.RFC3339))
	if left <= 0 {
		message = fmt.Sprintf("the key %s has expired on %s, and requests with it get 401",
			text.Quote(k.ID), k.Expires.UTC().Format(time.RFC3339))
	}
	v.doc.cautions.Add(at.Problem(path, CodeKeyExpires, message,
		"give its owner another, or remove it"))
}

// carrier checks where requests have a key.
func (v *validator) carrier(k *APIKeys, at string) {
	if _, err := ParseCarrier(k.In); err != nil {
		v.wrong(at, CodeValue, k.In, err, "write header:X-API-Key, query:api_key or cookie:NAME")
	}
}
