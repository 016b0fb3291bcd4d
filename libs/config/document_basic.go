package config

import (
	"fmt"

	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/htpasswd"
)

// BasicUsers is a file of users with passwords (RFC 7617).
type BasicUsers struct {
	Name  string `config:"name,required,name"`
	Realm string `config:"realm,form=some"`
	File  string `config:"file,required,secret,file"`
	Keep  bool   `config:"keep"`
}

func (BasicUsers) keyTexts() texts {
	return texts{
		"name":  "Required, unique.",
		"realm": "What a browser shows people whom it asks for a password.",
		"file": "A line for each user, `NAME:HASH`, as `htpasswd -B` writes them: bcrypt or " +
			"argon2id. Or a secret that holds such lines. It is read anew when it changes. " +
			"Required.",
		"keep": "Let `Authorization` go on to the endpoint. Otherwise it ends at the gateway.",
	}
}

// A UsersError is why a file of users can't be used.
type UsersError struct {
	Shown    string // the file
	Problems []htpasswd.Problem
}

// Error names the first problem.
func (e *UsersError) Error() string {
	p := e.Problems[0]
	if p.Line == 0 {
		return e.Shown + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.Shown, p.Line, p.Message)
}

// Users reads the file of an entry of auth.basic. The error shows neither hashes nor the path
// behind a reference to a secret.
func (d *Document) Users(b *BasicUsers) (*htpasswd.File, error) {
	m := d.Key(b.File)
	data := m.Text
	if data == nil {
		var err error
		if data, err = filesystem.Read(m.File, htpasswd.MostBytes); err != nil {
			return nil, fmt.Errorf("%s can't be read: %w", m.Shown, withoutPath(err))
		}
	}
	f, problems := htpasswd.Parse(data)
	if problems != nil {
		return nil, &UsersError{m.Shown, problems}
	}
	return f, nil
}
