package config

import (
	"reflect"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// A synonym is what other products call a key, and what becomes of it here. Where a name is a key
// of its place, that key is meant, whatever this table says.
type synonym struct {
	// at are the places where the names are looked up: paths of sections, separated by blanks, in
	// which [] is every entry of a list. "/" is the document itself, "*" is every place.
	at string
	// names are separated by blanks, in lower case, without dashes and underscores.
	names string
	// key is the path of the key that does it here. It may be one that does not exist yet where
	// without says what is missing then.
	key     string
	without string // what this version does not have, unless it has key
	// write is an example in YAML, of the section that key is in, or that is at where key is "".
	write string
	// say is what else to say. Keys in it stand between < and >, as paths.
	say string
}

// vocabulary knows the keys of the document, and what other products call them. It is made when the
// first unknown key is met.
type vocabulary struct {
	cache    tags.Cache
	words    map[spoken]synonym
	sections []section
}

// spoken is a name in a section; nil is every section.
type spoken struct {
	section reflect.Type
	name    string
}

// A section is a struct of the document with its path: "" is the document.
type section struct {
	path string
	of   reflect.Type
}

func newVocabulary(cache tags.Cache) *vocabulary {
	v := &vocabulary{cache: cache, words: map[spoken]synonym{}}
	v.walk("", reflect.TypeFor[Document](), 0)
	for _, s := range synonyms() {
		for at := range strings.FieldsSeq(s.at) {
			of := v.section(place(at))
			if of == nil && at != "*" {
				continue
			}
			for name := range strings.FieldsSeq(s.names) {
				word := s
				word.at = place(at)
				v.words[spoken{of, name}] = word
			}
		}
	}
	return v
}

// place is the path of a section in the table.
func place(at string) string {
	if at == "/" {
		return ""
	}
	return at
}

// walk lists the sections.
func (v *vocabulary) walk(path string, t reflect.Type, depth int) {
	const deepest = 12 // of a document whose types would hold themselves
	for depth < deepest {
		switch t.Kind() {
		case reflect.Pointer:
			t = t.Elem()
			continue
		case reflect.Slice:
			t, path = t.Elem(), path+"[]"
			continue
		}
		break
	}
	if t.Kind() != reflect.Struct || t == prefixType || depth == deepest {
		return
	}
	v.sections = append(v.sections, section{path, t})
	for _, f := range v.cache.Of(t).List {
		v.walk(text.JoinKey(path, f.Key), t.Field(f.Index).Type, depth+1)
	}
}

// section returns the type of the section at a path, nil where there is none.
func (v *vocabulary) section(path string) reflect.Type {
	for _, s := range v.sections {
		if s.path == path {
			return s.of
		}
	}
	return nil
}

// has says whether a path leads to a key.
func (v *vocabulary) has(path string) bool {
	parent, key := apart(path)
	of := v.section(parent)
	if of == nil {
		return false
	}
	_, ok := v.cache.Of(of).ByKey[key]
	return ok
}

// apart returns the section of a key, and the key alone.
func apart(path string) (parent, key string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

// plainName is a name as the table has it.
func plainName(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(name))
}

// hint says what an unknown key of a section is here, "" where nothing is known of it.
func (v *vocabulary) hint(of reflect.Type, name string) string {
	if len(name) > 64 {
		return ""
	}
	plain := plainName(name)
	short := plain // without what a value says here: 5s, or the section: timeouts
	for _, part := range []string{"seconds", "secs", "ms", "timeout"} {
		short = strings.TrimSuffix(short, part)
	}
	short = strings.TrimPrefix(short, "timeout")
	for _, key := range v.cache.Of(of).Keys {
		if k := plainName(key); k == plain || k == short {
			return "it is called " + key
		}
	}
	word, ok := v.words[spoken{of, plain}]
	if !ok {
		word, ok = v.words[spoken{of, short}]
	}
	if !ok {
		word, ok = v.words[spoken{nil, plain}]
	}
	if !ok && strings.HasPrefix(strings.ToLower(name), "x-") && of == reflect.TypeFor[Document]() {
		return "there are no keys of your own: an anchor of YAML stands where its value is first " +
			"used"
	}
	if !ok {
		return ""
	}
	return v.tell(word)
}

// tell puts an entry of the table in words.
func (v *vocabulary) tell(s synonym) string {
	var said []string
	switch {
	case s.key != "" && v.has(s.key):
		line := "it is " + called(s.at, s.key)
		if s.write != "" {
			line += "; write " + s.write
		}
		said = append(said, line)
		if s.without != "" {
			return line // say is of what there is meanwhile
		}
	case s.without != "":
		said = append(said, "this version does not have "+s.without)
	}
	if s.say != "" {
		said = append(said, strings.NewReplacer("<", "", ">", "").Replace(s.say))
	}
	if len(said) == 0 { // its key is gone
		return ""
	}
	return strings.Join(said, "; ")
}

// called is how a key is called where a wrong one was met: within the same section by the rest of
// its path.
func called(at, key string) string {
	switch {
	case at == "" && !strings.Contains(key, "."):
		return "called " + key
	case strings.HasPrefix(key, at+"."):
		return "called " + key[len(at)+1:]
	case !strings.Contains(key, "."):
		return key + ", at the top of the file"
	}
	return key
}

// elsewhere says which sections have a key, the nearest to the one at path first.
func (v *vocabulary) elsewhere(path, name string) string {
	best, common := "", -1
	for _, s := range v.sections {
		if _, ok := v.cache.Of(s.of).ByKey[name]; !ok {
			continue
		}
		n := 0
		for n < min(len(path), len(s.path)) && path[n] == s.path[n] {
			n++
		}
		if n > common {
			best, common = s.path, n
		}
	}
	switch {
	case common < 0:
		return ""
	case best == "":
		return "it is a key at the top of the file"
	}
	return "it is a key of " + best
}

// unknownKey stands in the damaged paths for whatever keys a section does not have.
const unknownKey = "?"

// unknown notes a key that the section, which the trail leads to, does not have.
func (d *decoder) unknown(k text.Key, of reflect.Type, known []string) {
	if d.vocabulary == nil {
		d.vocabulary = newVocabulary(d.cache)
	}
	hint := d.vocabulary.hint(of, k.Name)
	if hint == "" {
		hint = d.suggest(k.Name, known, "")
	}
	if hint == "" {
		hint = d.vocabulary.elsewhere(d.trail.Section(), k.Name)
	}
	switch {
	case hint != "":
	case len(known) <= 16 && d.suggestions <= mostSuggestions:
		hint = "the keys are " + strings.Join(known, ", ")
	default:
		hint = "docs/configuration.md has the keys of " + firstOf(d.trail.Section(), "a file")
	}
	d.trail.Enter(unknownKey)
	if d.damaged == nil {
		d.damaged = make(map[string]bool)
	}
	d.damaged[d.trail.String()] = true
	d.trail.Leave()
	d.trail.Enter(k.Name)
	d.add(&text.Node{At: k.At}, CodeUnknownKey, "there is no key "+text.Quote(k.Name)+" here", hint)
	d.trail.Leave()
}
