package fromnginx

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// test is the condition of an if, taken apart.
type test struct{ variable, sign, value string }

func testOf(d *directive) (t test, ok bool) {
	text := strings.TrimSpace(strings.Join(d.args, " "))
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text, "("), ")"))
	found := regexp.MustCompile(`^\$\{?(\w+)\}?\s*(!=|!~\*|!~|=|~\*|~)?\s*(.*)$`).
		FindStringSubmatch(text)
	if found == nil || found[2] == "" && found[3] != "" {
		return t, false
	}
	return test{found[1], found[2], found[3]}, true
}

// condition maps an if that answers: one return, or a rewrite to another URL. It returns nil for
// those that can't be carried over.
func (im *importer) condition(sv *server, s *scope, d *directive) *route {
	t, ok := testOf(d)
	if !ok {
		im.leave(d, "only comparisons of a variable can be carried over")
		return nil
	}
	r := &route{from: d, own: d.block}
	if why := im.conditions(sv, t, r); why != "" {
		im.leave(d, why)
		return nil
	}
	answer := slices.IndexFunc(d.block, func(b *directive) bool {
		return b.name == "return" || b.name == "rewrite"
	})
	others := slices.ContainsFunc(d.block, func(b *directive) bool {
		return b.name != "return" && b.name != "rewrite" && b.name != "add_header" &&
			b.name != "break"
	})
	if answer < 0 || others {
		im.leave(d, "only an `if` with a return or a redirect can be carried over")
		return nil
	}
	b := d.block[answer]
	if b.name == "return" {
		r.keys = im.returns(sv, &scope{s, d.block}, b, nil)
		return r
	}
	w, ok := read(b.arg(0), b.arg(1))
	if !ok || !w.all || !strings.Contains(b.arg(1), "://") && b.arg(2) == "" {
		im.leave(d, "its rewrite is none that a redirect can do")
		return nil
	}
	code := 302
	if b.arg(2) == "permanent" {
		code = 301
	}
	if r.keys = im.moved(sv, b, code, w, r); r.keys == nil {
		im.skipped[d] = true
		return nil
	}
	return r
}

// leave notes an if that is left out, and says nothing of what is in it.
func (im *importer) leave(d *directive, why string) {
	im.draft.LeftOut(d.Place, d.text(), why)
	im.skipped[d] = true
}

// conditions makes a comparison a condition of the route. The result says why it can't, or is "".
func (im *importer) conditions(sv *server, t test, r *route) string {
	const kept = "this gateway has no condition for it"
	switch {
	case t.variable == "host" || t.variable == "http_host" || t.variable == "server_name":
		return hostCondition(sv, t, r)
	case t.variable == "scheme" || t.variable == "https" || t.variable == "server_port":
		return schemeCondition(sv, t, r)
	case t.variable == "request_method":
		words := []string{t.value}
		if t.sign == "~" || t.sign == "~*" {
			words = alternatives(t.value)
		} else if t.sign != "=" {
			return kept
		}
		if words == nil {
			return kept
		}
		for _, w := range words {
			r.methods = append(r.methods, strings.ToUpper(w))
		}
		return ""
	case t.variable == "remote_addr" && t.sign == "=":
		a, err := netip.ParseAddr(t.value)
		if err != nil {
			return kept
		}
		r.when.Set("clients", []string{netip.PrefixFrom(a, a.BitLen()).String()})
		return ""
	}
	kind, name := source(t.variable)
	if kind == "" {
		return kept
	}
	var match any
	switch t.sign {
	case "":
		match = draft.Map{{Key: "present", Value: true}}
	case "=":
		match = any(t.value)
		if t.value == "" {
			match = draft.Map{{Key: "present", Value: false}}
		}
	case "!=":
		match = draft.Map{{Key: "not", Value: t.value}}
		if t.value == "" {
			match = draft.Map{{Key: "present", Value: true}}
		}
	case "~", "~*":
		e, why := whole(t.value, t.sign == "~*")
		if why != "" {
			return why
		}
		match = draft.Map{{Key: "regex", Value: e}}
	default:
		return kept
	}
	r.when = draft.Map{{Key: kind, Value: draft.Map{{Key: name, Value: match}}}}
	return ""
}

// source returns what part of a request a variable is, as `when` calls it, and its name there.
func source(variable string) (kind, name string) {
	for prefix, kind := range map[string]string{
		"http_": "headers", "arg_": "query", "cookie_": "cookies",
	} {
		if name, ok := strings.CutPrefix(variable, prefix); ok && name != "" {
			if kind == "headers" {
				name = fieldName(name)
			}
			return kind, name
		}
	}
	return "", ""
}

// fieldName is the header field of a variable: x_canary is X-Canary.
func fieldName(variable string) string {
	parts := strings.Split(variable, "_")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
		}
	}
	return strings.Join(parts, "-")
}

// hostCondition binds a route to hosts.
func hostCondition(sv *server, t test, r *route) string {
	var in []string
	switch {
	case t.sign == "=":
		in = []string{strings.ToLower(t.value)}
	case (t.sign == "~" || t.sign == "~*") && len(alternatives(
		strings.ReplaceAll(t.value, `\.`, "_"))) > 0 && strings.HasPrefix(t.value, "^"):
		in = alternatives(strings.ReplaceAll(t.value, `\.`, "_"))
		for i := range in {
			in[i] = strings.ToLower(strings.ReplaceAll(in[i], "_", "."))
		}
	case t.sign == "!=" && sv.space.hosts != nil:
		for _, h := range sv.space.hosts {
			if h != strings.ToLower(t.value) {
				r.hosts = append(r.hosts, h)
			}
		}
		if len(r.hosts) == 0 || !slices.Contains(sv.space.hosts, strings.ToLower(t.value)) {
			return "the server has no such name beside others"
		}
		return ""
	default:
		return "hosts are exact or *.example.com here"
	}
	r.hosts = in
	return ""
}

// schemeCondition binds a route to the listeners that speak a scheme.
func schemeCondition(sv *server, t test, r *route) string {
	for _, l := range sv.space.on {
		is := false
		switch t.variable {
		case "scheme":
			is = (t.value == "https") == l.tls && (t.value == "http" || t.value == "https")
		case "https":
			is = l.tls == (t.value == "on")
		default:
			is = t.value == strings.TrimSpace(t.value) && strings.HasSuffix(l.address, ":"+t.value)
		}
		if t.sign == "!=" || t.sign == "!~" {
			is = !is
		} else if t.sign != "=" && t.sign != "~" {
			return "only = and != can be carried over for it"
		}
		if is {
			r.on = append(r.on, l)
		}
	}
	if len(r.on) == 0 {
		return "no request of this server is so"
	}
	return ""
}

// variant is one value of a variable with the requests that have it.
type variant struct {
	value string
	hosts []string
	when  draft.Map
}

// variants returns the values that a map gives to a variable. why says why it can't, or is "".
func (im *importer) variants(sv *server, variable string) (all []variant, why string) {
	m := im.maps[variable]
	if m == nil {
		return nil, "its address has the variable $" + variable
	}
	from := strings.TrimPrefix(m.arg(0), "$")
	for _, e := range m.block {
		if e.name == "hostnames" || e.name == "volatile" || e.name == "include" {
			continue
		}
		v := variant{value: e.arg(0)}
		r := &route{}
		t := test{from, "=", e.name}
		if strings.HasPrefix(e.name, "~*") {
			t.sign, t.value = "~*", e.name[2:]
		} else if strings.HasPrefix(e.name, "~") {
			t.sign, t.value = "~", e.name[1:]
		}
		if e.name != "default" {
			if why := im.conditions(sv, t, r); why != "" || r.on != nil || r.methods != nil {
				im.draft.LeftOut(e.Place, "map "+m.arg(0)+" "+m.arg(1), cmpOr(why,
					"this gateway has no condition for it"))
				continue
			}
		}
		v.hosts, v.when = r.hosts, r.when
		if len(v.hosts) == 1 && strings.HasPrefix(v.hosts[0], ".") {
			v.hosts = []string{v.hosts[0][1:], "*" + v.hosts[0]}
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		return nil, "nothing of the map of $" + variable + " can be carried over"
	}
	return all, ""
}
