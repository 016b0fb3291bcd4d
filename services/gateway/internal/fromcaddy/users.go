package fromcaddy

import (
	"encoding/base64"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// basicAuth maps basic_auth, whose users are in a file here. Where none of them can be carried over
// the branch is closed.
func (im *importer) basicAuth(l *line, args []string, b *branch) {
	realm, why := "restricted", ""
	if len(args) > 1 {
		realm = args[1]
	}
	switch {
	case len(args) > 0 && args[0] != "bcrypt" && args[0] != "argon2id":
		why = "passwords are hashed by bcrypt or argon2id here"
	case len(args) > 2 || strings.Contains(realm, "{"):
		why = "its realm is no text that is known"
	case b.mods.Get("auth") != nil:
		why = "a route has one kind of auth, or `any_of` them"
	}
	file := ""
	if why == "" {
		var users []string
		for _, u := range l.block {
			hash := u.arg(0)
			if plain, err := base64.StdEncoding.DecodeString(hash); err == nil &&
				strings.HasPrefix(string(plain), "$2") {
				hash = string(plain) // as Caddy had it before version 2.5
			}
			users = append(users, u.name()+":"+hash)
		}
		file, why = im.draft.UsersFile(l.Place, l.text(), realm, users)
	}
	if why != "" {
		im.draft.LeftOut(l.Place, l.text(), why+"; its routes are closed (`clients: {deny: …}`) "+
			"until you open them")
		shut(b)
		return
	}
	b.mods.Set("auth.basic", im.draft.Auth("basic", realm, draft.Map{
		{Key: "realm", Value: realm}, {Key: "file", Value: file}, {Key: "keep", Value: true},
	}))
}
