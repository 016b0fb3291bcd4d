package htpasswd

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MostBytes is how large a file may be. It has room for 200,000 users.
const MostBytes = 32 << 20

const (
	mostName     = 255  // bytes of a name, as in Apache
	mostLine     = 4096 // bytes of a line
	mostProblems = 20   // that are reported of a file
)

// A File is the users of a file. It does not change.
type File struct {
	hashes map[string]Hash
	// list are the hashes in the order of the file, for Decoy.
	list []Hash
	seed maphash.Seed
}

// A Problem is what is wrong with a line. It shows nothing of a hash.
type Problem struct {
	Line    int    // from 1; 0: the file as a whole
	User    string // whose password it is about; "" where it is about none
	Message string
	Hint    string // what to do
}

// Parse reads a file. The File is nil exactly when there are problems, of which the first are
// returned. Empty lines and those that begin with # mean nothing, and so does what stands behind
// another colon, which other programs take for a comment.
func Parse(data []byte) (*File, []Problem) {
	p := parser{
		file:  &File{hashes: make(map[string]Hash, bytes.Count(data, []byte{'\n'})+1)},
		lines: make(map[string]int),
	}
	p.file.seed = maphash.MakeSeed()
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch {
	case len(data) > MostBytes:
		p.problem(0, fmt.Sprintf("it has %d bytes, and %d are the most", len(data), MostBytes), "")
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		p.problem(1, "it is UTF-16", "save it as UTF-8")
	default:
		p.parse(string(data))
	}
	if p.bad > mostProblems {
		p.problems = append(p.problems, Problem{
			Message: fmt.Sprintf("%d more lines can't be used", p.bad-mostProblems),
		})
	}
	if p.bad > 0 {
		return nil, p.problems
	}
	return p.file, nil
}

type parser struct {
	file     *File
	lines    map[string]int // where a name stands
	problems []Problem
	bad      int
}

func (p *parser) problem(line int, message, hint string) {
	p.problemOf("", line, message, hint)
}

func (p *parser) problemOf(user string, line int, message, hint string) {
	if p.bad++; p.bad <= mostProblems {
		p.problems = append(p.problems, Problem{line, user, message, hint})
	}
}

func (p *parser) parse(text string) {
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimRight(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		p.line(n, line)
	}
}

const form = "a line is NAME:HASH, as htpasswd -B writes it"

func (p *parser) line(n int, line string) {
	name, rest, ok := strings.Cut(line, ":")
	hash, _, _ := strings.Cut(rest, ":")
	hash = strings.TrimRight(hash, " \t")
	switch {
	case len(line) > mostLine:
		p.problem(n, fmt.Sprintf("the line has %d bytes, and %d are the most", len(line),
			mostLine), form)
	case !ok:
		p.problem(n, "the line has no colon", form)
	case name == "":
		p.problem(n, "the name of the user is missing", form)
	case len(name) > mostName:
		p.problem(n, fmt.Sprintf("the name of the user has %d bytes, and %d are the most",
			len(name), mostName), "")
	case !utf8.ValidString(name):
		p.problem(n, "the name of the user is not UTF-8", "save the file as UTF-8")
	case strings.ContainsFunc(name, unicode.IsControl):
		p.problem(n, "the name of the user has a control character", "")
	case strings.TrimSpace(name) != name:
		p.problem(n, "the name of the user has a space before or behind it", "remove it")
	case p.lines[name] > 0:
		p.problemOf(name, n, fmt.Sprintf("the user is on line %d already", p.lines[name]),
			"remove one of the two")
	default:
		p.lines[name] = n
		p.add(n, name, hash)
	}
}

func (p *parser) add(n int, name, text string) {
	hash, wrong := parseHash(text)
	if wrong != nil {
		hint := wrong.hint
		if hint == "" {
			hint = "give the user a password anew: htpasswd -B FILE NAME"
		}
		p.problemOf(name, n, "the password "+wrong.what, hint)
		return
	}
	p.file.hashes[name] = hash
	p.file.list = append(p.file.list, hash)
}

// Len is how many users there are.
func (f *File) Len() int { return len(f.hashes) }

// Find returns the hash of a user's password. It allocates nothing.
func (f *File) Find(name []byte) (Hash, bool) {
	h, ok := f.hashes[string(name)]
	return h, ok
}

// Decoy returns the hash of some user for a name that is nobody's, always the same for a name. To
// verify a password with it, and to throw the result away, takes as long as for a user there is:
// so nobody learns from the time which names there are. It is no Hash where the file has none.
func (f *File) Decoy(name []byte) (Hash, bool) {
	if len(f.list) == 0 {
		return Hash{}, false
	}
	return f.list[maphash.Bytes(f.seed, name)%uint64(len(f.list))], true
}
