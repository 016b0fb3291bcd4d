package editor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config/reference"
)

// wrongs are values that hardly any key takes, by what they are.
var wrongs = map[string]string{
	"a mapping": "{nonsense: 1}", "a list of lists": "[[1]]", "a number": "-7.5",
	"a text": `"a b:\\"`, "a secret": "secret:vault:x", "a boolean": "true", "nothing": "",
}

// at returns a document in which one key has a value, and the line of the key, from 1.
func at(path, value string) (string, int) {
	var b strings.Builder
	indent, dash, lines := "", "", 0
	line := func(text string) {
		b.WriteString(indent + dash + text + "\n")
		lines++
		if dash != "" {
			indent += "  "
		}
		dash = ""
	}
	line("version: 1")
	parts := strings.Split(path, ".")
	for i, key := range parts {
		name := strings.TrimSuffix(key, "[]")
		if name == "*" {
			name = "x-name"
		}
		if i == len(parts)-1 {
			line(name + ": " + value)
			break
		}
		line(name + ":")
		indent += "  "
		if strings.HasSuffix(key, "[]") {
			dash = "- "
		}
	}
	return b.String(), lines
}

// Whatever is written at whatever key, the editor's words are for people: a wrong value has a
// message in its line, and no message of any line is about the schema instead of the file.
func TestEveryKeyWithEveryWrongValue(t *testing.T) {
	s := start(t)
	type probe struct {
		path, what string
		line       int
		wrong      bool // no value of the key is like this
	}
	var probes []probe
	var texts []string
	for _, k := range reference.Keys() {
		for what, value := range wrongs {
			text, line := at(k.Path, value)
			scalar := !strings.HasPrefix(k.Type, "mapping") && !strings.HasPrefix(k.Type, "list")
			probes = append(probes, probe{k.Path, what, line,
				scalar && (what == "a mapping" || what == "a list of lists") ||
					!scalar && what != "a mapping" && what != "nothing" ||
					k.Type == "mapping" && what == "a mapping"})
			texts = append(texts, text)
		}
	}
	if len(texts) < 1000 {
		t.Fatalf("only %d documents", len(texts))
	}
	told := make(map[string]bool)
	for i, found := range s.messages(texts...) {
		p, here := probes[i], false
		for _, d := range found {
			here = here || d.Range.Start.Line+1 == p.line
			if r := riddle(d.Message); r != "" && !told[d.Message] {
				told[d.Message] = true
				t.Errorf("%s, %s: %q in %q", p.path, p.what, r, d.Message)
			}
		}
		if p.wrong && !here {
			// What is around it may be refused as a whole.
			if !strings.Contains(fmt.Sprint(found), "does not have") {
				t.Errorf("%s, %s: line %d has no message; these were found: %v\n%s", p.path,
					p.what, p.line, found, texts[i])
			}
		}
	}
}
