package fromtraefik

import (
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// basicAuth maps basicAuth, whose users are in a file here. Where none of them can be carried over
// the route is closed.
func (im *importer) basicAuth(
	name string, v *node, what string, w *work, leave func(string) []*work,
) []*work {
	shut := func(why string) []*work {
		w.closed = true
		return leave(why + "; " + w.what + " is closed (`clients: {deny: …}`) until you open it")
	}
	users := v.get("users").list()
	file, why := "", ""
	switch from := v.get("usersFile").str(); {
	case from != "" && len(users) > 0:
		why = "its users are in a file and in the configuration: put them into one file of " +
			"`auth.basic`"
	case from != "":
		file = im.draft.Path(from, im.dir)
		why = im.draft.Users(file)
	default:
		file, why = im.draft.UsersFile(v.Place, what, name, users)
	}
	if why != "" {
		return shut(why)
	}
	if field := v.get("headerField").str(); field != "" {
		if why := w.request.Set(field, "{auth.subject}"); why != "" {
			im.draft.LeftOut(v.Place, what+" headerField", why)
		}
	}
	basic := draft.Map{
		{Key: "realm", Value: or(v.get("realm").str(), "traefik")}, {Key: "file", Value: file},
	}
	if !v.get("removeHeader").isTrue() {
		basic.Set("keep", true)
	}
	w.mods.Set("auth.basic", im.draft.Auth("basic", name, basic))
	return []*work{w}
}
