package config

import (
	"fmt"
	"slices"
	"strings"
)

// Validate returns what is wrong with a document that was built by code. A document from a file was validated already.
func Validate(doc *Document) Problems {
	v := validator{doc: doc}
	v.validate()
	return v.problems
}

// validator checks a document that has the right shape. Paths are built only for what is wrong.
type validator struct {
	doc         *Document
	root        *node           // where the document came from; nil: from code
	damaged     map[string]bool // paths whose value could not be decoded
	problems    Problems
	suggestions int

	clusters     map[string]bool
	clusterNames []string
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
	at := v.root.find(path)
	v.problems.add(at.problem(path, code, message, hint))
}

// full says whether there are more problems already than anybody reads, so that loops over what is worse can end.
func (v *validator) full() bool { return len(v.problems) >= keptProblems }

func (v *validator) validate() {
	d := v.doc
	switch {
	case v.damaged["version"]:
	case v.root != nil && v.root.kind == mapNode && v.root.get("version") == nil:
		v.add("version", CodeMissing, "the version is missing", fmt.Sprintf("start with `version: %d`", Version))
	case d.Version != Version && (v.root == nil || v.root.kind == mapNode):
		v.add("version", CodeVersion, fmt.Sprintf("this gateway does not read version %d", d.Version), fmt.Sprintf("it reads version %d", Version))
	}
	if v.root != nil && v.root.kind != mapNode {
		return // not even a document; said already
	}
	if len(d.Listeners) == 0 && d.ConfigSync == nil {
		v.add("listeners", CodeMissing, "there is no listener", "add one, such as {name: public, address: 127.0.0.1:8080}")
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
	v.sameRequests()
	v.auth()
	v.rest()
}

// names checks the names of a list of things: there, well formed, used once.
func (v *validator) names(list, thing string, count int, name func(i int) string) {
	first := make(map[string]int, count)
	for i := range count {
		if v.full() {
			return
		}
		n, path := name(i), func() string { return joinKey(joinIndex(list, i), "name") }
		if n == "" {
			v.add(path(), CodeMissing, fmt.Sprintf("this %s has no name", thing), "give it one, such as name: "+thing+"-"+fmt.Sprint(i+1))
			continue
		}
		if !validName(n) {
			v.add(path(), CodeName, fmt.Sprintf("%s can't be a name", quote(n)), "use up to 128 of the letters a-z A-Z 0-9 . _ -, starting with a letter or digit")
			continue
		}
		if j, ok := first[n]; ok {
			where := ""
			if at := v.root.find(joinKey(joinIndex(list, j), "name")); at.line > 0 {
				where = fmt.Sprintf(" in line %d", at.line)
			}
			v.add(path(), CodeDupName, fmt.Sprintf("the name %s is taken by another %s%s", quote(n), thing, where), "rename one of them")
			continue
		}
		first[n] = i
	}
}

func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || strings.IndexByte("._-", c) < 0) {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// cluster checks a reference to a cluster.
func (v *validator) cluster(path func() string, name string) {
	if v.clusters[name] {
		return
	}
	v.suggestions++
	v.add(path(), CodeCluster, fmt.Sprintf("no cluster is named %s", quote(name)), suggest(name, v.clusterNames, "the clusters are ", v.suggestions))
}

// oneOf checks that a value is one of a few words.
func (v *validator) oneOf(path func() string, value string, words ...string) {
	if slices.Contains(words, value) {
		return
	}
	v.suggestions++
	v.add(path(), CodeValue, fmt.Sprintf("%s is not one of the values", quote(value)), suggest(value, words, "they are ", v.suggestions))
}

// number is a value that must lie between two bounds.
type number struct {
	key            string
	value          int64
	least, most    int64
	zeroMeansNoEnd bool
}

const noBound = int64(^uint64(0) >> 1)

func (v *validator) numbers(path func() string, ns ...number) {
	for _, n := range ns {
		hint := ""
		if n.zeroMeansNoEnd {
			hint = "0 means no limit"
		}
		switch {
		case n.value < n.least:
			v.add(joinKey(path(), n.key), CodeValue, fmt.Sprintf("%d is too small, and %d is the least", n.value, n.least), hint)
		case n.value > n.most:
			v.add(joinKey(path(), n.key), CodeValue, fmt.Sprintf("%d is too large, and %d is the most", n.value, n.most), hint)
		}
	}
}

// share checks a number between 0 and 1.
func (v *validator) share(path string, f float64) {
	if f < 0 || f > 1 {
		v.add(path, CodeValue, fmt.Sprintf("%g is not between 0 and 1", f), "")
	}
}

// percent checks a percentage between 0% and 100%.
func (v *validator) percent(path string, p Percent) {
	if p < 0 || p > 1 {
		v.add(path, CodeValue, fmt.Sprintf("%s is not between 0%% and 100%%", p), "")
	}
}

func (v *validator) auth() {
	if v.doc.Auth == nil {
		return
	}
	v.names("auth.jwt", "issuer", len(v.doc.Auth.JWT), func(i int) string { return v.doc.Auth.JWT[i].Name })
	for i := range v.doc.Auth.JWT {
		j, path := &v.doc.Auth.JWT[i], joinIndex("auth.jwt", i)
		if j.Issuer == "" {
			v.add(joinKey(path, "issuer"), CodeMissing, "the issuer is missing", "write the value that tokens have as iss")
		}
		if (j.JWKS.URL == "") == (j.JWKS.File == "") {
			v.add(joinKey(path, "jwks"), CodeConflict, "the keys come from exactly one of url and file", "")
		}
	}
}

func (v *validator) rest() {
	d := v.doc
	if d.Admin.Address != AdminOff {
		if _, _, err := splitAddress(d.Admin.Address); err != nil {
			v.add("admin.address", CodeAddress, fmt.Sprintf("%s %s", quote(d.Admin.Address), err), "write host:port, such as "+DefaultAdminAddress+", or off")
		}
	}
	if d.AccessLog.Output == "" {
		v.add("access_log.output", CodeValue, "the output is empty", "write stdout, stderr, off or the path of a file")
	}
	v.share("access_log.sample", d.AccessLog.Sample)
	v.oneOf(func() string { return "access_log.errors" }, d.AccessLog.Errors, ErrorsAlways, ErrorsSampled, ErrorsNever)
	v.numbers(func() string { return "limits" }, number{key: "max_connections", value: int64(d.Limits.MaxConnections), least: 1, most: noBound})
	if d.Reload != nil {
		v.percent("reload.max_error_increase", d.Reload.MaxErrorIncrease)
	}
	if d.Tracing != nil {
		v.share("tracing.sample", d.Tracing.Sample)
		v.oneOf(func() string { return "tracing.otlp.protocol" }, d.Tracing.OTLP.Protocol, "grpc", "http")
	}
	if d.Gossip != nil {
		v.address("gossip.bind", d.Gossip.Bind)
	}
	if d.ConfigSync != nil {
		v.address("config_sync.address", d.ConfigSync.Address)
	}
}

func (v *validator) address(path, value string) {
	if _, _, err := splitAddress(value); err != nil {
		v.add(path, CodeAddress, fmt.Sprintf("%s %s", quote(value), err), "write host:port")
	}
}
