package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// noRoutes finds a document whose http listeners have no route and that does not say so. A file
// that was cut off before its routes is such a one: it would answer every request with 404.
func (v *validator) noRoutes() {
	d := v.doc
	if d.Routes != nil || d.ConfigSync != nil && v.options.Published == nil {
		return // routes come from config-sync
	}
	for i := range d.Listeners {
		if l := &d.Listeners[i]; l.Protocol == ProtocolHTTP {
			v.add("routes", CodeMissing, fmt.Sprintf(
				"there is no route, and listener %s would answer every request with 404",
				text.Quote(l.Name)),
				"add routes, or routes: [] for none on purpose; a file that was cut off has none "+
					"either")
			return
		}
	}
}

func (v *validator) routes() {
	rs := v.doc.Routes
	v.names("routes", "route", len(rs), func(i int) string { return rs[i].Name })
	authenticators := v.authenticators()
	v.httpListeners()
	longest := v.longestRequestLine()
	var methods []string // of all routes
	for i := range rs {
		if v.full() {
			return
		}
		r, at := &rs[i], entry("routes", i)
		v.forEverybody = r.Auth == nil
		v.hosts(r, at)
		v.paths(r, at, longest)
		methods = v.methods(r, at, methods)
		v.target(r, at)
		v.rewrite(r, at)
		v.forEndpoints(r, at)
		v.clients(r, at)
		if r.When != nil {
			v.when(r.When, at)
		}
		v.routeListeners(r, at)
		if r.Retry != nil {
			v.retry(r.Retry, at)
		}
		if r.Headers != nil {
			v.headers(r.Headers, at)
		}
		if len(r.ErrorPages) > 0 {
			v.errorPages(r.ErrorPages, at, false)
		}
		if r.Compress != nil {
			v.compress(r.Compress, at)
		}
		if r.OpenAPI != nil {
			v.openAPI(r, at)
		}
		if r.CORS != nil {
			v.cors(r.CORS, at)
		}
		if len(r.Mirror) > 0 {
			v.mirror(r, at)
		}
		if r.Auth != nil {
			v.routeAuth(r, at, authenticators)
		}
		if len(r.RateLimit) > 0 {
			v.rateLimits(r, at)
		}
		if l := r.Limit; l != nil && l.Adaptive && l.Least > l.Concurrent && l.Concurrent > 0 {
			v.add(at.of("limit.least").String(), CodeConflict, fmt.Sprintf(
				"%d are more than the %d of concurrent", l.Least, l.Concurrent), "")
		}
	}
}

// httpListeners checks that routes can be reached at all.
func (v *validator) httpListeners() {
	ls := v.doc.Listeners
	if len(v.doc.Routes) > 0 && len(ls) > 0 &&
		!slices.ContainsFunc(ls, func(l Listener) bool { return l.Protocol != ProtocolTCP }) {
		v.add("routes", CodeUnreachable,
			"every listener has protocol tcp, so no request reaches a route",
			"add a listener with protocol: http")
	}
}

// longestRequestLine returns the most bytes of a request line that any listener takes.
func (v *validator) longestRequestLine() int {
	longest := 0
	for i := range v.doc.Listeners {
		longest = max(longest, v.doc.Listeners[i].Limits.MaxRequestLineBytes)
	}
	if longest == 0 {
		return 1 << 20
	}
	return longest
}

func (v *validator) hosts(r *Route, at spot) {
	var one [8]string
	seen := one[:0]
	for j, h := range r.Hosts {
		n, err := hostname.Pattern(v.value(h))
		switch {
		case err != nil:
			v.wrong(at.item("hosts", j).String(), CodeHost, h, err, "")
		case strings.HasPrefix(n, "*.") && len(n) > hostname.MaxBytes:
			v.wrong(at.item("hosts", j).String(), CodeUnreachable, h,
				fmt.Errorf(
					"leaves no room for a label before it, since a host has at most %d bytes",
					hostname.MaxBytes), "")
		case slices.Contains(seen[:min(len(seen), 1000)], n):
			v.add(at.item("hosts", j).String(), CodeValue,
				fmt.Sprintf("%s is in this list twice", text.Quote(h)), "remove one")
		default:
			seen = append(seen, n)
		}
	}
}

func (v *validator) prefix(r *Route, at spot, longest int) {
	value := v.value(r.PathPrefix)
	prefix, err := normalPrefix(value, r.escapes())
	var never unreachable
	switch {
	case errors.As(err, &never):
		v.wrong(at.of("path_prefix").String(), CodeUnreachable, r.PathPrefix, err, never.hint)
	case err != nil:
		v.wrong(at.of("path_prefix").String(), CodePrefix, r.PathPrefix, err,
			"write /users to match /users and everything below it")
	case len("GET  HTTP/1.1")+len(prefix) > longest:
		v.wrong(at.of("path_prefix").String(), CodeUnreachable, r.PathPrefix,
			fmt.Errorf("is longer than any listener lets a request line be, which is %d bytes",
				longest), "raise max_request_line_bytes, or shorten it")
	}
}

// unrouted are the methods that the edge answers itself, with the reason.
func unrouted(method string) string {
	switch method {
	case "CONNECT":
		return "is for forward proxies, and the gateway answers it with 501"
	case "TRACE":
		return "would show the fields the gateway adds, and is answered with 405"
	}
	return ""
}

// methods checks the methods of a route. seen is those of the routes before it; it returns it with
// the new ones.
func (v *validator) methods(r *Route, at spot, seen []string) []string {
	const most = 64 // of a routing table
	never := 0
	for j, m := range r.Methods {
		switch {
		case !validToken(m):
			v.add(at.item("methods", j).String(), CodeMethod,
				fmt.Sprintf("%s is not a method", text.Quote(m)), "")
		case m != strings.ToUpper(m):
			v.add(at.item("methods", j).String(), CodeMethod, fmt.Sprintf(
				"the method %s is not in upper case, and methods have a case", text.Quote(m)),
				"write "+strings.ToUpper(m))
		case slices.Contains(r.Methods[:min(j, 100)], m):
			v.add(at.item("methods", j).String(), CodeValue,
				fmt.Sprintf("%s is in this list twice", text.Quote(m)), "remove one")
		case unrouted(m) != "":
			never++
			if len(r.Methods) > 1 {
				v.add(at.item("methods", j).String(), CodeMethod,
					fmt.Sprintf("no route gets %s requests: it %s", m, unrouted(m)), "remove it")
			}
		case !slices.Contains(seen, m) && len(seen) <= most:
			seen = append(seen, m)
			if len(seen) > most {
				v.add(at.item("methods", j).String(), CodeMethod,
					fmt.Sprintf("the routes list more than %d different methods", most),
					"leave methods out to match any")
			}
		}
	}
	if len(r.Methods) == 1 && never == 1 {
		v.add(at.of("methods").String(), CodeUnreachable, fmt.Sprintf(
			"no route gets %s requests: it %s", r.Methods[0], unrouted(r.Methods[0])),
			"remove the route, or leave methods out to match any")
	}
	return seen
}

func (v *validator) retry(r *Retry, at spot) {
	for j, on := range r.On {
		at := text.JoinIndex(at.of("retry.on").String(), j)
		status, err := strconv.Atoi(on)
		switch {
		case on != RetryConnect && on != RetryReset && on != RetryUnavailable &&
			on != RetryExhausted && (err != nil || len(on) != 3 || status < 500 || status > 599):
			v.add(at, CodeValue, fmt.Sprintf("%s is no reason to retry", text.Quote(on)),
				`they are connect, reset, statuses from "500" to "599", `+
					`and for gRPC unavailable and resource-exhausted`)
		case slices.Contains(r.On[:min(j, 102)], on):
			v.add(at, CodeValue, fmt.Sprintf("%s is in this list twice", text.Quote(on)),
				"remove one")
		}
	}
}

// sameRequests finds routes that match the same requests: a host, a prefix and a method in common,
// where listing no method is one of its own, since a route that lists a method wins over one that
// lists none.
func (v *validator) sameRequests() {
	type match struct{ host, path, when string }
	// Most have one route, so that only others need a list of their own.
	first := make(map[match]int32, len(v.doc.Routes))
	more := make(map[match][]int)
	anyHost := []string{"*"}
	for i := range v.doc.Routes {
		if v.full() {
			return
		}
		r := &v.doc.Routes[i]
		path, err := v.matchedPath(r)
		if err != nil || v.damaged != nil && v.damaged[text.JoinIndex("routes", i)] {
			continue
		}
		hosts := r.Hosts
		if len(hosts) == 0 {
			hosts = anyHost
		}
		other, where, when := -1, "", r.When.same()
		for _, h := range hosts {
			host, err := hostname.Pattern(v.value(h))
			if err != nil {
				continue
			}
			m := match{host, path, when}
			one, taken := first[m]
			if !taken {
				first[m] = int32(i)
				continue
			}
			same := -1
			clash := func(j int) bool {
				o := &v.doc.Routes[j]
				return j == i || overlap(r.Methods, o.Methods) && meet(r.Listeners, o.Listeners)
			}
			if clash(int(one)) {
				same = int(one)
			} else if n := slices.IndexFunc(more[m][:min(len(more[m]), mostCompared)],
				clash); n >= 0 {
				same = more[m][n]
			}
			if same < 0 {
				more[m] = append(more[m], i)
			} else if other < 0 && same != i {
				other, where = same, h
			}
		}
		if other < 0 || v.partDamaged(i) || v.partDamaged(other) {
			continue
		}
		line := ""
		if at := v.root.Find(text.JoinIndex("routes", other)); at.Line > 0 {
			line = fmt.Sprintf(" in line %d", at.Line)
		}
		host := "host " + text.Printable(text.Shorten(where))
		if where == "*" {
			host = "any host"
		}
		what := "path prefix " + text.Printable(text.Shorten(firstOf(r.PathPrefix, "/")))
		key := "path_prefix"
		switch {
		case r.Path != "":
			what, key = "path "+text.Printable(text.Shorten(r.Path)), "path"
		case r.PathRegex != "":
			what, key = "path regex "+text.Printable(text.Shorten(r.PathRegex)), "path_regex"
		}
		if r.When != nil {
			what += ", the same conditions"
		}
		v.add(text.JoinIndex("routes", i), CodeDupRoute,
			fmt.Sprintf("it matches the same requests as routes[%d] %s%s: %s, %s", other,
				text.Quote(v.doc.Routes[other].Name), line, host, what),
			"change the hosts, the "+key+" or the methods of one")
	}
}

// mostCompared bounds how many routes of one host and prefix are compared with each other. There
// are at most 64 methods, so more than that many are wrong already.
const mostCompared = 100

// partDamaged says whether what a route matches could not be decoded.
func (v *validator) partDamaged(i int) bool {
	if v.damaged == nil {
		return false
	}
	at := entry("routes", i)
	for _, key := range []string{"hosts", "path", "path_prefix", "path_regex", "methods",
		"listeners", unknownKey} {
		if v.damaged[at.of(key).String()] {
			return true
		}
	}
	for j := range v.doc.Routes[i].Hosts {
		if v.damaged[at.item("hosts", j).String()] {
			return true
		}
	}
	for j := range v.doc.Routes[i].Methods {
		if v.damaged[at.item("methods", j).String()] {
			return true
		}
	}
	return false
}

// matchedPath returns what a route says of the path, different for what differs.
func (v *validator) matchedPath(r *Route) (string, error) {
	switch {
	case r.Path != "":
		return "=" + v.value(r.Path), nil
	case r.PathRegex != "":
		return "~" + v.value(r.PathRegex), nil
	}
	return normalPrefix(v.value(r.PathPrefix), r.escapes())
}

// meet says whether two routes share a listener; a list of none is all.
func meet(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 ||
		slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func overlap(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	for _, m := range a {
		if slices.Contains(b, m) {
			return true
		}
	}
	return false
}
