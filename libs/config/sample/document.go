package sample

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
)

// maxList is how many entries a list has at most.
const maxList = 3

// Files are the names of files that a document may refer to, by what they hold.
type Files struct {
	Certificates []string // each has a key of the same index in Keys
	Keys         []string
	Authorities  []string
	Others       []string // not what is wanted anywhere, or not there
}

// Document returns a random document in JSON, which is YAML as well. r decides all of it.
func Document(r *rand.Rand, files Files) string {
	g := generator{Rand: r, files: files, cache: tags.Cache{}, pair: -1}
	// So few that entries meet: two of one name, a route to another's cluster.
	for i := range 1 + r.IntN(maxList) {
		g.clusters = append(g.clusters, "c"+strconv.Itoa(i))
	}
	g.structure(reflect.TypeFor[config.Document]())
	return g.out.String()
}

type generator struct {
	*rand.Rand
	files    Files
	cache    tags.Cache
	out      strings.Builder
	clusters []string // names that clusters have, and references to them
	named    int      // clusters that have a name so far
	lists    []string // names of listeners so far
	protocol string   // of the listener that is being written
	matched  bool     // the route that is being written has a path
	answered bool     // the route that is being written has a cluster, or does without
	itself   bool     // the route under way answers by itself
	path     []string
	names    int
	pair     int // the certificate whose key comes next; -1: any
}

// seldom is true once in n times.
func (g *generator) seldom(n int) bool { return g.IntN(n) == 0 }

// rare are keys that hardly a valid document has: this version does not do what they say, or they
// exclude most others.
var rare = map[string]bool{
	"auth": true, "openapi": true, "rate_limit": true, "tracing": true, "sni": true, "split": true,
	"gossip": true, "config_sync": true, "healthagg": true, "forwarded": true,
	"client_certificate": true, "proxy_protocol_from": true, "proxy_protocol_tlvs": true,
	"error_pages": true, "balance": true, "sticky": true, "backup": true, "unix": true,
}

// usual are the keys without which hardly a document is valid, by the path of their mapping.
var usual = map[string][]string{
	"":          {"version", "listeners", "clusters", "routes"},
	"clusters":  {"endpoints"},
	"routes":    {"cluster"},
	"tls":       {"certificates"},
	"sni":       {"cluster"},
	"split":     {"cluster"},
	"admin":     {"address"},
	"clients":   {"allow"},
	"redirect":  {"scheme"},
	"endpoints": {"address"},
}

func (g *generator) at() string {
	if len(g.path) == 0 {
		return ""
	}
	return g.path[len(g.path)-1]
}

func (g *generator) structure(t reflect.Type) {
	g.out.WriteByte('{')
	first := true
	for _, f := range g.cache.Of(t).List {
		if !g.has(f) {
			continue
		}
		if !first {
			g.out.WriteByte(',')
		}
		first = false
		fmt.Fprintf(&g.out, "%q:", f.Key)
		g.path = append(g.path, f.Key)
		g.value(t.Field(f.Index).Type, &f.Rule)
		g.path = g.path[:len(g.path)-1]
	}
	g.out.WriteByte('}')
}

// has says whether a mapping has a key.
func (g *generator) has(f tags.Field) bool {
	if g.at() == "routes" && !g.seldom(50) {
		switch f.Key {
		case "path":
			g.matched = g.seldom(8)
			return g.matched
		case "path_prefix":
			has := !g.matched && !g.seldom(8)
			g.matched = g.matched || has
			return has
		case "path_regex":
			return !g.matched
		case "cluster":
			g.answered, g.itself = !g.seldom(8), false
			return g.answered
		case "redirect", "respond":
			has := !g.answered && (f.Key == "respond" || g.seldom(2))
			g.answered, g.itself = g.answered || has, g.itself || has
			return has
		case "retry", "timeouts", "allow_encoded_slash", "allow_encoded_backslash":
			if g.itself {
				return g.seldom(60)
			}
		case "rewrite", "split":
			return g.seldom(60)
		case "mirror": // to another cluster than the route's, of which there may be none
			return !g.itself && len(g.clusters) > 1 && g.seldom(60)
		case "clients":
			return g.seldom(20)
		}
	}
	if g.at() == "headers" && f.Key == "request" && g.itself {
		return g.seldom(60)
	}
	if g.at() == "listeners" && !g.seldom(50) {
		switch f.Key {
		case "cluster":
			return g.protocol == config.ProtocolTCP
		case "forwarded":
			return g.protocol != config.ProtocolTCP && g.seldom(8)
		case "tls", "http1", "http2":
			return g.protocol != config.ProtocolTCP && g.seldom(4)
		}
	}
	for _, k := range usual[g.at()] {
		if k == f.Key {
			return !g.seldom(40)
		}
	}
	switch {
	case rare[f.Key]:
		return g.seldom(60)
	case f.Required || f.Name:
		return !g.seldom(60)
	case len(g.path) == 0:
		return g.seldom(6)
	}
	return g.seldom(8)
}

func (g *generator) value(t reflect.Type, r *tags.Rule) {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		g.text("0s", "1ms", "250ms", "1s", "10s", "1m30s", "1h")
	case t == reflect.TypeFor[config.Percent]():
		g.text("0%", "1%", "12.5%", "100%")
	case t == reflect.TypeFor[netip.Prefix]():
		g.text("10.0.0.0/8", "127.0.0.1/32", "fd00::/8", "0.0.0.0/0")
	case t.Kind() == reflect.Pointer:
		g.value(t.Elem(), r)
	case t.Kind() == reflect.Struct:
		g.structure(t)
	case t.Kind() == reflect.Slice:
		g.list(t.Elem(), r)
	case t.Kind() == reflect.Map && t.Elem() == reflect.TypeFor[config.FieldRewrite]():
		fmt.Fprintf(&g.out, `{"Z-%d":{"regex":"v(%d)","with":"w$1"}}`, g.IntN(3), g.IntN(3))
	case t.Kind() == reflect.Map && r.Form == "template":
		fmt.Fprintf(&g.out, `{"X-%d":`, g.IntN(3))
		g.word(r)
		g.out.WriteByte('}')
	case t.Kind() == reflect.Map:
		fmt.Fprintf(&g.out, `{"X-%d":"v%d"}`, g.IntN(3), g.IntN(3))
	case t.Kind() == reflect.Bool:
		g.out.WriteString(strconv.FormatBool(g.seldom(2)))
	case t.Kind() == reflect.Float64:
		g.out.WriteString([]string{"0", "0.5", "1"}[g.IntN(3)])
	case t.Kind() == reflect.String:
		g.word(r)
	default:
		g.number(r)
	}
}

func (g *generator) list(t reflect.Type, r *tags.Rule) {
	n := 1 + g.IntN(maxList)
	if g.at() == "clusters" {
		n = len(g.clusters)
	}
	if g.seldom(60) {
		n = 0
	}
	g.out.WriteByte('[')
	for i := range n {
		if i > 0 {
			g.out.WriteByte(',')
		}
		g.value(t, r)
	}
	g.out.WriteByte(']')
}

func (g *generator) number(r *tags.Rule) {
	least, most := int64(0), int64(100)
	if r.Bounded {
		least = max(r.Least, -1<<40)
		most = min(r.Most, least+1<<40)
	}
	switch {
	case g.at() == "version" && !g.seldom(50):
		least, most = config.Version, config.Version
	case g.at() == "status" && !g.seldom(20):
		fmt.Fprint(&g.out, []int{301, 302, 303, 307, 308}[g.IntN(5)])
		return
	case g.at() == "weight":
		most = min(most, 5)
	case !g.seldom(3):
		most = min(most, least+1000)
	}
	fmt.Fprint(&g.out, least+g.Int64N(most-least+1))
}

func (g *generator) text(any ...string) {
	fmt.Fprintf(&g.out, "%q", any[g.IntN(len(any))])
}

// word writes a text that fits its key, most of the time.
func (g *generator) word(r *tags.Rule) {
	switch {
	case g.seldom(300):
		g.text("", " ", "x", "secret:env:NONE", "münchen", "a b", "-1")
	case r.Name:
		g.name()
	case r.Ref:
		g.reference()
	case r.Words != nil:
		word := r.Words[g.IntN(len(r.Words))]
		if g.at() == "protocol" {
			g.protocol = word
		}
		g.text(word)
	case r.File:
		g.file()
	default:
		g.form(r.Form)
	}
}

func (g *generator) name() {
	name := "n" + strconv.Itoa(g.names)
	switch {
	case g.seldom(100):
		name = "n0" // which another thing has as well
	case g.path[0] == "clusters":
		name = g.clusters[g.named%len(g.clusters)]
		g.named++
	case g.path[0] == "listeners":
		g.lists = append(g.lists, name)
		g.protocol = ""
	}
	g.names++
	g.text(name)
}

func (g *generator) reference() {
	if g.seldom(100) {
		g.text("none")
		return
	}
	if g.at() == "listeners" && len(g.lists) > 0 {
		g.text(g.lists...)
		return
	}
	g.text(g.clusters...)
}

func (g *generator) file() {
	f := g.files
	switch key := g.at(); {
	case key == "file":
		g.text(f.Others[0], f.Others[0], f.Authorities[0])
	case key == "output", key == "history", key == "cache":
		g.text("stdout", "off", f.Others[0]+".log")
	case g.seldom(30):
		g.text(append([]string{""}, f.Others...)...)
	case key == "cert":
		g.pair = g.IntN(len(f.Certificates))
		g.text(f.Certificates[g.pair])
	case key == "key" && g.pair >= 0:
		g.text(f.Keys[g.pair])
		g.pair = -1
	case key == "key":
		g.text(f.Keys...)
	default:
		g.text(f.Authorities...)
	}
}

// form writes a text of the form that a tag asks for.
func (g *generator) form(form string) {
	port := strconv.Itoa(1024 + g.IntN(60000))
	switch form {
	case "address", "addressOff":
		g.text("127.0.0.1:"+port, "[::1]:"+port, "localhost:"+port)
	case "host", "hostField":
		g.text("a.test", "b.test", "*.test", "*.b.test", "[::1]", "10.0.0.1", "c.test")
	case "prefix":
		g.text("/", "/a/b", "/p"+port, "/p"+port+"/", "/%20/p"+port, "/c%3A/p"+port)
	case "path":
		g.text("/healthz", "/a?b=c", "/")
	case "method":
		g.text("GET", "POST", "PUT", "BREW")
	case "retry":
		g.text("connect", "reset", "502", "503", "unavailable")
	case "errorStatus":
		g.text("404", "503", "4xx", "5xx", "200")
	case "rateKey":
		g.text("client", "route", "header:X-A", "cookie:a", "query:q")
	case "balanceKey":
		g.text("client", "client", "path", "header:X-A", "cookie:a", "query:q")
	case "cookie":
		g.text("gw", "session")
	case "mediaRange":
		g.text("text/*", "application/json", "application/*+xml", "*/*")
	case "status":
		g.text("200", "200-399")
	case "scheme":
		g.text("http", "https")
	case "redirectHost":
		g.text("www.test", "::1")
	case "field":
		g.text("X-A", "X-B", "Accept")
	case "token":
		g.text("0123456789abcdef0123")
	case "tlv":
		g.text("pass", "alpn", "ssl", "0xEA", "0x05")
	case "pin":
		g.text("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	case "origin":
		g.text("https://a.test", "http://b.test:8080", "https://*.c.test", "null")
	case "comparedField":
		g.text("X-A", "Content-Type")
	case "pointer":
		g.text("/ts", "/a/0/b", "/a/*/c~1d")
	case "anyMethod":
		g.text("PUT", "DELETE", "PATCH")
	case "anyField":
		g.text("X-A", "X-B", "*")
	case "template":
		g.text("v", "w x", "{client.address}", "a {route}", "{{b}")
	case "value":
		if g.at() == "content_type" {
			g.text("text/html", "application/json", "html")
			return
		}
		g.text("v", "w x")
	default:
		switch key := g.at(); key {
		case "alpn":
			g.text("h2", "http/1.1")
		case "min_version":
			g.text("1.2", "1.3")
		case "url", "issuer":
			g.text("https://a.test/x")
		default:
			g.text("a.test", "b.test:"+port, "127.0.0.1:"+port, "1.2", "x")
		}
	}
}
