package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

func TestProblemSaysWhereWhatAndWhatToDo(t *testing.T) {
	const text = minimal + "routes:\n  - name: a\n    cluster: users\n  - name: b\n    cluster: " +
		"user\n    path_prefix: /b\n"
	_, ps := config.Decode("gateway.yaml", []byte(text))
	const want = `gateway.yaml:10:14: routes[1].cluster: E_UNKNOWN_CLUSTER: ` +
		`no cluster is named "user"; did you mean "users"?`
	if len(ps) != 1 || ps[0].String() != want {
		t.Errorf("got  %v\nwant %s", ps, want)
	}
}

// Each case is appended to minimal, which has five lines, and shows what is found: line:column path
// code, and words of the message or hint.
func TestEachMistakeIsFound(t *testing.T) {
	for _, c := range []struct{ add, want, words string }{
		{"rutes: []", "6:1 rutes E_UNKNOWN_KEY", `did you mean "routes"?`},
		{"x: 1", "6:1 x E_UNKNOWN_KEY", `the keys are version, defaults, listeners`},
		{"drain: {timeout: 5}", "6:18 drain.timeout E_UNIT", "write 5s"},
		{"drain: {timeout: '5'}", "6:18 drain.timeout E_UNIT", "10s"},
		{"drain: {timeout: '0'}", "6:18 drain.timeout E_UNIT", "write 0s"},
		{"drain: {timeout: 5 fortnights}", "6:18 drain.timeout E_TYPE", "the units are"},
		{"drain: {timeout: -5s}", "6:18 drain.timeout E_VALUE", "negative"},
		{"drain: {timeout: [1s]}", "6:18 drain.timeout E_TYPE", "a list"},
		{"drain: [1s]", "6:8 drain E_TYPE", "a mapping is wanted"},
		{"drain: {timeout: }", "6:18 drain.timeout E_TYPE", "missing"},
		{"drain: {timeout: 1s, timeout: 2s}", "6:22  E_DUPLICATE_KEY",
			`"timeout" is in this mapping twice, first in line 6`},
		{"limits: {max_connections: many}", "6:27 limits.max_connections E_TYPE",
			"a whole number is wanted"},
		{"limits: {max_connections: 1.5}", "6:27 limits.max_connections E_TYPE",
			"a whole number is wanted"},
		{"limits: {max_connections: -1}", "6:27 limits.max_connections E_VALUE", "1 is the least"},
		{"limits: {max_connections: 010}", "6:27 limits.max_connections E_TYPE", "decimal"},
		{"limits: {max_connections: 99999999999999999999}", "6:27 limits.max_connections E_TYPE",
			""},
		{"access_log: {sample: 1.5}", "6:22 access_log.sample E_VALUE", "between 0 and 1"},
		{"access_log: {sample: .nan}", "6:22 access_log.sample E_TYPE", ""},
		{"access_log: {errors: alway}", "6:22 access_log.errors E_VALUE", `did you mean "always"?`},
		{"access_log: {output: 1}", "6:22 access_log.output E_TYPE", `put it in quotes: "1"`},
		{"admin: {address: localhost}", "6:18 admin.address E_ADDRESS", "has no port"},
		{"admin: {address: 127.0.0.1:8080}", "6:18 admin.address E_ADDRESS_IN_USE",
			"listeners[0].address in line 3"},
		{"admin: {address: ':8080'}", "6:18 admin.address E_ADDRESS_IN_USE", ""},
		{"admin: {address: 'localhost:8080'}", "6:18 admin.address E_ADDRESS_IN_USE", ""},
		{"admin: {address: '[::ffff:127.0.0.1]:8080'}", "6:18 admin.address E_ADDRESS_IN_USE",
			"listeners[0].address in line 3"},
		{"admin: {address: '[::ffff:7f00:1]:8080'}", "6:18 admin.address E_ADDRESS_IN_USE", ""},
		{"admin: {address: '[::ffff:0.0.0.0]:8080', token: 0123456789abcdef}",
			"6:18 admin.address E_ADDRESS_IN_USE", ""},
		{"admin: {address: '[0:0::0]:8080', token: 0123456789abcdef}",
			"6:18 admin.address E_ADDRESS_IN_USE", ""},
		{"gossip: {bind: '127.0.0.1:8080'}", "6:16 gossip.bind E_ADDRESS_IN_USE", ""},
		{"healthagg: {address: '127.0.0.1:8080'}", "6:22 healthagg.address E_ADDRESS_IN_USE", ""},
		{"admin: {address: '127.0.0.1:http'}", "6:18 admin.address E_ADDRESS", "0 to 65535"},
		{"admin: {address: '::1:80'}", "6:18 admin.address E_ADDRESS", "without brackets"},
		{"drain: {timeout: 1s} # routes:", "1:1 routes E_MISSING", "routes: []"},
		{"routes:", "6:8 routes E_MISSING", "cut off"},
		{"routes: # [{name: a, cluster: users}]", "6:8 routes E_MISSING", `"public"`},
		{"routes: [{cluster: users}]", "6:10 routes[0].name E_MISSING", "name: route-1"},
		{"routes: [{name: a}]", "6:10 routes[0].cluster E_MISSING", "goes nowhere"},
		{"routes: [{name: a b, cluster: users}]", "6:17 routes[0].name E_NAME", ""},
		{"routes: [{name: a, cluster: users, hosts: api.org}]", "6:43 routes[0].hosts E_TYPE",
			"write [api.org]"},
		{"routes: [{name: a, cluster: users, hosts: ['a*.org']}]", "6:44 routes[0].hosts[0] E_HOST",
			"*.example.org"},
		{"routes: [{name: a, cluster: users, hosts: ['a.org:80']}]",
			"6:44 routes[0].hosts[0] E_HOST", "port"},
		{"routes: [{name: a, cluster: users, hosts: [-ü.de]}]", "6:44 routes[0].hosts[0] E_HOST",
			"IDNA"},
		{"routes: [{name: a, cluster: users, hosts: [bücher.de, XN--bcher-kva.DE]}]",
			"6:55 routes[0].hosts[1] E_VALUE", "twice"},
		{"routes: [{name: a, cluster: users, hosts: [a.org, A.ORG.]}]",
			"6:51 routes[0].hosts[1] E_VALUE", "twice"},
		{"routes: [{name: a, cluster: users, path_prefix: users}]",
			"6:49 routes[0].path_prefix E_PATH_PREFIX", "slash"},
		{"routes: [{name: a, cluster: users, path_prefix: '/a/*'}]",
			"6:49 routes[0].path_prefix E_PATH_PREFIX", "wildcards"},
		{"routes: [{name: a, cluster: users, path_prefix: /a/../b}]",
			"6:49 routes[0].path_prefix E_UNREACHABLE_ROUTE", "dot segment"},
		{"routes: [{name: a, cluster: users, path_prefix: '/a?b'}]",
			"6:49 routes[0].path_prefix E_PATH_PREFIX", "query"},
		{"routes: [{name: a, cluster: users, methods: [get]}]",
			"6:46 routes[0].methods[0] E_METHOD", "write GET"},
		{"routes: [{name: a, cluster: users, max_body_bytes: -1}]",
			"6:52 routes[0].max_body_bytes E_VALUE", "0 means no limit"},
		{"routes: [{name: a, cluster: users}, {name: a, cluster: users, path_prefix: /b}]",
			"6:44 routes[1].name E_DUPLICATE_NAME", "in line 6"},
		{"routes:\n- {name: a, cluster: users, path_prefix: /x/}\n- {name: b, cluster: users, " +
			"hosts: [a.org, '*'], path_prefix: /x}", "8:3 routes[1] E_DUPLICATE_ROUTE",
			`routes[0] "a" in line 7: any host, path prefix /x`},
		{"routes:\n- {name: a, cluster: users, methods: [GET, POST]}\n- {name: b, cluster: " +
			"users, methods: [POST]}", "8:3 routes[1] E_DUPLICATE_ROUTE", "in line 7"},
		{"routes: [null]", "6:10 routes[0] E_TYPE", "empty"},
		{"routes: &r [*r]", "6:9  E_TOO_LARGE", "nested"},
		{"<<: {}", "6:1  E_SYNTAX", "<<"},
		{"routes: [", "", "E_SYNTAX"},
		{"\tdrain: {}", "", "E_SYNTAX"},
		{"---\nversion: 1", "", "second document"},
		{"routes: [{name: a, cluster: {{ tpl }}}]", "6:30  E_SYNTAX", "fill it in first"},
		{
			"routes:\n  - name: a\n    cluster: {{ .Values.x }}", "8:15  E_SYNTAX",
			"fill it in first",
		},
		{"{{ range .Routes }}\n- {name: a}\n{{ end }}", "", "fill it in first"},
		{"routes:\n{% for r in x %}\n- {name: a}", "", "fill it in first"},
		{"routes: [{name: a, cluster: ${C}}]", "", "secret:env:NAME"},
		{"routes: !include r.yaml", "6:9  E_TYPE", "a configuration is one file"},
		{"routes: [{name: a, cluster: !env C}]", "6:29  E_TYPE", "secret:env:C;"},
		{"routes: !reset []", "6:9  E_TYPE", `"!reset" means nothing here`},
		{"limits: !vault {max_connections: 7}", "6:9  E_TYPE", "secret:file:PATH"},
		{
			"routes: [{name: a, cluster: users, hosts: [*.a.test]}]", "",
			"put a text that begins with *",
		},
		{"routes: [{name: a, cluster: users, hosts: [*]}]", "", "put a text that begins with *"},
		{"routes: [{name: a, cluster: users, path_prefix: /straße}]",
			"6:49 routes[0].path_prefix E_PATH_PREFIX", "has 'ß', which a path has only " +
				"percent-encoded, as %C3%9F"},
		{"routes: [{name: a, cluster: users, path_prefix: '/a b'}]",
			"6:49 routes[0].path_prefix E_PATH_PREFIX", "as %20"},
		{"routes: [{name: a, cluster: users, path_prefix: /日本}]",
			"6:49 routes[0].path_prefix E_PATH_PREFIX", "'日'"},
		{"a\x00b: 1", "6:2  E_ENCODING", "0x00"},
		{"é: \xff", "6:4  E_ENCODING", "0xff"},
	} {
		d, ps := config.Decode("f.yaml", []byte(sparse(minimal+c.add+"\n")))
		if d != nil || len(ps) == 0 {
			t.Errorf("%s: no problem found", c.add)
			continue
		}
		var all []string
		found := false
		for _, p := range ps {
			at := fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, p.Path, p.Code)
			all = append(all, p.String())
			found = found || (at == c.want || c.want == "") && strings.Contains(p.String(), c.words)
		}
		if !found || len(ps) > 2 {
			t.Errorf("%s:\n got %s\nwant %s … %s", c.add, strings.Join(all, "\n     "), c.want,
				c.words)
		}
	}
}

func TestMistakesInListenersAndClusters(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "1:1: E_MISSING: the document is empty"},
		{"[]", "1:1: E_TYPE: this is a list"},
		{"version: 2", "1:10: version: E_VERSION: this gateway does not read version 2"},
		{"version: x", "1:10: version: E_TYPE"},
		{"listeners: []", "version: E_MISSING"},
		{"version: 1", "listeners: E_MISSING: there is no listener"},
		{"version: 1\n" +
			"listeners:\n" +
			"- {name: a, address: 0.0.0.0:80}\n" +
			"- {name: b, address: '127.0.0.1:80'}",
			"4:22: listeners[1].address: E_ADDRESS_IN_USE"},
		{"version: 1\n" +
			"listeners:\n" +
			"- {name: a, address: '[::1]:80'}\n" +
			"- {name: b, address: ':80'}",
			"4:22: listeners[1].address: E_ADDRESS_IN_USE"},
		{"version: 1\n" +
			"listeners:\n" +
			"- {name: a, address: localhost:80}\n" +
			"- {name: a, address: 127.0.0.1:80}",
			"E_DUPLICATE_NAME"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1', cluster: c}]",
			"E_CONFLICT: an http listener has no cluster"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1', protocol: udp}]",
			"they are http, tcp"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1', limits: {max_headers: 0}}]",
			"listeners[0].limits.max_headers: E_VALUE: 0 is too small"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1', trusted_proxies: [10.0.0.1]}]",
			"write 10.0.0.1/32"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1'}]\n" +
			"clusters: [{name: c}]",
			"3:12: clusters[0].endpoints: E_MISSING"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1'}]\n" +
			"clusters: [{name: c, endpoints: [{address: 'h:1', weight: 0}]}]",
			"clusters[0].endpoints: E_WEIGHTS"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1'}]\n" +
			"clusters: [{name: c, endpoints: [{address: ':1'}]}]",
			"E_ADDRESS: \":1\" can't be connected to"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1'}]\n" +
			"clusters: [{name: c, endpoints: [{address: 'h:1'}, {address: 'H.:1'}]}]",
			"is clusters[0].endpoints[0] already"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1'}]\n" +
			"clusters: [{name: c, endpoints: [{address: 'h:1', weight: -1}]}]",
			"weight: E_VALUE: -1 is too small, and 0 is the least; 0 takes the endpoint out"},
		{"version: 1\n" +
			"listeners: [{name: a, address: ':1'}]\n" +
			"clusters: [{name: c, endpoints: [{address: 256.1.1.1:80}]}]",
			"are no IP address"},
	} {
		_, ps := config.Decode("f.yaml", []byte(c.text))
		if !strings.Contains(ps.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.text, ps, c.want)
		}
	}
}

// An upload that breaks off, or a full disk, leaves the beginning of a file. It is no configuration
// that answers everything with 404, wherever it ends.
func TestTheBeginningOfAFileIsNoConfigurationWithoutRoutes(t *testing.T) {
	lines := strings.SplitAfter(whole, "\n")
	for n := range lines {
		d, ps := config.Decode("f.yaml", []byte(strings.Join(lines[:n], "")))
		if len(ps) == 0 && len(d.Routes) == 0 {
			t.Errorf("the first %d of %d lines pass, without a route", n, len(lines))
		}
	}
	for text, want := range map[string]string{
		// Sessions of a tcp listener go where it says, and no route leads there.
		"listeners: [{name: a, address: ':1', protocol: tcp, cluster: users}]": "",
		"listeners: [{name: a, address: ':1'}]\nroutes: []":                    "",
		"listeners: [{name: a, address: ':1'}]\nroutes: null":                  "E_MISSING",
		"listeners: [{name: a, address: ':1'}]":                                "E_MISSING",
		// These nodes get their routes from elsewhere.
		"listeners: [{name: a, address: ':1'}]\nconfig_sync: {address: 'localhost:1', node: a, " +
			"cache: c, security: {mode: none}}": "",
	} {
		_, ps := config.Decode("f.yaml", []byte("version: 1\nclusters: [{name: users, endpoints: "+
			"[{address: 127.0.0.1:9001}]}]\n"+text+"\n"))
		if got := ps.Error(); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestListenersThatDoNotCollideAreFine(t *testing.T) {
	decode(t, "f.yaml", "version: 1\nlisteners:\n- {name: a, address: 127.0.0.1:80}\n- {name: "+
		"b, address: 127.0.0.2:80}\n- {name: c, address: '[::1]:80'}\n- {name: d, address: "+
		"':0'}\n- {name: e, address: ':0'}\n- {name: f, address: ':9901'}\nroutes: []\n")
}

func TestAllProblemsComeInOrder(t *testing.T) {
	_, ps := config.Decode("f.yaml", []byte("routes: [{name: a, cluster: x}]\nversion: "+
		"3\nlisteners: [{name: '', address: x, foo: 1}]\ndrain: {timeout: 5}\n"))
	var lines []string
	last := 0
	for _, p := range ps {
		if p.Line*1000+p.Column < last {
			t.Error("not in order")
		}
		last = p.Line*1000 + p.Column
		lines = append(lines, p.Code)
	}
	if got, want := strings.Join(lines, " "),
		"E_UNKNOWN_CLUSTER E_VERSION E_MISSING E_ADDRESS E_UNKNOWN_KEY E_UNIT"; got != want {
		t.Errorf("got  %s\nwant %s\n%v", got, want, ps)
	}
}

func TestAValueThatCannotBeReadIsReportedOnce(t *testing.T) {
	_, ps := config.Decode("f.yaml", []byte("version: x\nlisteners: [{name: 1, address: "+
		"2}]\nclusters: [{name: c, endpoints: [{address: 'a:1', weight: heavy}]}]\nroutes: "+
		"[{name: a, cluster: [c]}, {name: b, cluster: c, hosts: 3}]\n"))
	for _, p := range ps {
		if p.Code != config.CodeType {
			t.Errorf("unexpected: %s", p)
		}
	}
	if len(ps) != 6 {
		t.Errorf("%d problems, want 6:\n%v", len(ps), ps)
	}
}

func TestJSONProblemsHavePlaces(t *testing.T) {
	for text, want := range map[string]string{
		"{\n  \"version\": 1,\n\t\"é\": 2, \"bad\": 3}": "f.json:3:10: bad: E_UNKNOWN_KEY",
		"{\"version\": 1,\n \"version\": 1}":            "f.json:2:2: E_DUPLICATE_KEY",
		"{\"version\": 1": "f.json:1:14: E_SYNTAX: this is not " +
			"JSON: it ends too early",
		"{\"version\": 1}\n{}":          "f.json:2:1: E_SYNTAX: there is something after the end",
		"{\"version\": tru}":            "E_SYNTAX: this is not JSON",
		"{version: 1}":                  "f.json:1:2: E_SYNTAX",
		"":                              "E_SYNTAX",
		"{\"drain\":{\"timeout\":\n5}}": "f.json:2:1: drain.timeout: E_UNIT",
		strings.Repeat("[", 100):        "f.json:1:66: E_TOO_LARGE",
	} {
		_, ps := config.Decode("f.json", []byte(text))
		if !strings.Contains(ps.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", text, ps, want)
		}
	}
}
