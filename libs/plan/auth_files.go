package plan

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth/apikey"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth/basic"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// basicUsers makes the authenticator of an entry of auth.basic. Where its file can't be used, the
// users stay that were read from it before.
func (p *Plan) basicUsers(before *Plan, doc *config.Document, c *config.BasicUsers) {
	ref := config.AuthRef{Kind: config.AuthBasic, Name: c.Name}
	users, err := doc.Users(c)
	if err != nil {
		last, ok := before.authenticator(ref).(*basic.Authenticator)
		if ok && last.File() == c.File {
			users = last.Users()
		}
		p.unreadable(ref, err, users != nil, "users")
	}
	shown := *c
	shown.Realm = doc.Secret(c.Realm)
	p.auth[ref] = basic.New(&shown, users, p.Passwords)
}

// apiKeys makes the authenticator of an entry of auth.api_keys. Where its file can't be used, the
// keys stay that were read from it before.
func (p *Plan) apiKeys(before *Plan, doc *config.Document, c *config.APIKeys) {
	ref := config.AuthRef{Kind: config.AuthAPIKey, Name: c.Name}
	keys, err := doc.Keys(c)
	usable := err == nil
	if err != nil {
		last, ok := before.authenticator(ref).(*apikey.Authenticator)
		if ok && last.File() == c.File {
			keys, usable = last.Keys()
		}
		p.unreadable(ref, err, usable, "keys")
	}
	shown := *c
	shown.In = doc.Secret(c.In)
	p.auth[ref] = apikey.New(&shown, keys, usable)
}

// unreadable notes that the file of an authenticator can't be used.
func (p *Plan) unreadable(ref config.AuthRef, err error, stay bool, what string) {
	n := tlsconf.Note{LeftOut: true, Text: err.Error() + "; requests that need it are answered " +
		"with 503"}
	if stay {
		n = tlsconf.Note{Text: err.Error() + "; the " + what + " that were read before stay"}
	}
	p.note(fmt.Sprintf("%s %q", ref.List(), ref.Name), []tlsconf.Note{n})
}
