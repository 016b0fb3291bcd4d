package fromtraefik

import (
	"net/url"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// forwardAuth maps forwardAuth. Where it can't be carried over the route is closed.
func (im *importer) forwardAuth(
	name string, v *node, what string, w *work, leave func(string) []*work,
) []*work {
	shut := func(why string) []*work {
		w.closed = true
		return leave(why + "; " + w.what + " is closed (`clients: {deny: …}`) until you open it")
	}
	address, err := url.Parse(v.get("address").str())
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return shut("its address is no URL that can be asked")
	}
	server := draft.Map{{Key: "url", Value: address.String()}}
	for _, key := range []string{"forwardBody", "preserveRequestMethod"} {
		if v.get(key).isTrue() {
			return shut("the server is asked by GET, without a body")
		}
	}
	if tls := v.get("tls"); tls != nil {
		if tls.get("insecureSkipVerify").isTrue() {
			return shut("a server that nobody verifies could be anybody: name its authority in " +
				"`auth.forward[].security.ca`")
		}
		return shut("its tls is `auth.forward[].security` here, to be written by hand")
	}
	if v.get("authResponseHeadersRegex") != nil {
		return shut("the fields that are copied are named one by one here: `auth.forward[].copy`")
	}
	copied, refused := draft.Copied(v.get("authResponseHeaders").list())
	if len(refused) > 0 {
		return shut("the fields " + strings.Join(refused, ", ") + " can't be copied")
	}
	if pass := v.get("authRequestHeaders").list(); len(pass) > 0 {
		server.Set("pass", pass)
	} else {
		im.draft.Differs(v.Place, what, draft.OnlySomePass)
	}
	if len(copied) > 0 {
		server.Set("copy", copied)
	}
	if cookies := v.get("addAuthCookiesToResponse").list(); len(cookies) > 0 {
		server.Set("copy_to_client", []string{"Set-Cookie"})
	}
	w.mods.Set("auth.forward", im.draft.Auth("forward", name, server))
	return []*work{w}
}
