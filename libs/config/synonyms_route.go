package config

// routeSynonyms are names for keys of routes.
func routeSynonyms() []synonym {
	return []synonym{
		{at: "routes[]", names: "match matches matchers matcher rule rules conditions", say: "a " +
			"route matches by <routes[].hosts>, <routes[].path_prefix>, <routes[].methods> and " +
			"<routes[].when>, which stand in the route itself"},
		{at: "routes[]", names: "host hostname hostnames servername servernames domain domains " +
			"authority", key: "routes[].hosts", write: "hosts: [www.example.com]"},
		{at: "routes[]", names: "prefix location uri url paths pathtype pathprefixes route from " +
			"context", key: "routes[].path_prefix", write: "path_prefix: /users"},
		{at: "routes[]", names: "regex regexp pathregexp saferegex locationregex",
			key: "routes[].path_regex", write: `path_regex: "/users/[0-9]+"`},
		{at: "routes[]", names: "exact fullpath exactpath", key: "routes[].path", write: "path: " +
			"/login"},
		{at: "routes[]", names: "method verbs verb", key: "routes[].methods", write: "methods: " +
			"[GET]"},
		{at: "routes[]", names: "query queryparams querystring queryparameters queries",
			key: "routes[].when.query", write: `query: {version: "2"}`},
		{at: "routes[]", names: "cookie cookies", key: "routes[].when.cookies",
			write: `cookies: {beta: "1"}`},
		{at: "routes[]", names: "sourceip remoteip clientip remoteaddr clientips",
			key: "routes[].when.clients", write: "clients: [10.0.0.0/8]"},
		{at: "routes[]", names: "backend backends backendrefs upstream upstreams service " +
			"services target destination proxypass proxy pass to forward forwardto reverseproxy " +
			"usebackend pool serviceid servicename action clusters", key: "routes[].cluster",
			write: "cluster: app", say: "it is the name of an entry of <clusters>"},
		{at: "routes[]", names: "endpoints endpoint servers address nodes",
			key: "clusters[].endpoints", write: clusterExample},
		{at: "routes[]", names: "weightedclusters weighted weights weight canary trafficsplit",
			key: "routes[].split", write: "split: [{cluster: app, weight: 90}]"},
		{at: "routes[]", names: "requestmirror shadow requestmirrorpolicies requestmirrorpolicy " +
			"mirroring mirrors mirroruri mirrorrequest mirrortarget", key: "routes[].mirror",
			write: "mirror: {cluster: shadow, share: 10%}"},
		{at: "routes[].mirror[]", names: "percent percentage fraction runtimefraction weight " +
			"sample rate ratio", key: "routes[].mirror[].share", write: "share: 10%"},
		{at: "routes[].mirror[]", names: "backend backendref backendrefs upstream service name " +
			"target destination url host proxypass", key: "routes[].mirror[].cluster",
			write: "cluster: shadow", say: "it is the name of an entry of <clusters>"},
		{at: "routes[].mirror[]", names: "maxbodysize bodylimit mirrorbody maxbody",
			key: "routes[].mirror[].max_body_bytes", write: "max_body_bytes: 65536"},
		{at: "routes[]", names: "entrypoints entrypoint listener parentrefs gateways server " +
			"listen ports port", key: "routes[].listeners", write: "listeners: [public]"},
		{at: "routes[]", names: "priority order position regexpriority", say: "the order never " +
			"matters: the most specific route wins, by host, path, methods and conditions"},
		{at: "routes[]", names: "respond response directresponse staticresponse return body " +
			"status fixedresponse", key: "routes[].respond", without: "answers of its own",
			say: "<routes[].redirect> sends clients elsewhere"},
		{at: "routes[]", names: "rewrites rewritepath pathrewrite prefixrewrite urlrewrite " +
			"stripprefix striprefix replaceprefix replacepath strippath handlepath rewritetarget",
			key: "routes[].rewrite", write: "rewrite: {strip_prefix: true}"},
		{at: "routes[]", names: "timeout requesttimeout readtimeout proxyreadtimeout",
			key: "routes[].timeouts", write: "timeouts: {request: 15s}"},
		{at: "routes[]", names: "retries retrypolicy retryattempts tries numretries " +
			"proxynextupstream", key: "routes[].retry", write: "retry: {attempts: 2}"},
		{at: "routes[]", names: "clientmaxbodysize maxbody bodylimit maxbodysize requestbody " +
			"bodysize buffering", key: "routes[].max_body_bytes", write: "max_body_bytes: " +
			"10485760"},
		{at: "routes[]", names: "header setheaders addheaders addheader setheader requestheaders " +
			"responseheaders proxysetheader requestheadermodifier responseheadermodifier hsts " +
			"requestheaderstoadd responseheaderstoadd customrequestheaders",
			key: "routes[].headers", write: "headers: {request: {set: {X-From: edge}}}"},
		{at: "routes[]", names: "websocket websockets upgrade upgradeconfigs", say: "WebSocket " +
			"needs no key; <routes[].timeouts.idle> bounds its silence"},
		{at: "routes[].timeouts", names: "read response upstream backend backendrequest total " +
			"overall timeout", key: "routes[].timeouts.request"},
		{at: "routes[].timeouts", names: "connect dial", key: "clusters[].timeouts.connect"},
		{at: "routes[].timeouts", names: "websocket tunnel stream", key: "routes[].timeouts.idle"},
		{at: "routes[].rewrite", names: "path prefix replace to with uri target pathprefix " +
			"prefixrewrite replaceprefixmatch replacepath", key: "routes[].rewrite.replace_prefix"},
		{at: "routes[].rewrite", names: "strip stripprefixes", write: "strip_prefix: true",
			key: "routes[].rewrite.strip_prefix"},
		{at: "routes[].rewrite", names: "regex regexp pattern substitution", without: "rewriting " +
			"by expressions"},
		{at: "routes[].redirect", names: "code statuscode permanent", write: "status: 301",
			key: "routes[].redirect.status"},
		{at: "routes[].redirect", names: "to url target location uri", write: "host: " +
			"www.example.com", key: "routes[].redirect.host", say: "scheme and path are keys of " +
			"their own"},
		{at: "routes[].redirect", names: "hostname", key: "routes[].redirect.host"},
		{at: "routes[].redirect", names: "https ssl", key: "routes[].redirect.scheme",
			write: "scheme: https"},
		{at: "routes[].redirect", names: "prefix replaceprefixmatch",
			key: "routes[].redirect.replace_prefix"},
		{at: "routes[].redirect", names: "keepquery stripquery querystring",
			key: "routes[].redirect.query", write: "query: drop"},
		{at: "routes[].retry", names: "count tries numretries max retries maxattempts limit",
			key: "routes[].retry.attempts"},
		{at: "routes[].retry", names: "statuscodes codes retryon conditions statuses status",
			key: "routes[].retry.on", write: `"on": [connect, "502"]`},
		{at: "routes[].retry", names: "backoff initialinterval pertrytimeout interval delay",
			without: "waiting between attempts"},
		{at: "routes[].headers", names: "set customrequestheaders setheaders",
			key: "routes[].headers.request.set", write: "set: {X-From: edge}"},
		{at: "routes[].headers routes[].headers.request", names: "add append",
			key: "routes[].headers.request.add", write: "add: {X-From: edge}"},
		{at: "routes[].headers routes[].headers.request", names: "rewrite edit regex substitute",
			key:   "routes[].headers.request.replace",
			write: `replace: {Destination: {regex: "^https://", with: "http://"}}`},
		{at: "routes[].headers", names: "remove delete unset",
			key: "routes[].headers.request.remove", write: "remove: [X-Debug]"},
		{at: "routes[].headers.request", names: "delete hide unset del",
			key: "routes[].headers.request.remove"},
		{at: "routes[].when", names: "ip ips sourceip remoteip clientip client",
			key: "routes[].when.clients"},
		{at: "routes[].split[]", names: "name service backend upstream target ref",
			key: "routes[].split[].cluster"},
		{at: "routes[].split[]", names: "percent share ratio percentage",
			key: "routes[].split[].weight"},
	}
}
