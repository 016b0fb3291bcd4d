package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// shorthands are the sections that others write as one value, each with the key that the value has
// here. A test holds them against the document.
func shorthands() map[reflect.Type]string {
	return map[reflect.Type]string{
		reflect.TypeFor[Endpoint]():         "address",
		reflect.TypeFor[Listener]():         "address",
		reflect.TypeFor[Share]():            "cluster",
		reflect.TypeFor[Security]():         "mode",
		reflect.TypeFor[ClusterTimeouts]():  "response",
		reflect.TypeFor[ListenerTimeouts](): "header",
		reflect.TypeFor[RouteTimeouts]():    "request",
		reflect.TypeFor[Retry]():            "attempts",
		reflect.TypeFor[Rewrite]():          "replace_prefix",
		reflect.TypeFor[ActiveHealth]():     "path",
		reflect.TypeFor[Drain]():            "timeout",
		reflect.TypeFor[Reload]():           "trial",
		reflect.TypeFor[Limits]():           "max_connections",
		reflect.TypeFor[ListenerLimits]():   "max_connections",
		reflect.TypeFor[ClusterLimits]():    "max_connections",
		reflect.TypeFor[Admin]():            "address",
		reflect.TypeFor[AccessLog]():        "output",
		reflect.TypeFor[Gossip]():           "bind",
		reflect.TypeFor[ConfigSync]():       "address",
		reflect.TypeFor[HealthAgg]():        "address",
		reflect.TypeFor[Certificate]():      "cert",
		reflect.TypeFor[OTLP]():             "endpoint",
		reflect.TypeFor[Mirror]():           "cluster",
	}
}

// wants notes a problem unless the node is of the kind.
func (d *decoder) wants(n *text.Node, k text.Kind) bool {
	if n.Kind != k {
		d.misfit(n, k, "")
	}
	return n.Kind == k
}

// misfit notes a value of another kind than k. hint says what to write; "": what there is to say of
// any value.
func (d *decoder) misfit(n *text.Node, k text.Kind, hint string) {
	message := fmt.Sprintf("this is %s, and %s is wanted", n.Describe(), k)
	switch {
	case n.Kind == text.Null:
		message, hint = fmt.Sprintf("the value is missing, and %s is wanted", k),
			"give it a value or remove the key"
	case hint != "":
	case k == text.String && n.Kind < text.Map:
		hint = fmt.Sprintf("put it in quotes: %s", text.Quote(n.Text))
	case k == text.List && n.Kind < text.Map:
		hint = "write [" + text.Shorten(n.Text) + "]"
	}
	d.add(n, CodeType, message, hint)
}

// notSection notes a value that is no mapping in the place of a section.
func (d *decoder) notSection(n *text.Node, of reflect.Type) {
	hint := ""
	switch inside, beside := instead(n, of); {
	case inside != "":
		hint = "write {" + inside + "}" + beside
	case n.Kind == text.Bool:
		hint = "a section is on where it stands; remove it to turn it off"
	}
	d.misfit(n, text.Map, hint)
}

// notList notes a value that is no list in the place of one.
func (d *decoder) notList(n *text.Node, of reflect.Type) {
	hint := ""
	switch inside, beside := instead(n, of); {
	case inside != "":
		hint = "write [{" + inside + "}]" + beside
	case of.Kind() != reflect.Struct || of == prefixType:
	case n.Kind == text.Map:
		hint = "begin each entry with a dash"
		if _, ok := d.cache.Of(of).ByKey["name"]; ok {
			hint += ", and write its name into it: - name: "
			if len(n.Keys) > 0 && validName(n.Keys[0].Name) && n.Values[0].Kind == text.Map {
				hint += n.Keys[0].Name
			} else {
				hint += "NAME"
			}
		}
	case n.Kind == text.String:
		hint = "its entries are mappings; the keys of one are " +
			strings.Join(d.cache.Of(of).Keys, ", ")
	}
	d.misfit(n, text.List, hint)
}

// instead returns what a lone value in the place of a section is meant to be: what to write in it,
// and what to say beside. inside is "" where nothing is known.
func instead(n *text.Node, of reflect.Type) (inside, beside string) {
	if n.Kind == text.Null || n.Kind >= text.Map {
		return "", ""
	}
	off := n.Kind == text.Bool && strings.EqualFold(n.Text, "false")
	switch of {
	case reflect.TypeFor[Endpoint]():
		if a, ok := fromURL(n.Text); ok {
			return "address: " + plainYAML(a.address), a.beside("beside endpoints")
		}
	case reflect.TypeFor[Listener]():
		address := n.Text
		if a, ok := fromURL(n.Text); ok {
			address = a.address
		}
		if strings.Trim(address, "0123456789") == "" {
			address = "0.0.0.0:" + address
		}
		return "name: public, address: " + plainYAML(address), ""
	case reflect.TypeFor[Redirect]():
		if n.Kind == text.Bool {
			return "scheme: https", ""
		}
		return redirectTo(n.Text), ""
	case reflect.TypeFor[CORS]():
		if off {
			return "", ""
		}
		if n.Kind == text.Bool || n.Text == "*" {
			return `origins: ["*"]`, ""
		}
		return "origins: [" + plainYAML(n.Text) + "]", ""
	case reflect.TypeFor[TLS]():
		return "certificates: [{cert: site.pem, key: site.key}]", ""
	case reflect.TypeFor[Health]():
		if strings.HasPrefix(n.Text, "/") {
			return "active: {path: " + plainYAML(n.Text) + "}", ""
		}
		return "active: {path: /healthz}", ""
	case reflect.TypeFor[Admin]():
		if off {
			return "address: off", ""
		}
	case reflect.TypeFor[AccessLog]():
		if off {
			return "output: off", ""
		}
	case reflect.TypeFor[Security]():
		if n.Kind == text.Bool && !off {
			return "mode: tls", ""
		}
	}
	key := shorthands()[of]
	if key == "" || n.Kind == text.Bool {
		return "", ""
	}
	return key + ": " + plainYAML(n.Text), ""
}

// plainYAML is a text as a value of YAML within braces.
func plainYAML(s string) string {
	s = text.Shorten(s)
	if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"+
		"./_:-") != "" || strings.HasPrefix(s, ":") || strings.HasPrefix(s, "-") ||
		strings.HasSuffix(s, ":") {
		return text.Quote(s)
	}
	return s
}

// A target is what a URL means as an endpoint.
type target struct {
	address  string // host:port
	tls      bool
	protocol string // "" is http1
	path     string // "" for none
}

// fromURL takes a URL, or host:port, for an endpoint. ok is false where it is neither.
func fromURL(s string) (t target, ok bool) {
	scheme, _, is := strings.Cut(s, "://")
	if !is {
		return target{address: s}, s != ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return target{}, false
	}
	port := "80"
	switch strings.ToLower(scheme) {
	case "http", "ws", "tcp":
	case "https", "wss", "tls":
		t.tls, port = true, "443"
	case "h2c", "grpc":
		t.protocol = ClusterH2C
	case "h2", "grpcs":
		t.tls, t.protocol, port = true, ClusterH2, "443"
	default:
		return target{}, false
	}
	if u.Port() != "" {
		port = u.Port()
	}
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		host = "[" + host + "]"
	}
	t.address = host + ":" + port
	if u.EscapedPath() != "/" {
		t.path = u.EscapedPath()
	}
	return t, true
}

// beside says what a URL had beside its address, and where that stands.
func (t target) beside(where string) (said string) {
	if t.tls {
		said = ", and security: {mode: tls} " + where
	}
	if t.protocol != "" {
		said += ", and protocol: " + t.protocol + " " + where
	}
	if t.path != "" {
		said += ", and rewrite: {replace_prefix: " + plainYAML(t.path) + "} in its routes"
	}
	return said
}

// redirectTo is the keys of a redirect to a URL, a path or a scheme.
func redirectTo(to string) string {
	switch u, err := url.Parse(to); {
	case err != nil || to == "" || strings.Contains(to, "$"):
		return "scheme: https"
	case to == "http" || to == "https":
		return "scheme: " + to
	case u.Host == "" && strings.HasPrefix(to, "/"):
		return "path: " + plainYAML(u.EscapedPath())
	case u.Host != "":
		keys := "host: " + plainYAML(u.Hostname())
		if u.Scheme == "http" || u.Scheme == "https" {
			keys = "scheme: " + u.Scheme + ", " + keys
		}
		if port, err := strconv.Atoi(u.Port()); err == nil {
			keys += ", port: " + strconv.Itoa(port)
		}
		if u.EscapedPath() != "" && u.EscapedPath() != "/" {
			keys += ", path: " + plainYAML(u.EscapedPath())
		}
		return keys
	}
	return "host: " + plainYAML(to)
}

// url notes a URL in the place of an address, and says whether it is one.
func (d *decoder) url(n *text.Node, r *tags.Rule) bool {
	if !strings.HasPrefix(r.Form, "address") || !strings.Contains(n.Text, "://") ||
		isSecret(n.Text) || strings.HasPrefix(n.Text, "unix:") {
		return false
	}
	hint := "write host:port"
	if t, ok := fromURL(n.Text); ok {
		hint = "write " + plainYAML(t.address)
		switch section := d.trail.Section(); {
		case strings.HasSuffix(section, "endpoints[].address"):
			hint += t.beside("beside endpoints")
		case strings.HasPrefix(section, "listeners[]") && t.tls:
			hint += ", and tls: {certificates: [{cert: site.pem, key: site.key}]} beside it"
		}
	}
	d.add(n, CodeAddress, text.Quote(n.Text)+" is a URL, and an address is host:port", hint)
	return true
}

// variables puts what to do about variables into the hints of what is wrong with texts that have
// one: other products put values in their place, and this one does not.
func variables(root *text.Node, ps Problems) {
	for i := range ps {
		switch ps[i].Code {
		case CodeUnknownKey, CodeDuplicateKey, CodeRegex, CodeSecret, CodeConflict,
			CodeDupName, CodeDupRoute, CodeMissing, CodePlaceholder, CodeHeader:
			continue
		}
		if n := root.Value(ps[i].Path); n != nil && n.Kind == text.String && !isSecret(n.Text) &&
			variable(n.Text) != "" {
			ps[i].Hint = "variables are not put in here: do it before (envsubst), or write " +
				"secret:env:NAME where a text may be a secret"
		}
	}
}

// variable returns what in a text is a variable of a shell, of nginx or of Caddy, "" for nothing.
func variable(s string) string {
	for i := 0; i < len(s); i++ {
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, "{$"), strings.HasPrefix(rest, "${"),
			strings.HasPrefix(rest, "{env."), strings.HasPrefix(rest, "{{"):
			if end := strings.IndexByte(rest, '}'); end > 2 {
				return rest[:end+1]
			}
		case rest[0] == '$':
			n := 1
			for n < len(rest) && (alphanumeric(rest[n]) || rest[n] == '_') {
				n++
			}
			if n > 1 && (rest[1] < '0' || rest[1] > '9') {
				return rest[:n]
			}
		}
	}
	return ""
}
