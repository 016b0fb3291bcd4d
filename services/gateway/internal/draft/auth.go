package draft

import (
	"reflect"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/htpasswd"
)

// Auth adds an entry to a list of auth, such as forward, and returns its name, which begins with a
// text. One that is equal to another is there once.
func (d *Draft) Auth(list, text string, entry Map) (name string) {
	auth, _ := d.Top.Get("auth").(Map)
	all, _ := auth.Get(list).([]Map)
	for _, m := range all {
		if reflect.DeepEqual(m[1:], entry) {
			return m[0].Value.(string)
		}
	}
	name = d.Name("auth."+list, text)
	auth = auth.Clone()
	auth.Put(list, append(all[:len(all):len(all)], append(Map{{"name", name}}, entry...)))
	d.Top.Put("auth", auth)
	return name
}

// OnlySomePass says how a server of auth.forward differs from those of others.
const OnlySomePass = "the server is told the fields of `auth.forward[].pass` (Accept, " +
	"Authorization, Cookie, User-Agent and X-Requested-With), and not all that the client sends"

// Copied are the names of fields that a server's answer may bring to endpoints, and those that it
// may not.
func Copied(names []string) (copied, refused []string) {
	for _, n := range names {
		lower := strings.ToLower(n)
		if lower == "host" || config.FieldName(lower, true, config.EditSet) != "" {
			refused = append(refused, n)
		} else {
			copied = append(copied, n)
		}
	}
	return copied, refused
}

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
