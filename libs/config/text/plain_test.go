package text

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A reader is a way to read a file whole, and a faster one for the plain part of the language.
type reader struct {
	plain func(file string, data []byte) *Node
	whole func(file string, data []byte, ps *Problems) *Node
}

var (
	yamlReader = reader{parsePlain, parseWholeYAML}
	jsonReader = reader{parsePlainJSON, parseWholeJSON}
)

// sameAsLibrary compares the two, and says whether the plain one took the text.
func (r reader) sameAsLibrary(t *testing.T, text string) bool {
	t.Helper()
	if badByte([]byte(text)) >= 0 || strings.HasPrefix(text, "\ufeff") {
		return false // refused before either reads it
	}
	plain := r.plain("f", []byte(text))
	if plain == nil {
		return false
	}
	var ps Problems
	whole := r.whole("f", []byte(text), &ps)
	if len(ps) > 0 || whole == nil {
		t.Fatalf("the library refuses it: %v\n%q", ps, text)
	}
	if at := difference(plain, whole, ""); at != "" {
		t.Fatalf("%s\n%s\n%q", at, text, text)
	}
	return true
}

// difference returns where two trees differ, "" for nowhere.
func difference(a, b *Node, path string) string {
	if a.Kind != b.Kind || a.Text != b.Text || a.At.Line != b.At.Line ||
		a.At.Column != b.At.Column || len(a.Keys) != len(b.Keys) || len(a.Values) != len(b.Values) {
		return fmt.Sprintf("%q: plain %v %q %d:%d, library %v %q %d:%d", path, a.Kind, a.Text,
			a.At.Line, a.At.Column, b.Kind, b.Text, b.At.Line, b.At.Column)
	}
	for i := range a.Keys {
		x, y := a.Keys[i], b.Keys[i]
		if x.Name != y.Name || x.At.Line != y.At.Line || x.At.Column != y.At.Column {
			return fmt.Sprintf("%q: plain key %q %d:%d, library %q %d:%d", path, x.Name, x.At.Line,
				x.At.Column, y.Name, y.At.Line, y.At.Column)
		}
	}
	for i := range a.Values {
		if d := difference(&a.Values[i], &b.Values[i], JoinIndex(path, i)); d != "" {
			return d
		}
	}
	return ""
}

// plainTexts are read without the library.
var plainTexts = []string{
	"version: 1",
	"---\nversion: 1\n",
	"# comment\n\nversion: 1 # one\nroutes:\n- name: a\n  hosts: [a.org, \"*.b.org\", 'c']\n- " +
		"{name: b, on: [connect, \"502\"], }\n",
	"a:\n  b:\n    c: 1\n  # between\n  d: x y  z # z\n\n# end",
	"a:\nb:\n  - x\n  - y: 1\n    z: 2\n  -   k: v\n      l: w\n",
	"a: {b: {c: [1, 2], d: {}}, e: []}\n",
	"a: [one, # first\n  two,\n  \"three\"\n  ]\n",
	"a: münchen.example\nb: [ä, \"ö\", 'ü', x] # é\nc: 1\n",
	"n: [1, -1, 1.5, 010, 0x1f, 1_000, true, False, null, .5, 1e3, 2001-01-01, +1, 10s, 20%, " +
		"127.0.0.1:80, fe80::1, n, no]\n",
	"limits:\n  # max_connections: 5\nadmin:\n",
	"a:  1  \n\n   \nb: 'it is'\n   \n",
	"list:\n  - a\n  - [b]\n  - \"c\"\n  - {d: e}\nmore: {\"quoted key\": 1, 'x':2}\n",
	"secret: secret:env:NAME\nurl: https://id.example.com/jwks.json\n",
}

// otherTexts are left to the library.
var otherTexts = []string{
	"", "# nothing", "[]", "a: &x 1\nb: *x", "a: |\n  text\n", "a: >-\n  text", "a: !!str 1",
	"<<: {}", "a: 1\na: 2", "\ta: 1", "a:\t1", "a: 1\n...\n",
	"a: 1\n---\nb: 2", "a: b: c", "a: [b", "a: 'it''s'", "a: \"\\n\"", "a: one\n  two",
	"a:\n  b: 1\n c: 2", "? a\n: b", "a: [b: c]", "- a\n- b", "a: 1\r\nb: 2\r\n",
	"%YAML 1.1\n---\na: 1", "a: -", "a: - b", "a:\n  -\n    b: c", "{a: b}", "a: {b}", "a: {b: }",
	"a: b\u2028c", "a: #b\n  c", "a: [1]#x", "a: 'b'#x", "a: @b", "a: 1\n b: 2",
	"  a: 1\n", "a: {b: [1}", "a: \"two\nlines\"", "a:\n- - b\n", "a: [b\n]\n", "a: {b: c\n}\n",
	"a: [x,\ny]",
}

func TestPlainYAMLIsReadAsTheLibraryReadsIt(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	texts := plainTexts
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		yamlReader.sameAsLibrary(t, string(data))
	}
	for _, text := range texts {
		if !yamlReader.sameAsLibrary(t, text) {
			t.Errorf("left to the library: %q", text)
		}
	}
	for _, text := range otherTexts {
		if yamlReader.sameAsLibrary(t, text) {
			t.Errorf("not left to the library: %q", text)
		}
	}
}

// Texts made of pieces that YAML gives a meaning to reach more than random bytes do.
func TestPlainYAMLOfRandomPiecesIsReadAsTheLibraryReadsIt(t *testing.T) {
	pieces := []string{"a", "b:", "c: ", "\n", "\n  ", "\n    ", "- ", "-", "[", "]", "{", "}",
		", ", ",", ": ", ":", " ", "#", " # c", "'", "\"", "x y", "1", "~", "null", "*", "&", "!",
		"|", ">", "%", "@", "ä", "\n- ", "\n\n", "k: v\n", "---\n", "...", "?", "<<", "10s", "\t"}
	rng := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 60_000 {
		var b strings.Builder
		if rng.IntN(4) > 0 {
			b.WriteString("k: ")
		}
		for range 1 + rng.IntN(12) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		if yamlReader.sameAsLibrary(t, b.String()) {
			taken++
		}
	}
	if taken < 1000 {
		t.Errorf("only %d texts were plain", taken)
	}
	// Whole files with a piece put in somewhere.
	for range 10_000 {
		text := plainTexts[rng.IntN(len(plainTexts))]
		i := rng.IntN(len(text) + 1)
		j := min(len(text), i+rng.IntN(3))
		yamlReader.sameAsLibrary(t, text[:i]+pieces[rng.IntN(len(pieces))]+text[j:])
	}
}

func FuzzPlainYAML(f *testing.F) {
	for _, text := range append(plainTexts, otherTexts...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { yamlReader.sameAsLibrary(t, text) })
}

func TestPlainJSONIsReadAsTheLibraryReadsIt(t *testing.T) {
	for _, text := range []string{
		`{}`, ` [ ] `,
		"{\"a\": 1,\n\t\"é\": [true, false, null, -5, 0, \"ü\"],\r\n \"c\":{\"d\":{}}}\n",
		`{"a":"1","b":"x y"}`, `"text"`, "3 ", "{\n  \"a\" : [ 1 , 2 ]\n}",
	} {
		if !jsonReader.sameAsLibrary(t, text) {
			t.Errorf("left to the library: %s", text)
		}
	}
	for _, text := range []string{
		"", " ", `{"a": 1,}`, `[1,]`, `[1 2]`, `{"a" 1}`, `{a: 1}`, `{'a': 1}`, `"\u0041"`,
		"\"a\tb\"", `01`, `1.5`, `1e3`, `-`, `--1`, `tru`, `truex`, `1x`, `{} {}`, `{"a":1,"a":2}`,
		`[`, `{"a"`, `,`, `[,1]`, `12345678901234567890`, `nul`, `""""`,
	} {
		if jsonReader.sameAsLibrary(t, text) {
			t.Errorf("not left to the library: %s", text)
		}
	}
	pieces := []string{"{", "}", "[", "]", ",", ":", `"a"`, `"b":`, "1", "-", "0", "true", "null",
		" ", "\n", "\t", `"é"`, "\\", "x", ".", "{}", "[1]"}
	rng := rand.New(rand.NewPCG(3, 4))
	taken := 0
	for range 80_000 {
		var b strings.Builder
		for range 1 + rng.IntN(10) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		if jsonReader.sameAsLibrary(t, b.String()) {
			taken++
		}
	}
	if taken < 1000 {
		t.Errorf("only %d texts were plain", taken)
	}
}

func FuzzPlainJSON(f *testing.F) {
	f.Add(`{"a": [1, true, null, "é"], "b": {"c": -5}}`)
	f.Fuzz(func(t *testing.T, text string) { jsonReader.sameAsLibrary(t, text) })
}
