package config

// clusterSynonyms are names for keys of clusters.
func clusterSynonyms() []synonym {
	return []synonym{
		{at: "clusters[]", names: "servers server hosts host targets target nodes members " +
			"upstreams upstream backends addresses address url urls uri to dial port ip " +
			"instances destinations origin origins proxypass loadassignment loadbalancer " +
			"lbendpoints", key: "clusters[].endpoints", write: clusterExample},
		{at: "clusters[]", names: "balancing lb lbpolicy loadbalancing loadbalancingpolicy " +
			"algorithm policy strategy leastconn leastrequest roundrobin iphash hash hashon",
			key: "clusters[].balance", write: "balance: {policy: least_request}"},
		{at: "clusters[].balance", names: "algorithm type method mode strategy name",
			key: "clusters[].balance.policy", write: "policy: least_request"},
		{at: "clusters[].balance", names: "hash hashon hashkey by on source header cookie",
			key: "clusters[].balance.key", write: "key: client"},
		{at: "clusters[]", names: "sticky stickysession stickysessions sessionaffinity affinity " +
			"cookie persistence sessionpersistence", key: "clusters[].sticky", write: "sticky: " +
			"{cookie: gw, ttl: 1h}"},
		{at: "clusters[].sticky", names: "name cookiename", key: "clusters[].sticky.cookie",
			write: "cookie: gw"},
		{at: "clusters[].sticky", names: "maxage expires expiry duration lifetime",
			key: "clusters[].sticky.ttl", write: "ttl: 1h"},
		{at: "clusters[].sticky", names: "key signingkey password", key: "clusters[].sticky.secret",
			write: "secret: secret:env:STICKY_SECRET"},
		{at: "clusters[] clusters[].endpoints[] clusters[].health", names: "slowstart warmup " +
			"slowstartwindow", key: "clusters[].balance.slow_start",
			write: "slow_start: 30s"},
		{at: "clusters[] clusters[].endpoints[]", names: "tls ssl https scheme transport " +
			"transportsocket tlscontext serverstransport proxyssl backendtls security",
			key: "clusters[].security", write: "security: {mode: tls}"},
		{at: "clusters[]", names: "ca cafile cacert rootca", key: "clusters[].security.ca"},
		{at: "clusters[]", names: "verify sslverify skipverify tlsskipverify insecure " +
			"tlsinsecureskipverify proxysslverify",
			key: "clusters[].security.insecure_skip_verify"},
		{at: "clusters[]", names: "sni servername", key: "clusters[].security.server_name"},
		{at: "clusters[]", names: "http2 h2 h2c grpc httpversion proxyhttpversion " +
			"http2protocoloptions", key: "clusters[].protocol", write: "protocol: h2c"},
		{at: "clusters[]", names: "healthcheck healthchecks healthcheckpath check checks httpchk " +
			"activehealth healthuri", key: "clusters[].health.active", write: "active: {path: " +
			"/healthz}"},
		{at: "clusters[] clusters[].endpoints[] clusters[].health", names: "outlierdetection " +
			"maxfails failtimeout outlier passivehealth", key: "clusters[].health.passive",
			write: "passive: {window: 10s}"},
		{at: "clusters[]", names: "circuitbreakers circuitbreaker", key: "clusters[].limits",
			write: "limits: {max_connections: 1024, max_pending: 1024}"},
		{at: "clusters[]", names: "timeout", key: "clusters[].timeouts", write: "timeouts: " +
			"{connect: 5s, response: 15s}"},
		{at: "clusters[]", names: "connecttimeout proxyconnecttimeout dialtimeout timeoutconnect",
			key: "clusters[].timeouts.connect", write: "connect: 5s"},
		{at: "clusters[]", names: "readtimeout proxyreadtimeout responsetimeout timeoutserver " +
			"responseheadertimeout", key: "clusters[].timeouts.response", write: "response: 15s"},
		{at: "clusters[]", names: "keepalive keepalivetimeout idletimeout idleconntimeout",
			key: "clusters[].timeouts.idle", write: "idle: 90s"},
		{at: "clusters[] clusters[].endpoints[] clusters[].limits", names: "maxconn maxconns " +
			"maxconnections poolsize connections", key: "clusters[].limits.max_connections"},
		{at: "clusters[] clusters[].limits", names: "maxpendingrequests maxqueue queue pending " +
			"maxrequests", key: "clusters[].limits.max_pending"},
		{at: "clusters[]", names: "routes route path paths pathprefix prefix location match rules",
			key: "routes", say: "a route names its cluster in <routes[].cluster>"},
		{at: "clusters[]", names: "sendproxy sendproxyv2", key: "clusters[].proxy_protocol",
			write: "proxy_protocol: v2"},
		{at: "clusters[]", names: "type dns resolver resolvers dnslookupfamily", say: "what the " +
			"name in <clusters[].endpoints[].address> points to is asked for again, as DNS says"},
		{at: "clusters[] routes[]", names: "passhostheader hostheader preservehost hostrewrite",
			say: "the client's Host goes on; <routes[].headers.request.set> sets another"},
		{at: "clusters[].endpoints[]", names: "url uri host ip port server target addr upstream " +
			"socketaddress hostname dial name", key: "clusters[].endpoints[].address",
			write: "address: 127.0.0.1:9001"},
		{at: "clusters[].endpoints[]", names: "standby spare failover priority",
			key: "clusters[].endpoints[].backup", write: "backup: true"},
		{at: "clusters[].endpoints[]", names: "down drain", key: "clusters[].endpoints[].weight",
			write: "weight: 0"},
		{at: "clusters[].endpoints[]", names: "check healthcheck", key: "clusters[].health.active"},
		{at: "clusters[].security", names: "cacert cafile rootca rootcas trustedca " +
			"proxyssltrustedcertificate", key: "clusters[].security.ca"},
		{at: "clusters[].security", names: "verify skipverify insecure tlsskipverify sslverify " +
			"insecureskipverification", key: "clusters[].security.insecure_skip_verify"},
		{at: "clusters[].security", names: "sni name hostname",
			key: "clusters[].security.server_name"},
		{at: "clusters[].security", names: "certificate certfile crt clientcert",
			key: "clusters[].security.cert"},
		{at: "clusters[].security", names: "keyfile privatekey clientkey",
			key: "clusters[].security.key"},
		{at: "clusters[].security", names: "type tls", key: "clusters[].security.mode",
			write: "mode: tls"},
		{at: "clusters[].timeouts", names: "read proxyread server request send",
			key: "clusters[].timeouts.response"},
		{at: "clusters[].timeouts", names: "keepalive pool", key: "clusters[].timeouts.idle"},
		{at: "clusters[].timeouts", names: "dial connection", key: "clusters[].timeouts.connect"},
		{at: "clusters[].timeouts", names: "tunnel", key: "routes[].timeouts.idle"},
		{at: "clusters[].health", names: "path url uri interval timeout type http tcp grpc " +
			"httpget check", key: "clusters[].health.active", write: "active: {path: /healthz}"},
		{at: "clusters[].health.active", names: "url uri httppath endpoint",
			key: "clusters[].health.active.path"},
		{at: "clusters[].health.active", names: "expectstatus expectedstatus statuscodes codes " +
			"expect expectedstatuses", key: "clusters[].health.active.status"},
		{at: "clusters[].health.active", names: "hostname hostheader",
			key: "clusters[].health.active.host"},
		{at: "clusters[].health.active", names: "every period", write: "interval: 5s",
			key: "clusters[].health.active.interval"},
		{at: "clusters[].health.active", names: "rise fall healthythreshold unhealthythreshold " +
			"fails passes failurethreshold successthreshold retries", without: "these counts",
			say: "three failed checks in a row take the weight, two good ones give it back"},
		{at: "clusters[].health.active", names: "port method body headers", without: "such checks",
			say: "they are GET requests to the endpoint's address"},
	}
}
