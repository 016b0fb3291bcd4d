package fromcaddy

import (
	"net/url"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// forwardAuth maps forward_auth. Where it can't be carried over the branch is closed.
func (im *importer) forwardAuth(l *line, args []string, b *branch) {
	server, why := asked(l, args)
	if why == "" && b.mods.Get("auth") != nil {
		why = "a route asks one server"
	}
	if why != "" {
		im.draft.LeftOut(l.Place, l.text(), why+"; its routes are closed (`clients: {deny: …}`) "+
			"until you open them")
		shut(b)
		return
	}
	im.draft.Differs(l.Place, l.text(), draft.OnlySomePass)
	b.mods.Set("auth.forward", im.draft.Auth("forward", "auth", server))
}

// asked is the server of a forward_auth, or why it can't be one here.
func asked(l *line, args []string) (server draft.Map, why string) {
	if len(args) != 1 || strings.Contains(args[0], "{") {
		return nil, "one server is asked here, at an address that is known"
	}
	to := args[0]
	if !strings.Contains(to, "://") {
		to = "http://" + to
	}
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.Port() == "" && u.Scheme != "https" ||
		u.Scheme != "http" && u.Scheme != "https" {
		return nil, "its address is no URL that can be asked"
	}
	var names []string
	for _, o := range l.block {
		switch o.name() {
		case "uri":
			path, query, _ := strings.Cut(o.arg(0), "?")
			if !strings.HasPrefix(path, "/") || strings.Contains(o.arg(0), "{") {
				return nil, "its uri is no path that is known"
			}
			u.Path, u.RawQuery = path, query
		case "copy_headers":
			names = append(names, o.args()...)
			for _, in := range o.block {
				names = append(names, in.name())
				names = append(names, in.args()...)
			}
		default:
			return nil, "the option " + o.name() + " can't be carried over"
		}
	}
	copied, refused := draft.Copied(names)
	if len(refused) > 0 {
		return nil, "the fields " + strings.Join(refused, ", ") + " can't be copied under the " +
			"same name"
	}
	server = draft.Map{{Key: "url", Value: u.String()}}
	if len(copied) > 0 {
		server.Set("copy", copied)
	}
	return server, ""
}
