package fromnginx

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// asked is what auth_request makes of a location.
type asked struct {
	// by is the directive, nil where no server is asked.
	by *directive
	// name is that of the server in auth.forward.
	name string
	// why says why there is none.
	why string
	// answers are the variables of auth_request_set, with the field of the answer that each is.
	answers map[string]string
}

// asks maps auth_request, and the location that it leads to, whose requests the server gets.
func (im *importer) asks(sv *server, s *scope) (a asked) {
	d := s.find("auth_request")
	if d == nil || d.arg(0) == "off" {
		return a
	}
	a.by, a.answers = d, map[string]string{}
	for _, set := range s.all("auth_request_set") {
		field, ok := strings.CutPrefix(set.arg(1), "$upstream_http_")
		if ok && !strings.ContainsAny(field, "$ ") && field != "" {
			a.answers[strings.TrimPrefix(set.arg(0), "$")] =
				http.CanonicalHeaderKey(strings.ReplaceAll(field, "_", "-"))
		} else {
			im.draft.LeftOut(set.Place, set.name, "only fields of the server's answer "+
				"($upstream_http_…) can be carried over")
		}
	}
	at := im.locationOf(sv, d.arg(0))
	if at == nil {
		a.why = "no location of its server is for " + d.arg(0)
		return a
	}
	server, why := im.authServer(sv, at, d.arg(0))
	if why != "" {
		a.why = why
		return a
	}
	copied, refused := draft.Copied(wanted(s, "proxy_set_header", a.answers))
	if len(refused) > 0 {
		a.why = "the fields " + strings.Join(refused, ", ") + " can't be copied"
		return a
	}
	if len(copied) > 0 {
		server.Set("copy", copied)
	}
	if toClient := wanted(s, "add_header", a.answers); len(toClient) > 0 {
		server.Set("copy_to_client", toClient)
	}
	a.name = im.draft.Auth("forward", "auth", server)
	return a
}

// wanted are the fields of an answer that a directive makes fields of.
func wanted(s *scope, name string, answers map[string]string) (fields []string) {
	for _, d := range s.all(name) {
		for _, p := range pieces(d.arg(1)) {
			if f := answers[p.variable]; f != "" && !slices.Contains(fields, f) {
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// takes says that a field is the one of the same name of the server's answer, so that copying is
// all that it needs.
func (a *asked) takes(d *directive) bool {
	field := a.answers[strings.TrimPrefix(d.arg(1), "$")]
	return a.name != "" && strings.HasPrefix(d.arg(1), "$") && strings.EqualFold(field, d.arg(0))
}

// locationOf finds the location of a server that a subrequest goes to.
func (im *importer) locationOf(sv *server, uri string) (best *location) {
	path, _, _ := strings.Cut(uri, "?")
	for _, l := range im.flatten(sv.scope, "") {
		switch {
		case l.sign == "=" && l.path == path:
			return l
		case (l.sign == "" || l.sign == "^~") && strings.HasPrefix(path, l.path) &&
			(best == nil || len(l.path) > len(best.path)):
			best = l
		}
	}
	return best
}

// authServer is the entry of auth.forward for a location, or why there is none.
func (im *importer) authServer(
	sv *server, at *location, uri string,
) (server draft.Map, why string) {
	pass := at.scope.find("proxy_pass")
	if pass == nil || !slices.Contains(at.scope.list, pass) {
		return nil, "its location asks no server by proxy_pass"
	}
	to, known := sv.constant(pass.arg(0))
	scheme, rest, ok := strings.Cut(to, "://")
	if !known || !ok || strings.HasPrefix(rest, "unix:") {
		return nil, "the address of its server has variables, or is none of TCP"
	}
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	if path == "" {
		path = uri
	} else if at.sign != "=" {
		path += strings.TrimPrefix(uri, at.path)
	}
	port := "80"
	if scheme == "https" {
		port = "443"
	}
	if host, why = im.single(host, port); why != "" {
		return nil, why
	}
	u, err := url.Parse(scheme + "://" + host + path)
	if err != nil || scheme != "http" && scheme != "https" {
		return nil, "the address of its server is no URL that can be asked"
	}
	server = draft.Map{{Key: "url", Value: u.String()}}
	more, why := im.told(at)
	if why != "" {
		return nil, why
	}
	if len(more) > 0 {
		server.Set("pass", append([]string{"Accept", "Authorization", "Cookie", "User-Agent",
			"X-Requested-With"}, more...))
	}
	im.draft.Differs(pass.Place, pass.text(), draft.OnlySomePass)
	if scheme == "https" {
		im.draft.Differs(pass.Place, pass.text(), "the server's certificate is verified, by the "+
			"system's authorities or by `auth.forward[].security`")
	}
	return server, ""
}

// single is the address of a server, or of the only one of an upstream.
func (im *importer) single(host, port string) (address, why string) {
	if u := im.upstreams[host]; u != nil {
		all := named(u.block, "server")
		if len(all) != 1 {
			return "", "one server is asked here, and its upstream has several"
		}
		host, port = all[0].arg(0), "80"
	}
	if strings.HasPrefix(host, "unix:") {
		return "", "its server is at a unix socket, and one of TCP is asked here"
	}
	return endpoint(host, port)
}

// told looks at the fields that the server gets in nginx: more are those of clients that it is to
// get beside the usual ones. A field that changes what is asked can't be left out.
func (im *importer) told(at *location) (more []string, why string) {
	for _, d := range at.scope.all("proxy_set_header") {
		field := http.CanonicalHeaderKey(d.arg(0))
		switch field {
		case "X-Original-Uri", "X-Original-Url", "X-Original-Method", "X-Forwarded-For",
			"X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri", "X-Forwarded-Port",
			"X-Forwarded-Method", "X-Request-Id", "Cookie", "Authorization", "Accept",
			"User-Agent", "X-Requested-With", "Content-Length", "Connection", "Upgrade":
			continue
		case "Host", "X-Real-Ip", "X-Scheme", "X-Forwarded-Server", "X-Original-Host",
			"X-Host", "X-Auth-Request-Redirect":
			im.draft.Differs(d.Place, d.text(), "the server finds it in `X-Forwarded-…` and "+
				"`X-Original-…`, as docs/forward-auth.md has them")
			continue
		}
		if d.arg(1) == "" {
			continue
		}
		if strings.EqualFold(d.arg(1), "$http_"+strings.ReplaceAll(field, "-", "_")) {
			more = append(more, field)
			continue
		}
		return nil, "its server gets the field " + d.arg(0) + ", which `auth.forward` can't send"
	}
	return more, ""
}
