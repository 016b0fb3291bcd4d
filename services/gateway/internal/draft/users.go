package draft

import (
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/htpasswd"
)

// mostUsers bounds a file of users, in bytes.
const mostUsers = 4 << 20

// Users says why a file of users with passwords can't be used here, "" where it can. path is one
// that Path has made.
func (d *Draft) Users(path string) (why string) {
	data, err := files.Read(d.On(path), mostUsers)
	if err != nil {
		return "its file can't be read here"
	}
	found, problems := htpasswd.Parse(data)
	if len(problems) > 0 || found == nil {
		return "its file has passwords that are not hashed by bcrypt or argon2id"
	}
	return ""
}

// A File is one that goes beside the configuration, for what other products have in theirs and this
// one reads from a file.
type File struct {
	// Name is that of the file, without a folder.
	Name string
	// Text is what is in it, which may be secret.
	Text string
}

// Files are those that go beside the configuration.
func (d *Draft) Files() []File { return d.files }

// UsersFile puts users into a file beside the configuration, each as NAME:HASH, and returns its
// name. Users whose hashes are not taken are left out, and told of; where none is left why says so,
// and there is no file.
func (d *Draft) UsersFile(at Place, what, hint string, users []string) (name, why string) {
	var kept []string
	var lost []string
	for _, u := range users {
		user, _, ok := strings.Cut(u, ":")
		if !ok {
			user = "one without a name"
		}
		found, problems := htpasswd.Parse([]byte(u + "\n"))
		if strings.ContainsAny(u, "\r\n") || found == nil || len(problems) > 0 || found.Len() != 1 {
			lost = append(lost, user)
		} else {
			kept = append(kept, u)
		}
	}
	text := strings.Join(kept, "\n") + "\n"
	if _, problems := htpasswd.Parse([]byte(text)); len(kept) == 0 || len(problems) > 0 {
		return "", "none of its users has a password that is hashed by bcrypt or " +
			"argon2id: give them passwords anew, as with htpasswd -B, in a file of `auth.basic`"
	}
	if len(lost) > 0 {
		if len(lost) > 10 {
			lost = append(lost[:10], fmt.Sprintf("and %d more", len(lost)-10))
		}
		d.LeftOut(at, what+": "+strings.Join(lost, ", "), "their passwords are not hashed by "+
			"bcrypt or argon2id; the others can sign in")
	}
	for _, f := range d.files {
		if f.Text == text {
			return f.Name, ""
		}
	}
	name = d.Name("file", hint) + ".htpasswd"
	d.files = append(d.files, File{name, text})
	d.Differs(at, what, "its users are in "+name+" now, which -o writes beside the configuration")
	return name, ""
}
