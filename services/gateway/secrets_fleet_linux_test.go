package main_test

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config/sample"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// secretNode is an edge's own file, and secretFleet what is published to it. Both have secrets
// wherever a document may have one and be valid, each with its own value.
const (
	secretNode = `{"version": 1,
"admin": {"address": "secret:env:ADMIN", "token": "secret:file:token",
	"probes": "secret:env:PROBES"},
"access_log": {"output": "secret:env:LOG", "redact": {"query": ["secret:env:PARAMETER"]}},
"config_sync": {"address": "secret:env:SYNC", "node": "edge-1", "cache": "secret:env:CACHE",
	"public_key": "secret:env:SIGNER", "fleet": "prod"}}`
	secretFleet = `{"version": 1,
"listeners": [
	{"name": "public", "address": "secret:env:PUBLIC"},
	{"name": "tls", "address": "secret:env:TLS", "tls": {"certificates": [
		{"cert": "secret:env:CERT", "key": "secret:file:key"}]}},
	{"name": "mtls", "address": "secret:env:MTLS", "tls": {"certificates": [
		{"cert": "secret:env:CERT", "key": "secret:env:KEY"}], "client_ca": "secret:env:CA"}}],
"clusters": [
	{"name": "users", "protocol": "h2", "endpoints": [{"address": "secret:env:USERS"}],
		"sticky": {"cookie": "gw", "ttl": "1h", "secret": "secret:env:STICKY"},
		"security": {"mode": "mtls", "ca": "secret:env:CA", "cert": "secret:env:CERT",
			"key": "secret:env:KEY", "server_name": "secret:env:NAME"},
		"health": {"active": {"type": "http", "path": "secret:env:CHECKPATH",
			"host": "secret:env:CHECKHOST", "interval": "100ms", "timeout": "50ms"}}},
	{"name": "gone", "protocol": "h2", "endpoints": [{"address": "secret:env:GONE"}],
		"security": {"mode": "tls", "ca": "secret:env:CA", "server_name": "secret:env:NAME",
			"pins": ["secret:env:PIN"]},
		"health": {"active": {"type": "grpc", "service": "secret:env:SERVICE",
			"interval": "100ms", "timeout": "50ms"}}}],
` + secretAuth + `,
"tracing": {"sample": 1, "service": "secret:env:TRACER", "attributes": {"a": "secret:env:TRAIT"},
	"otlp": {"endpoint": "secret:env:COLLECTOR", "protocol": "http", "timeout": "1s",
		"path": "secret:env:OTLPPATH", "headers": {"X-Key": "secret:env:OTLPKEY"}}},
"routes": [
` + secretAuthRoutes + `
	{"name": "all", "cluster": "users", "headers": {
		"request": {"set": {"X-Key": "secret:env:ASKED"}, "add": {"X-More": "secret:env:ADDED"},
			"replace": {"X-R": {"regex": "secret:env:FIND", "with": "secret:env:WITH"}}},
		"response": {"set": {"X-Key": "secret:env:ANSWERED"},
			"add": {"X-More": "secret:env:ADDEDBACK"},
			"replace": {"X-R": {"regex": "secret:env:FINDBACK",
				"with": "secret:env:WITHBACK"}}}}},
	{"name": "gone", "path_prefix": "/gone", "cluster": "gone"},
	{"name": "host", "hosts": ["secret:env:HOST"], "cluster": "users"},
	{"name": "path", "path": "secret:env:PATHS", "cluster": "users"},
	{"name": "prefix", "path_prefix": "secret:env:PREFIX", "cluster": "users",
		"rewrite": {"replace_prefix": "secret:env:REPLACE"}},
	{"name": "regex", "path_regex": "secret:env:REGEX", "cluster": "users"},
	{"name": "when", "path_prefix": "/when", "cluster": "users", "when": {
		"headers": {"A": {"exact": "secret:env:HEXACT"}, "B": {"prefix": "secret:env:HPREFIX"},
			"C": {"suffix": "secret:env:HSUFFIX"}, "D": {"regex": "secret:env:HREGEX"},
			"E": {"not": "secret:env:HNOT"}},
		"query": {"a": {"exact": "secret:env:QEXACT"}, "b": {"prefix": "secret:env:QPREFIX"},
			"c": {"suffix": "secret:env:QSUFFIX"}, "d": {"regex": "secret:env:QREGEX"},
			"e": {"not": "secret:env:QNOT"}},
		"cookies": {"a": {"exact": "secret:env:CEXACT"}, "b": {"prefix": "secret:env:CPREFIX"},
			"c": {"suffix": "secret:env:CSUFFIX"}, "d": {"regex": "secret:env:CREGEX"},
			"e": {"not": "secret:env:CNOT"}}}},
	{"name": "moved", "path_prefix": "/moved", "redirect": {"host": "secret:env:MOVEDHOST",
		"path": "secret:env:MOVEDPATH"}},
	{"name": "renamed", "path_prefix": "/renamed",
		"redirect": {"replace_prefix": "secret:env:RENAMED"}},
	{"name": "fixed", "path_prefix": "/fixed", "respond": {"body": "secret:env:BODY",
		"content_type": "secret:env:TYPE", "headers": {"X-Key": "secret:env:FIXED"}}}]}`
)

// unplanted are the places that neither document has a secret in, and why.
var unplanted = map[string]string{
	"listeners[].tls.certificates[].ocsp": "tried with files in libs/tlsconf",
	"listeners[].sni[].hosts[]":           "for the relay",
	"clusters[].health.active.status":     "numbers",
	"config_sync.node":                    "others are told it: it is who speaks",
	"config_sync.labels.*":                "others are told them",
	"config_sync.fleet":                   "others are told it",
	"config_sync.replicas[]":              "as address",
	"gossip.bind":                         "in TestNoOutputHasTheValueOfASecret",
	"gossip.join[]":                       "in TestNoOutputHasTheValueOfASecret",
	"gossip.key":                          "in TestNoOutputHasTheValueOfASecret",
	"gossip.name":                         "others are told it",
	"gossip.advertise":                    "others are told it",
	"gossip.accept_keys[]":                "as key",
	"gossip.voters[]":                     "names of nodes: others are told them",
	"upgrade.binary":                      "every user of the machine sees what runs",
	"healthagg.address":                   "in TestNoOutputHasTheValueOfASecret",
	"healthagg.history":                   "in TestNoOutputHasTheValueOfASecret",
	"routes[].redirect.scheme":            "one of two words",
	"listeners[].forwarded.proto":         "one of two words",
	"listeners[].unix.mode":               "a number",
	"listeners[].unix.user":               "has to be an account of the machine",
	"listeners[].unix.group":              "has to be a group of the machine",
	"routes[].client_certificate.names[]": "needs a listener with client_ca alone",
	"auth.jwt[].algorithms[]":             "fixed words",
	"routes[].openapi.spec":               "needs the path of a document",
	"routes[].openapi.base_path":          "a path of the API",
	"routes[].openapi.copies[].url":       "has to be a URL",
	"routes[].openapi.copies[].folder":    "a folder, as spec",
}

// unplantedBelow are such places by what they begin with.
var unplantedBelow = map[string]string{
	"healthagg.tls.":         "as listeners[].tls",
	"config_sync.security.":  "as clusters[].security",
	"tracing.otlp.security.": "as clusters[].security",
}

// hasSecret reports whether a document has a reference at a place, as sample.SecretPlaces names it.
func hasSecret(node any, path []string) bool {
	if len(path) == 0 {
		s, ok := node.(string)
		return ok && strings.HasPrefix(s, "secret:")
	}
	switch node := node.(type) {
	case []any:
		return path[0] == "[]" &&
			slices.ContainsFunc(node, func(n any) bool { return hasSecret(n, path[1:]) })
	case map[string]any:
		if path[0] != "*" {
			return hasSecret(node[path[0]], path[1:])
		}
		for _, n := range node {
			if hasSecret(n, path[1:]) {
				return true
			}
		}
	}
	return false
}

// A new key that may be a secret has to be planted, or to be said why not.
func TestTheDocumentsOfTheFleetHaveSecretsInEveryPlace(t *testing.T) {
	var documents []any
	for _, text := range []string{secretNode, secretFleet} {
		var d any
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	for _, place := range sample.SecretPlaces() {
		path := strings.Split(strings.ReplaceAll(place, "[]", ".[]"), ".")
		has := slices.ContainsFunc(documents, func(d any) bool { return hasSecret(d, path) })
		why := unplanted[place] != "" || strings.HasSuffix(place, ".ciphers[]") // fixed words
		for below := range unplantedBelow {
			why = why || strings.HasPrefix(place, below)
		}
		if has == why {
			t.Errorf("%s: planted %v, excused %v", place, has, why)
		}
	}
}

// mark is a value that comes nowhere else.
func mark() string { return fmt.Sprintf("pl%016xnt", rand.Uint64()) }

// pem plants a PEM text in the environment; its lines are looked for, one by one.
func (p *planted) pem(name string, text []byte) string {
	p.env = append(p.env, name+"="+string(text))
	p.lines(name, string(text))
	return string(text)
}

// lines makes the lines of a PEM text values.
func (p *planted) lines(name, text string) {
	for i, line := range strings.Split(text, "\n") {
		if len(line) >= 20 && !strings.HasPrefix(line, "-----") {
			p.values[fmt.Sprint(name, " line ", i)] = line
		}
	}
}

// badKeys are what people give as a key that is none, or not the one that fits.
func badKeys(key, other string) map[string]string {
	block, _ := pem.Decode([]byte(key))
	return map[string]string{
		"BOM":    "\ufeff" + key,
		"QUOTES": `"` + key + `"`,
		"BARE":   base64.StdEncoding.EncodeToString(block.Bytes),
		"OTHER":  other,
		"CUT":    key[:len(key)-40],
		"WORD":   mark(),
	}
}

// Nothing that a fleet's documents have as secrets is in an output of its edge, config-sync or
// operators, nor in what these keep on disk: not of a revision that is good, nor of one that no
// node can run.
func TestNoOutputOfAFleetHasTheValueOfASecret(t *testing.T) {
	t.Parallel()
	p := &planted{t: t, dir: t.TempDir(), values: map[string]string{}}
	for _, name := range []string{
		"ADMIN", "PROBES", "SYNC", "PUBLIC", "TLS", "MTLS", "GONE", "COLLECTOR",
	} {
		p.address(name)
	}
	for _, name := range []string{
		"SERVICE", "ASKED", "ANSWERED", "HEXACT", "HPREFIX", "HSUFFIX", "HREGEX", "HNOT",
		"QEXACT", "QPREFIX", "QSUFFIX", "QREGEX", "QNOT", "CEXACT", "CPREFIX", "CSUFFIX",
		"CREGEX", "CNOT", "BODY", "FIXED", "ADDED", "FIND", "WITH", "ADDEDBACK", "FINDBACK",
		"WITHBACK", "STICKY", "TRACER", "TRAIT", "OTLPKEY",
	} {
		p.text(name, mark())
	}
	for _, name := range []string{
		"CHECKPATH", "PATHS", "PREFIX", "REPLACE", "REGEX", "MOVEDPATH", "RENAMED", "OTLPPATH",
	} {
		p.text(name, "/"+mark())
	}
	p.text("CHECKHOST", mark()+".test")
	p.text("HOST", mark()+".test")
	p.text("MOVEDHOST", mark()+".test")
	p.text("TYPE", "text/"+mark())
	p.text("PIN", "sha256/"+base64.StdEncoding.EncodeToString([]byte(mark() + mark())[:32]))
	p.text("PARAMETER", mark())
	p.text("LOG", filepath.Join(p.dir, mark()))
	p.text("CACHE", filepath.Join(p.dir, mark()))
	p.file("token", mark())
	p.plantAuth()
	name := p.text("NAME", mark()+".test")

	authority := testkit.NewAuthority(t)
	// The names in a certificate that clients are shown are no secrets.
	leaf, endpoint := authority.Leaf(t, nil, "front.test"), authority.Leaf(t, nil, name)
	other := authority.Leaf(t, nil, "other.test")
	p.pem("CA", authority.PEM)
	p.pem("CERT", leaf.Cert)
	key := p.pem("KEY", leaf.Key)
	p.lines("other key", string(other.Key))
	keyFile := filepath.Join(p.dir, "key")
	put := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	put(keyFile, key)
	bad := badKeys(key, string(other.Key))
	for name, text := range bad {
		p.env = append(p.env, "BAD"+name+"="+text)
		p.values["BAD"+name] = strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")[0]
		if strings.Contains(p.values["BAD"+name], "-----BEGIN") {
			delete(p.values, "BAD"+name) // its lines are looked for
		}
	}
	signer, public := signingKey(t, p.dir, "publisher")
	signature, err := os.ReadFile(public)
	if err != nil {
		t.Fatal(err)
	}
	p.pem("SIGNER", signature)
	secured := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "ok")
		}),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{endpoint.TLS(t)}, ClientCAs: authority.Pool(),
			ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"h2"},
		},
		ErrorLog: log.New(io.Discard, "", 0), // checks hang up
	}
	ln, err := net.Listen("tcp", p.address("USERS"))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = secured.ServeTLS(ln, "", "") }()
	t.Cleanup(func() { _ = secured.Close(); <-served })

	run := func(find func() (string, error), args ...string) *process {
		t.Helper()
		path, err := find()
		if err != nil {
			t.Fatal(err)
		}
		cmd := clean(t, p.dir, exec.Command(path, append(args, "--log-level", "debug")...))
		cmd.Env = append(cmd.Env, p.env...)
		return launch(t, cmd)
	}
	store := filepath.Join(p.dir, "store")
	sync := run(testkit.ConfigsyncBinary, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
		"--store", store, "--heartbeat", "50ms")
	server := sync.says(`listener grpc: grpc://(\S+)\n`)[1]
	p.env = append(p.env, "GATEWAY_CONFIG_SYNC="+server)
	for i, pair := range p.env { // the address that is planted leads to it
		if strings.HasPrefix(pair, "SYNC=") {
			p.env[i] = "SYNC=" + server
			delete(p.values, "SYNC") // config-sync's own address, and no secret of its
		}
	}
	node := filepath.Join(p.dir, "node.json")
	put(node, secretNode)
	edge := run(testkit.EdgeBinary, "--config", node)
	edge.says(`config-sync: connected`)

	document := filepath.Join(p.dir, "fleet.json")
	publish := func(text string) string {
		t.Helper()
		put(document, text)
		out := p.run("fleet", "publish", document, "--rollout", "100%", "--bake", "0s",
			"--sign-key", signer, "--fleet", "prod", "-m", "a message")
		p.absent("fleet publish", out)
		return out
	}
	look := func(when string) {
		t.Helper()
		for _, args := range [][]string{
			{"fleet", "status"}, {"fleet", "status", "--json"}, {"fleet", "history"},
			{"fleet", "history", "--json"}, {"fleet", "show", "1"}, {"fleet", "show", "2"},
			{"status", "--config", node}, {"status", "--json", "--config", node},
			{"config", "validate", document}, {"config", "validate", "--json", document},
			{"config", "show", document}, {"config", "show", "--json", document},
			{"config", "show", "--route", "GET a.test/gone", document},
		} {
			p.absent(when+": gateway "+strings.Join(args[:2], " "), p.run(args...))
		}
		for _, path := range []string{
			"/status", "/config", "/metrics", "/catalog", "/timeline", "/readyz", "/why/planted",
		} {
			p.absent(when+": "+path, p.ask("GET", p.values["ADMIN"], path, p.values["token"]))
		}
	}
	if out := publish(secretFleet); !strings.Contains(out, "is good") {
		t.Fatalf("%s\n%s", out, edge.said())
	}
	testkit.Eventually(t, "the endpoint that is there answers", func() bool {
		return strings.HasSuffix(p.ask("GET", p.values["PUBLIC"], "/", ""), "ok")
	})
	for _, path := range []string{"/gone", "/when", "/moved/x", "/renamed/x", "/fixed"} {
		p.ask("GET", p.values["PUBLIC"], path, "")
	}
	p.askAuth()
	look("at work")
	for name, text := range bad {
		publish(strings.Replace(secretFleet, "secret:env:KEY", "secret:env:BAD"+name, 1))
		// A pair that is of no use leaves the one before in its place.
		edge.says(`key secret:env:BAD` + name + `: .* the one that was read before stays`)
		put(keyFile, text)
		p.absent("a reload", p.ask("POST", p.values["ADMIN"], "/reload", p.values["token"]))
		put(keyFile, key)
	}
	for _, wrong := range [][2]string{
		{"secret:env:PIN", "secret:env:BODY"}, {"secret:env:REGEX", "secret:env:PIN"},
		{"secret:env:USERS", "secret:env:BODY"}, {"secret:env:CA", "secret:env:BODY"},
		{"secret:env:CERT", "secret:env:PATHS"}, {"secret:env:HOST", "secret:env:PATHS"},
		{"secret:env:PUBLIC", "secret:env:HOST"}, {"secret:env:TYPE", "secret:env:CERT"},
	} {
		publish(strings.ReplaceAll(secretFleet, wrong[0], wrong[1]))
	}
	look("after bad ones")
	edge.end(syscall.SIGTERM, 0)
	p.absent("the edge's stderr", edge.said())
	p.absent("the edge's stdout", edge.stdout.String())

	edge = run(testkit.EdgeBinary, "--config", node)
	edge.says(`starts from the last good configuration`)
	edge.says(`msg=ready`)
	edge.end(syscall.SIGTERM, 0)
	p.absent("the stderr of an edge with a cache", edge.said())
	sync.end(syscall.SIGTERM, 0)
	p.absent("config-sync's stderr", sync.said())
	p.absent("config-sync's stdout", sync.stdout.String())

	for what, place := range map[string]string{
		"the store": store, "the cache": p.values["CACHE"], "the access log": p.values["LOG"],
	} {
		files := 0
		if err := filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			p.absent(what+": "+filepath.Base(path), string(text))
			files++
			return err
		}); err != nil || files == 0 {
			t.Errorf("%s: %d files, %v", what, files, err)
		}
	}
}
