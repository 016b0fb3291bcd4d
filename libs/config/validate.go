package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// Validate returns what is wrong with a document that was built or changed by code. A document from
// a file was validated already.
func Validate(doc *Document) Problems { return Options{}.Validate(doc) }

// Validate is the function Validate with options, of which Running counts.
func (o Options) Validate(doc *Document) Problems {
	doc.warnings = nil
	cautions := doc.cautions // those of the file, with their places
	v := validator{doc: doc, options: &o}
	v.rules(reflect.ValueOf(doc).Elem(), &tags.Rule{}, tags.Cache{})
	v.validate()
	doc.hide(v.problems)
	doc.hide(doc.warnings)
	doc.cautions = cautions
	return v.problems
}

// validator checks a document that has the right shape, beyond what the rules of single fields say:
// what fits together. Paths are built only for what is wrong.
type validator struct {
	doc         *Document
	root        *text.Node      // where the document came from; nil: from code
	damaged     map[string]bool // paths whose value could not be decoded
	problems    Problems
	suggestions int
	trail       text.Trail // of rules
	options     *Options
	reader      filesystem.Reader

	clusters     map[string]bool
	clusterNames []string
	// forEverybody says that the route that is looked at has no auth.
	forEverybody bool
}

// A spot is the path of a value in an entry of a list, such as routes[1].hosts[2].
type spot struct {
	list    string
	index   int
	key     string // "" is the entry itself
	inner   int    // -1: key is not a list
	inInner string
}

// block is a part of the document that is no entry of a list.
func block(name string) spot { return spot{list: name, index: -1, inner: -1} }

func entry(list string, i int) spot { return spot{list: list, index: i, inner: -1} }

func (s spot) of(key string) spot {
	if s.inner >= 0 {
		s.inInner = key
	} else {
		s.key = key
	}
	return s
}

func (s spot) item(key string, i int) spot {
	s.key, s.inner = key, i
	return s
}

func (s spot) String() string {
	path := s.list
	if s.index >= 0 {
		path = text.JoinIndex(s.list, s.index)
	}
	if s.key != "" {
		path = text.JoinKey(path, s.key)
	}
	if s.inner >= 0 {
		path = text.JoinIndex(path, s.inner)
	}
	if s.inInner != "" {
		path = text.JoinKey(path, s.inInner)
	}
	return path
}

func (v *validator) add(path, code, message, hint string) {
	// What could not be decoded, or is within what could not be, was reported already.
	for p := path; p != ""; p = p[:max(strings.LastIndexAny(p, ".["), 0)] {
		if v.damaged[p] {
			return
		}
	}
	if v.full() {
		return
	}
	at := v.root.Find(path)
	v.problems.Add(at.Problem(path, code, message, hint))
}

// wrong notes that a text is not what it has to be. why tells of the text, so it is left out for a
// secret.
func (v *validator) wrong(path, code, value string, why error, hint string) {
	if isSecret(value) {
		v.add(path, code, fmt.Sprintf("the value of %s is of no use here", text.Quote(value)),
			"its value is not shown; "+firstOf(hint, "look at what the secret holds"))
		return
	}
	v.add(path, code, fmt.Sprintf("%s %s", text.Quote(value), why), hint)
}

// value returns what a text stands for.
func (v *validator) value(text string) string { return v.doc.Secret(text) }

// full says whether there are more problems already than anybody reads, so that loops over what is
// worse can end.
func (v *validator) full() bool { return len(v.problems) >= text.MostProblems }

// rules holds every value against the rule of its field, as the decoder does for a file.
func (v *validator) rules(x reflect.Value, r *tags.Rule, cache tags.Cache) {
	switch x.Kind() {
	case reflect.Pointer:
		if !x.IsNil() {
			v.rules(x.Elem(), r, cache)
		}
	case reflect.Struct:
		if x.Type() == prefixType {
			return
		}
		list := cache.Of(x.Type()).List
		for i := range list {
			f := &list[i]
			v.trail.Enter(f.Key)
			v.rules(x.Field(f.Index), &f.Rule, cache)
			v.trail.Leave()
		}
	case reflect.Slice:
		for i := range x.Len() {
			v.trail.EnterIndex(i)
			v.rules(x.Index(i), r, cache)
			v.trail.Leave()
		}
	case reflect.Map:
		for k, e := range x.Seq2() {
			v.trail.Enter(k.String())
			v.rules(e, r, cache)
			v.trail.Leave()
		}
	case reflect.String:
		if !isSecret(x.String()) {
			v.rule(x, r)
		} else if _, ok := v.doc.secrets[x.String()]; !ok || !r.MayBeSecret() {
			note := wrongly
			if r.Secret && r.File {
				note = stale
			}
			note(v, v.trail.String(), CodeSecret, text.Quote(x.String())+
				" is a reference to a secret, and nothing resolved it", "")
		}
	default:
		v.rule(x, r)
	}
}

func (v *validator) rule(x reflect.Value, r *tags.Rule) {
	code, message, hint, words := check(r, x)
	if code == "" {
		return
	}
	if words != nil {
		v.suggestions++
		hint = suggest(x.String(), words, "they are ", v.suggestions)
	}
	v.add(v.trail.String(), code, message, hint)
}

func (v *validator) validate() {
	d := v.doc
	switch {
	case v.damaged["version"]:
	case v.root != nil && v.root.Kind == text.Map && v.root.Get("version") == nil:
		v.add("version", CodeMissing, "the version is missing",
			fmt.Sprintf("start with `version: %d`", Version))
	case d.Version != Version && (v.root == nil || v.root.Kind == text.Map):
		v.add("version", CodeVersion,
			fmt.Sprintf("this gateway does not read version %d", d.Version),
			fmt.Sprintf("it reads version %d", Version))
	}
	if v.root != nil && v.root.Kind != text.Map {
		return // not even a document; said already
	}
	if len(d.Listeners) == 0 && d.ConfigSync == nil && d.HealthAgg == nil {
		v.add("listeners", CodeMissing, "there is no listener",
			"add one: {name: public, address: 127.0.0.1:8080} for HTTP, or {name: db, address: "+
				"127.0.0.1:5432, protocol: tcp, cluster: NAME} for TCP")
	}
	v.clusters = make(map[string]bool, len(d.Clusters))
	for i := range d.Clusters {
		if n := d.Clusters[i].Name; n != "" && !v.clusters[n] {
			v.clusters[n] = true
			v.clusterNames = append(v.clusterNames, n)
		}
	}
	v.listeners()
	v.addressesInUse()
	v.checkClusters()
	v.routes()
	v.noRoutes()
	v.sameRequests()
	v.proxyProtocols()
	v.auth()
	v.admin()
	v.rest()
	v.missing()
}

// names checks the names of a list of things: there, well formed, used once.
func (v *validator) names(list, thing string, count int, name func(i int) string) {
	first := make(map[string]int, count)
	for i := range count {
		if v.full() {
			return
		}
		n := name(i)
		if j, ok := first[n]; ok {
			where := ""
			if at := v.root.Find(entry(list, j).of("name").String()); at.Line > 0 {
				where = fmt.Sprintf(" in line %d", at.Line)
			}
			v.add(entry(list, i).of("name").String(), CodeDupName,
				fmt.Sprintf("the name %s is taken by another %s%s", text.Quote(n), thing, where),
				"rename one of them")
			continue
		}
		switch {
		case n == "":
			v.add(entry(list, i).of("name").String(), CodeMissing,
				fmt.Sprintf("this %s has no name", thing),
				"give it one, such as name: "+thing+"-"+fmt.Sprint(i+1))
		case !validName(n):
			v.add(entry(list, i).of("name").String(), CodeName,
				fmt.Sprintf("%s can't be a name", text.Quote(n)), "use up to 128 of the letters "+
					"a-z A-Z 0-9 . _ -, starting with a letter or digit")
		default:
			first[n] = i
		}
	}
}

func validName(s string) bool {
	for i := range len(s) {
		if !alphanumeric(s[i]) && (i == 0 || strings.IndexByte("._-", s[i]) < 0) {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// cluster checks a reference to a cluster.
func (v *validator) cluster(at spot, name string) {
	if !v.clusters[name] {
		v.unknownCluster(at.String(), name)
	}
}

// unknownCluster notes a reference to a cluster that there is not.
func (v *validator) unknownCluster(path, name string) {
	v.suggestions++
	v.add(path, CodeCluster, fmt.Sprintf("no cluster is named %s", text.Quote(name)),
		suggest(name, v.clusterNames, "the clusters are ", v.suggestions))
}

// admin checks that the admin API is not open to everybody.
func (v *validator) admin() {
	a := &v.doc.Admin
	if a.Token != "" && !validBearer(v.value(a.Token)) {
		const hint = "make one with: openssl rand -hex 32"
		if isSecret(a.Token) {
			v.wrong("admin.token", CodeValue, a.Token, nil, hint)
		} else { // it may be near to the real one
			v.add("admin.token", CodeValue, fmt.Sprintf(
				"the token is not made of %d to 4096 letters, digits and - . _ ~ + /", minToken),
				hint)
		}
	}
	if a.Probes != "" {
		v.place("admin.probes", a.Probes, "write host:port, such as 0.0.0.0:9902")
	}
	address := v.value(a.Address)
	if address == AdminOff {
		return
	}
	host, _, ok := v.place("admin.address", a.Address,
		"write host:port, such as "+DefaultAdminAddress+", or off")
	if !ok || strings.HasPrefix(address, UnixScheme) {
		return // its file says who may connect
	}
	if a.Token == "" && !hostname.Loopback(host) && !v.damaged["admin.token"] {
		v.wrong("admin.address", CodeAdminOpen, a.Address, errors.New(
			"is not on loopback, where anybody could use the admin API"),
			"set admin.token, or bind to 127.0.0.1, ::1 or localhost")
	}
}

// minToken is the shortest token that is not guessed.
const minToken = 16

// CheckToken says whether a text can be the token of an admin API, as admin.token has to be.
func CheckToken(token string) error {
	if !validBearer(token) { // what it is may be near to the real one
		return fmt.Errorf("the token is not made of %d to 4096 letters, digits and - . _ ~ + /; "+
			"make one with: openssl rand -hex 32", minToken)
	}
	return nil
}

// validBearer says whether s can be sent as a bearer token (RFC 6750 section 2.1), and is long
// enough.
func validBearer(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if !alphanumeric(body[i]) && strings.IndexByte("-._~+/", body[i]) < 0 {
			return false
		}
	}
	return len(body) >= minToken && len(s) <= 4096
}

func (v *validator) rest() {
	v.accessLog()
	v.tracing()
	v.gossip()
	v.configSync()
	v.healthAgg()
}
