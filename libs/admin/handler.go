package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// operation is one method on one path. A path that ends with a slash has one more part, the only
// kind of parameter there is.
type operation struct {
	method string
	path   string
	serve  func(w http.ResponseWriter, r *http.Request, parameter string)
	open   bool // whether it is served without the token
}

// operations are those that the service has the parts for, in the order of openspec/admin.yaml.
func (s *Server) operations() (ops []operation) {
	add := func(has bool, o operation) {
		if has {
			ops = append(ops, o)
		}
	}
	o := &s.options
	add(true, operation{method: http.MethodGet, path: "/healthz", serve: s.healthz, open: true})
	add(true, operation{method: http.MethodGet, path: "/readyz", serve: s.readyz, open: true})
	if o.Probes {
		return ops
	}
	add(o.Failures != nil, operation{method: http.MethodGet, path: "/", serve: s.home})
	add(o.Metrics != nil, operation{method: http.MethodGet, path: "/metrics", serve: s.metrics})
	ownStatus := slices.ContainsFunc(o.Views, func(v View) bool { return v.Path == "/status" })
	add(!ownStatus, operation{method: http.MethodGet, path: "/status", serve: s.status})
	add(o.Config != nil, operation{method: http.MethodGet, path: "/config", serve: s.config})
	add(o.Catalog != nil, operation{method: http.MethodGet, path: "/catalog", serve: s.catalog})
	add(o.Why != nil, operation{method: http.MethodGet, path: "/why/", serve: s.why})
	add(o.Mirrors != nil, operation{method: http.MethodGet, path: "/mirrors", serve: s.mirrors})
	add(o.Reload != nil, operation{method: http.MethodPost, path: "/reload", serve: s.reload})
	add(o.Rollback != nil, operation{method: http.MethodPost, path: "/rollback", serve: s.rollback})
	add(o.Upgrade != nil, operation{method: http.MethodPost, path: "/upgrade", serve: s.upgrade})
	add(o.Drain != nil, operation{method: http.MethodPost, path: "/drain", serve: s.startDrain})
	for _, v := range o.Views {
		add(true, operation{
			method: http.MethodGet, path: v.Path,
			serve: func(w http.ResponseWriter, r *http.Request, _ string) { v.Serve(w, r) },
		})
	}
	return ops
}

// Handler returns the API without its server, for tests and for a service that has a server
// already.
//
// It does not use http.ServeMux, which answers an unknown path in plain text and one with dots by
// redirecting.
func (s *Server) Handler() http.Handler {
	ops := s.operations()
	var names, open []string
	for _, o := range ops {
		names = append(names, o.String())
		if o.open {
			open = append(open, o.path)
		}
	}
	nothing := "nothing is at this path; there is " + strings.Join(names, ", ")
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o, parameter := find(ops, r.URL.Path)
		switch {
		case o == nil:
			fail(w, gwerr.NoRoute, nothing)
		case r.Method == o.method || r.Method == http.MethodHead && o.method == http.MethodGet:
			s.audit(w, r)
			o.serve(w, r, parameter)
		default:
			allow := o.method
			if allow == http.MethodGet {
				allow = "GET, HEAD"
			}
			w.Header().Set("Allow", allow)
			fail(w, gwerr.MethodNotAllowed, "this path takes "+allow+" only")
		}
	})
	h = sameOrigin(h)
	switch {
	case s.options.Probes: // orchestrators ask by any name
	case s.options.Token == "":
		h = ownHost(h)
	default:
		h = s.authenticated(open, h)
	}
	return s.identified(s.recovered(crowded(h)))
}

// find returns the operation at a path with its parameter, nil if there is none. The path is taken
// as it is: dots in it are no way to anywhere.
func find(ops []operation, path string) (o *operation, parameter string) {
	for i := range ops {
		o := &ops[i]
		if o.path == "/" || !strings.HasSuffix(o.path, "/") {
			if path == o.path {
				return o, ""
			}
		} else if rest, ok := strings.CutPrefix(path, o.path); ok && rest != "" {
			return o, rest
		}
	}
	return nil, ""
}

func (o operation) String() string {
	if o.path != "/" && strings.HasSuffix(o.path, "/") {
		return o.method + " " + o.path + "{id}"
	}
	return o.method + " " + o.path
}
