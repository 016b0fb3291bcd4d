package config

import (
	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/htpasswd"
)

// basicUsers checks an entry of auth.basic. A file that can't be used any more leaves a running
// gateway with the users that it had.
func (v *validator) basicUsers(b *BasicUsers, at string) {
	v.plainText(text.JoinKey(at, "realm"), b.Realm)
	path := func() string { return text.JoinKey(at, "file") }
	m := v.doc.Key(b.File)
	if b.File == "" || v.options.Elsewhere && m.Text != nil {
		return
	}
	data := v.materialOf(path, m, htpasswd.MostBytes, stale)
	if data == nil {
		return
	}
	f, problems := htpasswd.Parse(data)
	for _, p := range problems {
		message := p.Message
		if p.User != "" && !isSecret(m.Shown) { // a part of a secret else
			message = "user " + text.Quote(p.User) + ": " + message
		}
		v.inFile(path(), m.Shown, p.Line, message, p.Hint)
	}
	if f != nil && f.Len() == 0 {
		v.caution(path(), CodeNobody, text.Quote(m.Shown)+" has no users, so it lets nobody in",
			"write the first: htpasswd -B "+m.Shown+" NAME")
	}
}

// plainText checks a text that goes into a header field as it is.
func (v *validator) plainText(at, value string) {
	for _, r := range value {
		if r < ' ' || r > '~' {
			v.add(at, CodeValue, text.Quote(value)+" has a character that the field can't have",
				"write printable ASCII")
			return
		}
	}
}

// inFile notes what is wrong in a line of a file that the document names. A running gateway has
// what it read before.
func (v *validator) inFile(path, file string, line int, message, hint string) {
	p := Problem{File: file, Path: path, Code: CodeFile, Message: message, Hint: hint}
	if line > 0 {
		p.Line, p.Column = line, 1
	}
	if v.options.Running {
		v.doc.warnings.Add(p)
		return
	}
	v.problems.Add(p)
}
