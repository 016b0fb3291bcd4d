package fromnginx

import (
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// server is one server block of http.
type server struct {
	scope *scope
	from  *directive
	names []string // hosts as this gateway writes them
	on    []*listener
	vars  map[string]string // by set, constant ones
	// asked is what auth_request says of the location that is at hand
	asked asked
	// catch-all of the server: its space, after conditions have taken their part
	space space
}

// space is the requests of a server: hosts (nil: any) at listeners.
type space struct {
	hosts []string
	on    []*listener
}

func (sv *server) set(variable, value string) {
	if sv.vars == nil {
		sv.vars = map[string]string{}
	}
	if name := strings.TrimPrefix(variable, "$"); name != "" {
		sv.vars[name] = value
	}
}

// firstName is what $server_name is.
func (sv *server) firstName() string {
	if d := sv.scope.find("server_name"); d != nil && !strings.ContainsAny(d.arg(0), "~*") {
		return strings.TrimPrefix(d.arg(0), ".")
	}
	return ""
}

// serverNames returns the names of a server as hosts. A name that no client sends is none.
func (im *importer) serverNames(s *scope) (hosts []string) {
	for _, d := range named(s.list, "server_name") {
		for _, n := range d.args {
			var all []string
			switch {
			case n == "" || n == "_" || n == "*" || n == "-" || n == "__":
				continue
			case strings.HasPrefix(n, "~"):
				im.draft.LeftOut(d.Place, "server_name "+n,
					"hosts are exact or *.example.com here, and no expressions")
				continue
			case strings.HasSuffix(n, ".*"):
				im.draft.LeftOut(d.Place, "server_name "+n, "a * has to be the first label here")
				continue
			case strings.HasPrefix(n, "."):
				all = []string{n[1:], "*" + n}
			default:
				all = []string{n}
			}
			for _, h := range all {
				if _, err := hostname.Pattern(h); err != nil {
					im.draft.LeftOut(d.Place, "server_name "+h, "it "+err.Error())
				} else if h = strings.ToLower(h); !slices.Contains(hosts, h) {
					hosts = append(hosts, h)
				}
			}
		}
	}
	return hosts
}

// listenerNames returns the names of listeners for a route, nil for all that there are.
func (im *importer) listenerNames(on []*listener) []string {
	if len(on) == len(im.listeners) {
		return nil
	}
	var all []string
	for _, l := range on {
		all = append(all, l.name)
	}
	return all
}

// spaces returns which requests are a server's: those for its names, and at the listeners where it
// is the default, those for names that no server has.
func (im *importer) spaces(sv *server) (all []space) {
	var always, only []*listener
	alone := true
	for _, l := range sv.on {
		only = append(only, l)
		if l.byDefault == sv {
			always = append(always, l)
		}
		alone = alone && len(l.servers) == 1
	}
	switch {
	case len(only) == 0:
	case len(always) == len(only) && alone:
		all = append(all, space{nil, only})
	case len(always) == len(only) && len(sv.names) == 0:
		all = append(all, space{nil, only})
	case len(always) == len(only):
		all = append(all, space{append(slices.Clone(sv.names), "*"), only})
	default:
		if len(sv.names) > 0 {
			all = append(all, space{slices.Clone(sv.names), only})
		}
		if len(always) > 0 {
			all = append(all, space{nil, always})
		}
	}
	return all
}

// server puts the routes of a server into the draft.
func (im *importer) server(sv *server) {
	all := im.spaces(sv)
	if len(all) == 0 {
		im.draft.LeftOut(sv.from.Place, "server", "no request reaches it")
		im.skipped[sv.from] = true
		return
	}
	for _, sp := range all {
		sv.space = sp
		im.serverIn(sv)
	}
}

func (im *importer) serverIn(sv *server) {
	name := "any"
	if len(sv.names) > 0 {
		name = sv.names[0]
	}
	base := &route{hint: name, from: sv.from}
	var conditional []*route
	for _, d := range sv.scope.list {
		switch d.name {
		case "return":
			keys := im.returns(sv, sv.scope, d, nil)
			base.keys = keys
			im.put(sv, base, sv.scope, d, nil)
			for _, c := range conditional {
				im.put(sv, c, sv.scope, c.from, c.own)
			}
			im.skip(sv.scope.list, "location")
			return
		case "rewrite":
			if im.rewrites(sv, sv.scope, d, base) {
				im.skip(sv.scope.list, "location")
				return
			}
		case "if":
			if c := im.condition(sv, sv.scope, d); c != nil {
				if c.hosts != nil || c.on != nil {
					c.hint = name
					im.put(sv, c, sv.scope, d, d.block)
					im.carve(sv, c)
					continue
				}
				conditional = append(conditional, c)
			}
		}
		if sv.space.hosts != nil && len(sv.space.hosts) == 0 || len(sv.space.on) == 0 {
			return // conditions have taken all of it
		}
	}
	im.locations(sv, name, conditional)
}

// carve takes what a condition has for itself out of the space of the server.
func (im *importer) carve(sv *server, c *route) {
	if c.hosts != nil && sv.space.hosts != nil {
		sv.space.hosts = slices.DeleteFunc(slices.Clone(sv.space.hosts), func(h string) bool {
			return slices.Contains(c.hosts, h)
		})
	}
	if c.on != nil {
		sv.space.on = slices.DeleteFunc(slices.Clone(sv.space.on), func(l *listener) bool {
			return slices.Contains(c.on, l)
		})
	}
}

// skip says nothing of the blocks of a kind, whose requests something else has.
func (im *importer) skip(list []*directive, name string) {
	for _, d := range named(list, name) {
		im.skipped[d] = true
	}
}

// A route is one in the making.
type route struct {
	hint    string
	from    *directive
	hosts   []string    // nil: those of the server's space
	on      []*listener // nil: those of the server's space
	path    string
	prefix  string
	regex   string
	methods []string
	when    draft.Map
	keys    draft.Map
	own     []*directive // the block that answers
}

// put puts a route into the draft. s is the scope whose settings count.
func (im *importer) put(sv *server, r *route, s *scope, from *directive, own []*directive) {
	hosts, on := sv.space.hosts, sv.space.on
	if r.hosts != nil {
		hosts = r.hosts
	}
	if r.on != nil {
		on = r.on
	}
	hint := r.hint
	for _, part := range []string{r.path, r.prefix, r.regex} {
		if part != "" && part != "/" {
			hint += "-" + part
		}
	}
	if len(r.when) > 0 || len(r.methods) > 0 {
		hint += "-if"
	}
	var keys draft.Map
	if len(hosts) > 0 {
		keys.Put("hosts", hosts)
	}
	if names := im.listenerNames(on); names != nil {
		keys.Put("listeners", names)
	}
	switch {
	case r.path != "":
		keys.Put("path", r.path)
	case r.prefix != "":
		keys.Put("path_prefix", r.prefix)
	case r.regex != "":
		keys.Put("path_regex", r.regex)
	}
	if len(r.methods) > 0 {
		keys.Put("methods", r.methods)
	}
	if len(r.when) > 0 {
		keys.Put("when", r.when)
	}
	for _, p := range r.keys.Clone() {
		keys.Put(p.Key, p.Value)
	}
	im.responseFields(sv, s, own, &keys)
	im.draft.Routes = append(im.draft.Routes, &draft.Object{
		Name: im.draft.Name("route", hint), From: from.Place, What: from.text(), Keys: keys,
	})
}
