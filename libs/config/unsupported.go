package config

import (
	"fmt"
	"slices"
	"strings"
)

// notYet lists the documented keys whose engine this version does not have. A file that uses one is refused, so that nobody
// believes to be protected by a setting that does nothing. Whoever builds an engine deletes its lines.
var notYet = []struct {
	path    string   // [] is every entry of a list
	what    string   // that this version does not have
	allowed []string // values that ask for nothing
}{
	{"listeners[].protocol", "TCP listeners", []string{"http"}},
	{"listeners[].tls", "TLS on listeners", nil},
	{"listeners[].proxy_protocol", "the PROXY protocol", []string{"false"}},
	{"listeners[].cluster", "TCP listeners", nil},
	{"listeners[].sni", "routing by server name", nil},
	{"clusters[].protocol", "HTTP/2 to upstreams", []string{"http1"}},
	{"clusters[].security.mode", "TLS to upstreams", []string{"none"}},
	{"clusters[].security.ca", "TLS to upstreams", nil},
	{"clusters[].security.cert", "TLS to upstreams", nil},
	{"clusters[].security.key", "TLS to upstreams", nil},
	{"clusters[].security.server_name", "TLS to upstreams", nil},
	{"clusters[].security.insecure_skip_verify", "TLS to upstreams", []string{"false"}},
	{"clusters[].limits.max_pending", "requests that wait for a connection", []string{"1024", "0"}},
	{"clusters[].health", "health checks", nil},
	{"routes[].split", "traffic splitting", nil},
	{"routes[].rewrite", "path rewriting", nil},
	{"routes[].retry", "configurable retries", nil},
	{"routes[].auth", "authentication", nil},
	{"routes[].openapi", "OpenAPI contracts", nil},
	{"routes[].rate_limit", "rate limits", nil},
	{"routes[].headers", "header edits", nil},
	{"auth", "authentication", nil},
	{"reload", "trial windows after a reload", nil},
	{"tracing", "tracing", nil},
	{"gossip", "gossip", nil},
	{"config_sync", "config-sync", nil},
}

// unsupported returns a problem for each use of a key in notYet, and for each secret.
func unsupported(root *node) (ps Problems) {
	for _, e := range notYet {
		root.each(e.path, "", place{}, func(n *node, path string, at place) {
			if n.kind == nullNode || slices.Contains(e.allowed, n.text) && n.text != "" {
				return
			}
			hint := "remove it"
			if len(e.allowed) > 0 {
				hint = "leave it at " + e.allowed[0]
			}
			ps.add(Problem{File: at.file, Line: at.line, Column: at.column, Path: path, Code: CodeNotYet,
				Message: fmt.Sprintf("this version does not have %s", e.what), Hint: hint})
		})
	}
	return append(ps, secrets(root, "")...)
}

// each calls f for every value at a path in which [] stands for every entry of a list. at is the place of its key.
func (n *node) each(pattern, path string, at place, f func(n *node, path string, at place)) {
	if n == nil {
		return
	}
	if pattern == "" {
		f(n, path, at)
		return
	}
	if rest, ok := strings.CutPrefix(pattern, "[]"); ok {
		if n.kind == listNode {
			for i, v := range n.values {
				v.each(strings.TrimPrefix(rest, "."), joinIndex(path, i), v.at, f)
			}
		}
		return
	}
	end := strings.IndexAny(pattern, ".[")
	if end < 0 {
		end = len(pattern)
	}
	if n.kind != mapNode {
		return
	}
	for i, k := range n.keys {
		if k.name == pattern[:end] {
			n.values[i].each(strings.TrimPrefix(pattern[end:], "."), joinKey(path, k.name), k.at, f)
		}
	}
}

func secrets(n *node, path string) (ps Problems) {
	if n.kind == stringNode && strings.HasPrefix(n.text, "secret:") {
		return Problems{{File: n.at.file, Line: n.at.line, Column: n.at.column, Path: path, Code: CodeNotYet, Message: "this version does not resolve secrets"}}
	}
	for i, v := range n.values {
		// Paths are built for the few nodes that need one: most files have no secret at all.
		if !v.hasSecret() {
			continue
		}
		if n.kind == mapNode {
			ps = append(ps, secrets(v, joinKey(path, n.keys[i].name))...)
		} else {
			ps = append(ps, secrets(v, joinIndex(path, i))...)
		}
	}
	return ps
}

func (n *node) hasSecret() bool {
	return n.kind == stringNode && strings.HasPrefix(n.text, "secret:") || slices.ContainsFunc(n.values, (*node).hasSecret)
}
