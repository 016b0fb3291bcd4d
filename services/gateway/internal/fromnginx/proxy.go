package fromnginx

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// proxy maps a location that goes to endpoints into the keys of the route.
func (im *importer) proxy(sv *server, s *scope, d *directive, r *route) {
	url, known := sv.constant(d.arg(0))
	if known {
		im.proxyTo(sv, s, d, url, r)
		return
	}
	// http://$backend, or $backend, whose values a map has.
	scheme, variable := "", url
	if before, after, ok := strings.Cut(url, "://"); ok {
		scheme, variable = before+"://", after
	}
	variable, rest, _ := strings.Cut(strings.TrimPrefix(variable, "$"), "$")
	if strings.ContainsAny(variable, "/:.{") || rest != "" && rest != "request_uri" {
		r.keys = im.none(d, "its address has variables")
		return
	}
	all, why := im.variants(sv, variable)
	if why != "" {
		r.keys = im.none(d, why)
		return
	}
	rest = ""
	for _, v := range all {
		one := *r
		one.keys = r.keys.Clone()
		if v.hosts == nil && v.when == nil {
			im.proxyTo(sv, s, d, scheme+v.value, r)
			continue
		}
		one.hosts, one.when = v.hosts, v.when
		if im.proxyTo(sv, s, d, scheme+v.value, &one); one.keys.Get("cluster") != nil {
			im.put(sv, &one, s, d, nil)
		}
	}
	if r.keys.Get("cluster") == nil {
		r.keys = im.none(d, "the map has no default")
	}
}

// proxyTo maps a location that goes to the endpoints of one URL.
func (im *importer) proxyTo(sv *server, s *scope, d *directive, url string, r *route) {
	secure, grpc := false, d.name == "grpc_pass"
	rest := url
	if scheme, after, ok := strings.Cut(url, "://"); ok {
		rest = after
		secure = scheme == "https" || scheme == "grpcs"
	} else if !grpc {
		r.keys = im.none(d, "its address has no scheme")
		return
	}
	host, path := rest, ""
	if address, ok := strings.CutPrefix(rest, "unix:"); ok {
		address, path, _ = strings.Cut(address, ":")
		host = "unix:" + address
	} else if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	cluster, why := im.cluster(s, host, secure, grpc)
	if why != "" {
		r.keys = im.none(d, why)
		return
	}
	r.keys.Set("cluster", cluster)
	if path != "" {
		im.replacePath(d, path, r)
	}
	sv.asked = im.asks(sv, s)
	im.settings(s, &r.keys)
	asHost := host
	if strings.HasPrefix(host, "unix:") {
		asHost = "localhost"
	}
	fields := "proxy_set_header"
	if grpc {
		fields = "grpc_set_header"
	}
	tunnel := im.requestFields(sv, s, fields, asHost, &r.keys)
	if t, ok := im.time(s, "proxy_read_timeout"); ok && tunnel {
		r.keys.Set("timeouts.idle", t)
	}
	im.access(s, &r.keys)
	im.passwords(sv, s, &r.keys)
}

// replacePath maps the path of proxy_pass, which takes the place of what the location matches.
func (im *importer) replacePath(d *directive, path string, r *route) {
	prefix := r.prefix
	switch {
	case r.regex != "":
		im.draft.LeftOut(d.Place, d.text(), "a location with an expression keeps its paths")
		return
	case r.path != "" && r.path == path:
		return
	case r.path != "":
		r.prefix, r.path = r.path, ""
		im.draft.Differs(d.Place, d.text(), "it is for what is below "+r.prefix+
			" too, since only the beginning of paths can be replaced")
	case prefix == "" && path == "/":
		return
	case prefix == "":
		r.prefix = "/"
		if !strings.HasSuffix(path, "/") {
			im.draft.Differs(d.Place, d.text(), "a slash is put behind "+path)
		}
	case strings.HasSuffix(prefix, "/") && !strings.HasSuffix(path, "/"):
		im.draft.Differs(d.Place, d.text(), "a slash is put behind "+path)
	case !strings.HasSuffix(prefix, "/") && strings.HasSuffix(path, "/"):
		im.draft.Differs(d.Place, d.text(), "nginx makes doubled slashes of what is below "+prefix+
			", here they are single ones")
	}
	im.replace(d, path, r)
}

// settings maps what counts for a route.
func (im *importer) settings(s *scope, keys *draft.Map) {
	if d := s.find("client_max_body_size"); d != nil {
		if n, ok := size(d.arg(0)); ok {
			keys.Set("max_body_bytes", n)
		} else {
			im.draft.LeftOut(d.Place, d.text(), "it is no size")
		}
	}
	read, ok := im.time(s, "proxy_read_timeout")
	if !ok {
		read, ok = im.time(s, "grpc_read_timeout")
	}
	if ok {
		keys.Set("timeouts.request", read)
		keys.Set("timeouts.body_idle", read)
	}
	if s.value("merge_slashes") == "off" {
		keys.Set("path_normalization.merge_slashes", false)
	}
	im.retry(s, keys)
	im.errorPages(s, keys)
	im.compress(s, keys)
	im.mirror(s, keys)
	im.limits(s, keys)
}

// retry maps proxy_next_upstream.
func (im *importer) retry(s *scope, keys *draft.Map) {
	d := s.find("proxy_next_upstream")
	tries := 0
	if t := s.find("proxy_next_upstream_tries"); t != nil {
		tries, _ = strconv.Atoi(t.arg(0))
	}
	if d == nil && tries == 0 {
		return
	}
	if d != nil && slices.Contains(d.args, "off") || tries == 1 {
		keys.Set("retry.attempts", 1)
		return
	}
	on := []string{"connect", "reset"}
	if d != nil {
		for _, a := range d.args {
			switch status, http := strings.CutPrefix(a, "http_"); {
			case http && strings.HasPrefix(status, "5"):
				on = append(on, status)
			case a == "error", a == "timeout", a == "non_idempotent":
			default:
				im.draft.LeftOut(d.Place, d.name+" "+a, "it is no reason to retry here")
			}
		}
	}
	if tries > 1 && tries <= 10 {
		keys.Set("retry.attempts", tries)
	}
	keys.Set("retry.on", on)
}

// errorPages maps error_page, where the page is a file that is here.
func (im *importer) errorPages(s *scope, keys *draft.Map) {
	var pages []draft.Map
	for _, d := range s.all("error_page") {
		if len(d.args) < 2 {
			continue
		}
		uri := d.args[len(d.args)-1]
		statuses := d.args[:len(d.args)-1]
		bad := slices.IndexFunc(statuses, func(c string) bool {
			n, err := strconv.Atoi(c)
			return err != nil || n < 400 || n > 599
		})
		if s.find("auth_request") != nil && slices.ContainsFunc(statuses, func(c string) bool {
			return c == "401" || c == "403"
		}) {
			im.draft.LeftOut(d.Place, d.text(), "what the server of `auth.forward` refuses goes "+
				"to the client as it answers: have that server redirect to its page for signing in")
			continue
		}
		if bad >= 0 || !strings.HasPrefix(uri, "/") || strings.ContainsAny(uri, "$?") {
			im.draft.LeftOut(d.Place, d.text(), "an error page is a file for statuses from 400 to "+
				"599, and keeps the status")
			continue
		}
		file := im.draft.Path(im.root(s, uri)+uri, im.dir)
		if !draft.FileExists(im.draft.On(file)) {
			im.draft.LeftOut(d.Place, d.text(), "the page is no file that is on this machine")
			continue
		}
		from := "gateway"
		if s.value("proxy_intercept_errors") == "on" {
			from = "both"
		}
		pages = append(pages, draft.Map{
			{Key: "on", Value: statuses}, {Key: "from", Value: from}, {Key: "file", Value: file},
		})
		im.draft.Differs(d.Place, d.text(), "people see the page, clients that do not ask for "+
			"text/html get JSON")
	}
	if len(pages) > 0 {
		keys.Set("error_pages", pages)
	}
}

// root is the folder that a location for a path takes files from.
func (im *importer) root(s *scope, uri string) string {
	top := s
	for ; top.up != nil; top = top.up {
		for _, d := range named(top.list, "location") {
			if d.last() == uri || d.arg(0) == uri {
				for _, r := range named(d.block, "root") {
					return r.arg(0)
				}
			}
		}
	}
	return cmpOr(s.value("root"), "html")
}

// compress maps gzip.
func (im *importer) compress(s *scope, keys *draft.Map) {
	d := s.find("gzip")
	if d == nil || d.arg(0) != "on" {
		return
	}
	if !draft.Has(draft.Compress) {
		im.draft.LeftOut(d.Place, d.text(), draft.Missing(draft.Compress))
		return
	}
	keys.Set("compress.algorithms", []string{"gzip"})
	if m := s.find("gzip_min_length"); m != nil {
		if n, ok := size(m.arg(0)); ok {
			keys.Set("compress.min_bytes", n)
		}
	}
	types := []string{"text/html"}
	if t := s.find("gzip_types"); t != nil {
		for _, a := range t.args {
			if a == "*" {
				a = "*/*"
			}
			if !slices.Contains(types, a) {
				types = append(types, a)
			}
		}
	}
	keys.Set("compress.types", types)
}

// mostMirrored is how long a body of a request is at most in nginx, unless it is told otherwise.
const mostMirrored = 1 << 20

// mirror maps mirror, whose location has to go to endpoints.
func (im *importer) mirror(s *scope, keys *draft.Map) {
	d := s.find("mirror")
	if d == nil || d.arg(0) == "off" {
		return
	}
	if !draft.Has(draft.Mirror) {
		im.draft.LeftOut(d.Place, d.text(), draft.Missing(draft.Mirror))
		return
	}
	for top := s; top != nil; top = top.up {
		for _, l := range named(top.list, "location") {
			if l.last() != d.arg(0) {
				continue
			}
			inner := &scope{top, l.block}
			url := inner.value("proxy_pass")
			scheme, rest, _ := strings.Cut(strings.TrimSuffix(url, "$request_uri"), "://")
			host, _, _ := strings.Cut(rest, "/")
			im.skipped[l] = true
			cluster, why := im.cluster(inner, host, scheme == "https", false)
			if why != "" {
				continue
			}
			keys.Set("mirror.cluster", cluster)
			body := mostMirrored
			if s.value("mirror_request_body") == "off" {
				body = 0
			}
			keys.Set("mirror.max_body_bytes", body)
			return
		}
	}
	im.draft.LeftOut(d.Place, d.text(), "its location goes to no address that can be carried over")
}
