package config

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// Codes of what a document may have and is hardly meant to: see [Document.Cautions]. They are
// stable as those of Problem are. CautionCodes says what each means.
const (
	CodeInsecure        = "W_INSECURE_TLS"
	CodeUnusedCluster   = "W_UNUSED_CLUSTER"
	CodeNoRoutes        = "W_LISTENER_WITHOUT_ROUTES"
	CodeExpires         = "W_CERTIFICATE_EXPIRES"
	CodeTie             = "W_ROUTES_TIE"
	CodeTrustsEverybody = "W_TRUSTS_EVERYBODY"
	CodeVariable        = "W_VARIABLE"
	CodeStickySecret    = "W_STICKY_SECRET"
	CodeNobody          = "W_NOBODY"
	CodeKeyExpires      = "W_KEY_EXPIRES"
	CodeMirrorsToItself = "W_MIRRORS_TO_ITSELF"
	CodeOddOpenAPI      = "W_OPENAPI"
	CodeInClear         = "W_AUTH_IN_CLEAR"
	CodeVoters          = "W_VOTERS"
)

// CautionCodes returns every code of Cautions.
func CautionCodes() []CodeMeaning {
	return []CodeMeaning{
		{CodeInsecure, "TLS whose other side could be anybody: `insecure_skip_verify`"},
		{CodeUnusedCluster, "a cluster that nothing refers to"},
		{CodeNoRoutes, "an http listener that every route leaves out, so that it answers with 404"},
		{CodeExpires, "a certificate that expires within 14 days"},
		{CodeTie, "two routes that one request can match, of which only the name decides"},
		{CodeTrustsEverybody, "a listener that believes what any client says of its address"},
		{CodeStickySecret, "sticky cookies of a fleet that each node signs with its own secret"},
		{CodeNobody, "a file of users or keys without any"},
		{CodeKeyExpires, "an API key that has expired, or will within 14 days"},
		{CodeMirrorsToItself, "a mirror to a cluster that the requests go to themselves"},
		{CodeOddOpenAPI, "an OpenAPI document with something odd, of which a part is not checked"},
		{CodeInClear, "a server that decides who may come in, asked over a network without TLS"},
		{CodeVoters, "nodes that elect the one that gives out the shares of a fleet's limits, of " +
			"which it takes too many, or too few are known"},
		{CodeVariable, "a variable of another product, which goes on as it is written"},
	}
}

// Cautions are what the document may have, and is hardly meant to, ordered by position. Their codes
// are those of CautionCodes. It was valid all the same, and services run it. It is nil for a
// document that does not come from a file.
func (d *Document) Cautions() Problems { return d.cautions }

// caution notes what is hardly meant.
func (v *validator) caution(path, code, message, hint string) {
	held := v.problems
	v.problems = v.doc.cautions
	v.add(path, code, message, hint)
	v.doc.cautions, v.problems = v.problems, held
}

// cautious looks for what is hardly meant in a document that is valid.
func (v *validator) cautious() {
	d := v.doc
	v.insecure(reflect.ValueOf(d).Elem(), tags.Cache{})
	for i := range d.Listeners {
		v.believed(&d.Listeners[i], entry("listeners", i))
	}
	for i := range d.Routes {
		v.literal(&d.Routes[i], entry("routes", i))
		v.mirrorsToItself(&d.Routes[i], entry("routes", i))
	}
	v.signedApart()
	v.inClear(d.Auth)
	v.fewVoters()
	if d.ConfigSync != nil && v.options.Published == nil {
		return // what runs is published; this is not all of it
	}
	v.unusedClusters()
	v.withoutRoutes()
	v.ties()
	d.cautions.Sort()
}

// insecure finds every Security that verifies nothing.
func (v *validator) insecure(x reflect.Value, cache tags.Cache) {
	switch x.Kind() {
	case reflect.Pointer:
		if !x.IsNil() {
			v.insecure(x.Elem(), cache)
		}
	case reflect.Slice:
		if k := x.Type().Elem().Kind(); k != reflect.Struct || x.Type().Elem() == prefixType {
			return
		}
		for i := range x.Len() {
			v.trail.EnterIndex(i)
			v.insecure(x.Index(i), cache)
			v.trail.Leave()
		}
	case reflect.Struct:
		if x.Type() == prefixType {
			return
		}
		if s, ok := x.Addr().Interface().(*Security); ok && s.InsecureSkipVerify &&
			s.Mode != SecurityNone {
			v.caution(v.trail.String()+".insecure_skip_verify", CodeInsecure,
				"any certificate is taken here, so whoever is in between can read and change all",
				"name the authority in ca, and the name of the certificate in server_name")
		}
		for _, f := range cache.Of(x.Type()).List {
			switch at := x.Field(f.Index); at.Kind() {
			case reflect.Pointer, reflect.Slice, reflect.Struct:
				v.trail.Enter(f.Key)
				v.insecure(at, cache)
				v.trail.Leave()
			}
		}
	}
}

// signedApart finds sticky cookies that only the node which has made them knows again, where there
// are several.
func (v *validator) signedApart() {
	d := v.doc
	if d.Gossip == nil && d.ConfigSync == nil && v.options.Published == nil {
		return
	}
	for i := range d.Clusters {
		if s := d.Clusters[i].Sticky; s != nil && s.Secret == "" {
			v.caution(entry("clusters", i).of("sticky.secret").String(), CodeStickySecret,
				"each node signs its cookies with a secret of its own, so a client that comes to "+
					"another node gets another endpoint",
				"set the same secret on all of them, such as secret: secret:env:STICKY_SECRET")
		}
	}
}

// believed finds listeners that believe everybody.
func (v *validator) believed(l *Listener, at spot) {
	host, _, err := splitAddress(v.value(l.Address))
	if err != nil || hostname.Loopback(host) {
		return // no address of the network
	}
	for _, k := range []struct {
		key  string
		from []netip.Prefix
		says string
	}{
		{"trusted_proxies", l.TrustedProxies, "the X-Forwarded-* fields of every client are"},
		{"proxy_protocol_from", l.ProxyProtocolFrom, "the PROXY header of every client is"},
	} {
		for j, p := range k.from {
			if p.Bits() == 0 {
				v.caution(at.item(k.key, j).String(), CodeTrustsEverybody, fmt.Sprintf(
					"%s is everybody, so %s believed", p, k.says),
					"name the addresses of the proxies in front")
			}
		}
	}
	if l.ProxyProtocol && len(l.ProxyProtocolFrom) == 0 && len(l.TrustedProxies) == 0 {
		v.caution(at.of("proxy_protocol").String(), CodeTrustsEverybody,
			"whoever can connect can pretend to be any client",
			"name the load balancers in proxy_protocol_from")
	}
}

// unusedClusters finds clusters that no key refers to.
func (v *validator) unusedClusters() {
	d := v.doc
	if len(d.Listeners) == 0 || d.HealthAgg != nil {
		return // clusters may be there to be checked
	}
	used := make(map[string]bool, len(d.Clusters))
	references(reflect.ValueOf(d).Elem(), tags.Cache{}, used)
	for i := range d.Clusters {
		if name := d.Clusters[i].Name; !used[name] {
			v.caution(entry("clusters", i).String(), CodeUnusedCluster, fmt.Sprintf(
				"nothing refers to the cluster %s", text.Quote(name)),
				"name it in a route or a tcp listener, or remove it")
		}
	}
}

// references collects the values of every key cluster that is a reference.
func references(x reflect.Value, cache tags.Cache, used map[string]bool) {
	switch x.Kind() {
	case reflect.Pointer:
		if !x.IsNil() {
			references(x.Elem(), cache, used)
		}
	case reflect.Slice:
		if k := x.Type().Elem().Kind(); k != reflect.Struct || x.Type().Elem() == prefixType {
			return
		}
		for i := range x.Len() {
			references(x.Index(i), cache, used)
		}
	case reflect.Struct:
		if x.Type() == prefixType {
			return
		}
		list := cache.Of(x.Type()).List
		for i := range list {
			f := &list[i]
			switch at := x.Field(f.Index); at.Kind() {
			case reflect.String:
				if f.Ref && f.Key == "cluster" {
					used[at.String()] = true
				}
			case reflect.Pointer, reflect.Slice, reflect.Struct:
				references(at, cache, used)
			}
		}
	}
}

// withoutRoutes finds listeners that every route leaves out. No route at all is on purpose: see
// noRoutes.
func (v *validator) withoutRoutes() {
	bound := make(map[string]bool)
	for i := range v.doc.Routes {
		if len(v.doc.Routes[i].Listeners) == 0 {
			return
		}
		for _, name := range v.doc.Routes[i].Listeners {
			bound[name] = true
		}
	}
	if len(v.doc.Routes) == 0 {
		return
	}
	for i := range v.doc.Listeners {
		if l := &v.doc.Listeners[i]; l.Protocol == ProtocolHTTP && !bound[l.Name] {
			v.caution(entry("listeners", i).String(), CodeNoRoutes, fmt.Sprintf(
				"no route takes requests of the listener %s, which answers them with 404",
				text.Quote(l.Name)), "add it to the listeners of a route, or remove it")
		}
	}
}

// expirySoon is how long before its end a certificate is a caution.
const expirySoon = 14 * 24 * time.Hour

// soon notes a certificate that is about to expire.
func (v *validator) soon(path func() string, end, now time.Time) {
	if left := end.Sub(now); left > 0 && left <= expirySoon {
		v.caution(path(), CodeExpires, fmt.Sprintf("the certificate expires at %s",
			end.UTC().Format(time.RFC3339)), "renew it")
	}
}

// literal finds variables of other products in texts where they are nothing but text.
func (v *validator) literal(r *Route, at spot) {
	note := func(path, name, hint string) {
		v.caution(path, CodeVariable, fmt.Sprintf("%s goes on as it is written: variables are "+
			"not put in here", text.Quote(name)), hint)
	}
	for _, edit := range r.values() {
		for _, name := range slices.Sorted(maps.Keys(edit.set)) {
			value := edit.set[name]
			i := strings.IndexByte(value, '$')
			if i < 0 || isSecret(value) || i > 0 && alphanumeric(value[i-1]) {
				continue
			}
			if said := variable(value[i:]); strings.HasPrefix(said, "$") {
				note(text.JoinKey(at.of(edit.key).String(), name), said, "write the value itself, "+
					"or a placeholder, such as {client.address}; docs/fields.md has them all")
			}
		}
	}
	paths := map[string]string{}
	if r.Redirect != nil {
		paths["redirect.path"] = r.Redirect.Path
		paths["redirect.replace_prefix"] = r.Redirect.ReplacePrefix
	}
	if r.Rewrite != nil {
		paths["rewrite.replace_prefix"] = r.Rewrite.ReplacePrefix
	}
	for _, key := range slices.Sorted(maps.Keys(paths)) {
		switch said := variable(paths[key]); said {
		case "$uri", "$request_uri", "$document_uri", "$args", "$is_args", "$query_string",
			"$host", "$http_host", "$scheme":
			note(at.of(key).String(), said, "write the value itself")
		}
	}
}
