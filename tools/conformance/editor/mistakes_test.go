package editor_test

import (
	"strings"
	"testing"
)

// sound is a file without mistakes. Each mistake changes a line of it.
const sound = `version: 1
listeners:
  - name: web
    address: 127.0.0.1:8080
    protocol: http
    timeouts:
      idle: 1m
    limits:
      max_connections: 100
      allow_underscores: true
clusters:
  - name: users
    endpoints:
      - address: 127.0.0.1:9001
        weight: 1
routes:
  - name: all
    listeners: [web]
    hosts: [api.example.com]
    path_prefix: /
    cluster: users
    retry:
      budget: 20%
    headers:
      request:
        set:
          x-tenant: blue
access_log:
  sample: 0.5
admin:
  address: 127.0.0.1:9901
`

// A mistake is a line in place of one of the sound file. Some message has to stand in its line, or
// so many lines later, with all of these words.
type mistake struct {
	name, line, by string
	later          int
	words          []string
}

var mistakes = []mistake{
	{"a version to come", "version: 1", "version: 2", 0, []string{"version", "number 1"}},
	{"a version in quotes", "version: 1", `version: "1"`, 0, []string{"without quotes"}},
	{"no listeners", "listeners:", "listeners: []\nx:", 0, []string{"1 or more"}},
	{"a value that is none", "cluster: users",
		"    cluster: users\n    rate_limit: {requests: 1, scope: all}", 1, []string{"node"}},
	{"an unknown key of the document", "version: 1", "version: 1\nlistener: []", 1,
		[]string{"listener", "not allowed"}},
	{"an unknown key of an entry", "protocol: http", "    protocl: http", 0,
		[]string{"protocl", "not allowed"}},
	{"an unknown key further in", "idle: 1m", "      idl: 1m", 0, []string{"idl", "not allowed"}},
	{"a required key with a typo", "- address: 127.0.0.1:9001", "      - adress: 127.0.0.1:9001", 0,
		[]string{"Missing", "address"}},
	{"a required key left out", "- name: users", "  - protocol: h2c", 0, []string{"Missing",
		"name"}},
	{"an entry without its dash", "- name: web", "    name: web", 0, []string{"list", "dash"}},
	{"a list where a mapping is", "timeouts:", "    timeouts: [idle]\n    http1:", 0,
		[]string{"mapping", "timeouts"}},
	{"a mapping where a list is", "hosts: [api.example.com]", "    hosts: {a: b}", 0,
		[]string{"list", "dash"}},
	{"a text where a list is", "hosts: [api.example.com]", "    hosts: api.example.com", 0,
		[]string{"list", "dash"}},
	{"a text where a mapping is", "retry:", "    retry: always\n    rewrite:", 0,
		[]string{"mapping"}},
	{"a mapping where a text is", "cluster: users", "    cluster: {name: users}", 0,
		[]string{"name"}},
	{"a port alone", "address: 127.0.0.1:8080", "    address: 8080", 0, []string{"host:port"}},
	{"a host alone", "address: 127.0.0.1:8080", "    address: localhost", 0, []string{"host:port"}},
	{"a URL for an address", "- address: 127.0.0.1:9001",
		"      - address: http://127.0.0.1:9001", 0,
		[]string{"host:port"}},
	{"an address that is empty", "address: 127.0.0.1:8080", "    address:", 0,
		[]string{"host:port"}},
	{"a secret of no kind", "address: 127.0.0.1:8080", "    address: secret:vault:x", 0,
		[]string{"secret:env:NAME", "secret:file:PATH"}},
	{"a secret without a name", "x-tenant: blue", "          x-tenant: \"secret:env:\"", 0,
		[]string{"secret:env:NAME"}},
	{"a secret where none may be", "cluster: users", "    cluster: secret:env:X", 0,
		[]string{"name", "letters"}},
	{"an unknown word", "protocol: http", "    protocol: htp", 0, []string{`"http"`, `"tcp"`}},
	{"a word in upper case", "protocol: http", "    protocol: HTTP", 0, []string{`"http"`,
		`"tcp"`}},
	{"a duration without its unit", "idle: 1m", "      idle: 60", 0, []string{"duration", "unit"}},
	{"a duration in words", "idle: 1m", "      idle: 1 minute", 0, []string{"duration", "unit"}},
	{"a duration in days", "idle: 1m", "      idle: 1d", 0, []string{"duration", "unit"}},
	{"a duration that is empty", "idle: 1m", "      idle:", 0, []string{"duration", "unit"}},
	{"a number in quotes", "max_connections: 100", `      max_connections: "100"`, 0,
		[]string{"whole number", "quotes"}},
	{"a number with a unit", "max_connections: 100", "      max_connections: 10k", 0,
		[]string{"whole number", "unit"}},
	{"a number with decimals", "max_connections: 100", "      max_connections: 1.5", 0,
		[]string{"whole number"}},
	{"a number that is too small", "max_connections: 100", "      max_connections: 0", 0,
		[]string{"minimum of 1"}},
	{"a share in percent", "sample: 0.5", "  sample: 50%", 0, []string{"0 to 1"}},
	{"a share above 1", "sample: 0.5", "  sample: 50", 0, []string{"maximum of 1"}},
	{"a percentage without its sign", "budget: 20%", "      budget: 20", 0,
		[]string{"percentage", "sign"}},
	{"yes for true", "allow_underscores: true", "      allow_underscores: yes", 0,
		[]string{"true or false"}},
	{"true in quotes", "allow_underscores: true", `      allow_underscores: "true"`, 0,
		[]string{"true or false", "quotes"}},
	{"a URL for a host", "hosts: [api.example.com]", `    hosts: ["https://api.example.com"]`, 0,
		[]string{"host", "without scheme"}},
	{"a path without its slash", "path_prefix: /", "    path_prefix: users", 0,
		[]string{"starts with /"}},
	{"a path that none asks for", "path_prefix: /", "    path_prefix: /a/../b", 0,
		[]string{"No request", "/../"}},
	{"two paths", "path_prefix: /", "    path_prefix: /a\n    path: /b", 0,
		[]string{"path or path_prefix", "not both"}},
	{"a cluster and a split", "path_prefix: /", "    split: [{cluster: users, weight: 1}]", 0,
		[]string{"cluster or split", "not both"}},
	{"a route without a cluster", "cluster: users", "", -4, []string{"Missing", "cluster"}},
	{"weights that are all 0", "weight: 1", "        weight: 0", -1, []string{"weight above 0"}},
	{"a field of the connection", "x-tenant: blue", "          connection: close", 0,
		[]string{"header field", "can't be set"}},
	{"a value that is a number", "x-tenant: blue", "          x-tenant: 1", 0, []string{"quotes"}},
	{"tcp without a cluster", "protocol: http", "    protocol: tcp", -2,
		[]string{"Missing", "cluster"}},
	{"a cluster of a listener for HTTP", "protocol: http", "    cluster: users", 0,
		[]string{"protocol: tcp"}},
	{"an admin API for everyone", "address: 127.0.0.1:9901", `  address: ":9901"`, -1,
		[]string{"Missing", "token"}},
	{"a method in lower case", "path_prefix: /", "    methods: [get]", 0, []string{"upper case"}},
	{"tabs", "path_prefix: /", "\tpath_prefix: /", 0, []string{"Tabs", "indentation"}},
}

// instead replaces a line of the sound file, and says where: the number of the line, from 1.
func instead(t *testing.T, m mistake) (string, int) {
	t.Helper()
	lines := strings.Split(sound, "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) == m.line {
			lines[i] = m.by
			return strings.Join(lines, "\n"), i + 1 + m.later
		}
	}
	t.Fatalf("no line says %q", m.line)
	return "", 0
}

func TestASoundFileHasNoMessage(t *testing.T) {
	if found := start(t).messages(sound)[0]; len(found) > 0 {
		t.Error(found)
	}
}

// Each mistake has a message in its line that says what is wrong, and none is a riddle.
func TestMistakes(t *testing.T) {
	s := start(t)
	texts, lines := make([]string, len(mistakes)), make([]int, len(mistakes))
	for i, m := range mistakes {
		texts[i], lines[i] = instead(t, m)
	}
	for i, found := range s.messages(texts...) {
		m, said := mistakes[i], false
		for _, d := range found {
			if r := riddle(d.Message); r != "" {
				t.Errorf("%s: %s", m.name, d)
			}
			fits := d.Range.Start.Line+1 == lines[i]
			for _, word := range m.words {
				fits = fits && strings.Contains(d.Message, word)
			}
			said = said || fits
		}
		if !said {
			t.Errorf("%s: line %d has no message with %q; these were found: %v", m.name, lines[i],
				m.words, found)
		}
	}
}

// riddle returns what a person who knows YAML, and not JSON Schema, can't understand in a message.
func riddle(words string) string {
	for _, r := range []string{"null", "pattern", "schema", "Incorrect type", "object", "integer",
		"boolean", "string", "required item", "undefined", "^", "more properties",
		"fewer properties"} {
		if strings.Contains(words, r) && !strings.Contains(words, quotes) {
			return r
		}
	}
	return ""
}

// quotes is a piece of advice that names null.
const quotes = "true, false or null"
