package config

// synonyms returns the table. It is about nginx, HAProxy, Traefik, Caddy, Envoy, Kong, and Ingress
// and Gateway API of Kubernetes. A test holds every path and example in it against the document.
func synonyms() []synonym {
	const (
		everywhere = "/ listeners[] clusters[] routes[]"
		cluster    = "endpoints: [{address: 127.0.0.1:9001}]"
		top        = "<listeners>, <clusters> and <routes> stand at the top of the file"
		plugins    = "what others have plugins for is in keys of a route, such as " +
			"<routes[].headers>, <routes[].rewrite> and <routes[].retry>"
		byItself = "certificates that it gets by itself (ACME, Let's Encrypt)"
	)
	return []synonym{
		// The document.
		{at: "/", names: "upstreams upstream backends backend services service pools pool " +
			"loadbalancers loadbalancer targetgroups origins reverseproxy proxies cluster",
			key: "clusters", write: "clusters: [{name: app, " + cluster + "}]"},
		{at: "/", names: "servers server frontends frontend entrypoints entrypoint ports port " +
			"listen listener bind gateways gateway sites site address", key: "listeners",
			write: "listeners: [{name: public, address: 0.0.0.0:8080}]"},
		{at: "/", names: "routers router rules rule ingress ingresses httproutes httproute " +
			"virtualhosts virtualhost vhosts vhost locations location paths path pathprefix " +
			"mappings handlers handle routeconfig routeconfigs proxypass matchers", key: "routes",
			write: "routes: [{name: app, path_prefix: /, cluster: app}]"},
		{at: "/", names: "endpoints endpoint targets nodes urls", key: "clusters[].endpoints",
			write: cluster},
		{at: "/", names: "hosts host domains domain servernames servername hostname hostnames",
			key: "routes[].hosts", write: "hosts: [www.example.com]"},
		{at: "/ routes[]", names: "tls ssl https certs cert certificates certificate " +
			"sslcertificate sslcertificatekey crt", key: "listeners[].tls", write: "tls: " +
			"{certificates: [{cert: site.pem, key: site.key}]}"},
		{at: "/", names: "http apps layer7", say: "there is no section around them: " + top},
		{at: "/", names: "tcp stream streams layer4", key: "listeners[].protocol",
			write: "protocol: tcp"},
		{at: "/ listeners[]", names: "http3 quic udp", without: "HTTP/3 and UDP"},
		{at: "/", names: "apiversion kind metadata spec", say: "manifests of Kubernetes are not " +
			"read here: " + top},
		{at: "/", names: "staticresources dynamicresources layeredruntime", say: "configurations " +
			"of Envoy are not read here: " + top},
		{at: "/", names: "formatversion transform", say: "configurations of Kong are not read " +
			"here: " + top},
		{at: "/", names: "workerprocesses workers workerconnections events nbproc nbthread threads",
			key: "limits.max_connections", say: "all processors are used anyway"},
		{at: "/", names: "user group pid pidfile daemon chroot", say: "the process stays what it " +
			"was started as: leave this to systemd or a container"},
		{at: "/", names: "global globals main settings options config configuration",
			say: "there is no section for the whole process: its keys, such as <admin>, " +
				"<access_log> and <limits>, stand at the top of the file"},
		{at: "/", names: "defaults default", key: "defaults", without: "defaults that you choose"},
		{at: "/", names: "providers provider discovery servicediscovery consul etcd docker " +
			"kubernetes", without: "service discovery", say: "names in " +
			"<clusters[].endpoints[].address> are asked for again, as DNS says"},
		{at: "/", names: "timeout timeouts requesttimeout readtimeout writetimeout idletimeout",
			say: "timeouts stand where they count: <listeners[].timeouts>, " +
				"<clusters[].timeouts>, <routes[].timeouts>"},
		{at: "/", names: "health healthcheck healthchecks checks", key: "clusters[].health",
			write: "health: {active: {path: /healthz}}"},
		{at: "/", names: "log logs logging accesslogs", key: "access_log", say: "how much the " +
			"gateway says of itself is --log-level, or GATEWAY_LOG_LEVEL"},
		{at: "/ access_log admin", names: "loglevel level errorlog verbosity debug", say: "it is " +
			"no key: start with --log-level debug, or set GATEWAY_LOG_LEVEL"},
		{at: "/", names: "metrics prometheus stats statistics telemetry monitoring status",
			key: "admin.address", say: "/metrics and /status are there"},
		{at: "/", names: "api dashboard management adminapi control", key: "admin.address"},
		{at: "/", names: "opentelemetry otel otlp zipkin jaeger trace", key: "tracing",
			write: "tracing: {otlp: {endpoint: 127.0.0.1:4317}}"},
		{at: "tracing", names: "samplerate samplingrate ratio samplingratio probability sampler " +
			"oteltrace", key: "tracing.sample", write: "sample: 0.1"},
		{at: "tracing", names: "servicename otelservicename", key: "tracing.service",
			write: "service: gateway"},
		{at: "tracing", names: "endpoint exporter collector address grpc http otelexporter",
			key: "tracing.otlp.endpoint", write: "endpoint: 127.0.0.1:4317"},
		{at: "tracing", names: "resourceattributes globalattributes otelresourceattr resource",
			key: "tracing.attributes"},
		{at: "tracing.otlp", names: "tls ssl insecure", key: "tracing.otlp.security",
			write: "security: {mode: tls}"},
		{at: "/", names: "consumers credentials users userlist oauth authentication", key: "auth"},
		{at: "/", names: "secrets secret vault vars variables env environment", say: "variables " +
			"are not put in here; where a text may be a secret, write secret:env:NAME or " +
			"secret:file:PATH"},
		{at: "/", names: "shutdown gracefulshutdown graceperiod gracetimeout lifecycle",
			key: "drain.timeout", write: "timeout: 30s"},
		{at: "/", names: "trustedproxies realip setrealipfrom forwardedheaders",
			key: "listeners[].trusted_proxies", write: "trusted_proxies: [10.0.0.0/8]"},
		{at: "/ limits", names: "maxconn connections maxconns", key: "limits.max_connections"},

		// What may stand at any of several places.
		{at: everywhere + " listeners[].tls", names: "acme letsencrypt autocert autohttps " +
			"automatichttps certbot certificatesresolvers certresolver certresolvers certmanager " +
			"email", without: byItself, say: "name the files of certbot or acme.sh in " +
			"<listeners[].tls.certificates>; a changed file is taken up by itself"},
		{at: everywhere, names: "gzip compress compression compressor brotli zstd encode deflate",
			key: "routes[].compress", write: "compress: {}"},
		{at: everywhere, names: "cors crossorigin accesscontrol", key: "routes[].cors",
			write: "cors: {origins: [https://app.example.com]}"},
		{at: "routes[].cors", names: "origin alloworigin alloworigins allowedorigins " +
			"accesscontrolalloworigin accesscontrolalloworiginlist alloworiginstringmatch " +
			"accesscontrolalloworiginlistregex", key: "routes[].cors.origins"},
		{at: "routes[].cors", names: "method allowmethods allowedmethods " +
			"accesscontrolallowmethods", key: "routes[].cors.methods"},
		{at: "routes[].cors", names: "header allowheaders allowedheaders " +
			"accesscontrolallowheaders", key: "routes[].cors.headers"},
		{at: "routes[].cors", names: "exposeheaders exposedheaders exposedheader " +
			"accesscontrolexposeheaders", key: "routes[].cors.expose"},
		{at: "routes[].cors", names: "allowcredentials accesscontrolallowcredentials",
			key: "routes[].cors.credentials"},
		{at: "routes[].cors", names: "accesscontrolmaxage age cache",
			key: "routes[].cors.max_age", write: "max_age: 10m"},
		{at: "routes[].cors", names: "allowprivatenetwork privatenetwork",
			without: "access to private networks"},
		{at: everywhere, names: "redirects redirect httpsredirect redirecttohttps forcehttps " +
			"sslredirect requestredirect redir redirectscheme redirectregex httpsonly " +
			"httpredirect permanentredirect", key: "routes[].redirect", write: "redirect: " +
			"{scheme: https}"},
		{at: everywhere, names: "ratelimit ratelimits ratelimiting limitreq limitreqzone " +
			"throttle throttling", key: "routes[].rate_limit",
			write: "rate_limit: {requests: 100, per: 1s}"},
		{at: everywhere, names: "limitconn inflightreq inflight concurrency maxconcurrent " +
			"maxinflight adaptiveconcurrency bulkhead", key: "routes[].limit",
			write: "limit: {concurrent: 100}"},
		{at: "routes[].rate_limit[]", names: "rate average limit count maxtokens",
			key: "routes[].rate_limit[].requests", write: "requests: 100"},
		{at: "routes[].rate_limit[]", names: "period window interval fillinterval unit time",
			key: "routes[].rate_limit[].per", write: "per: 1s"},
		{at: "routes[].rate_limit[]", names: "by source sourcecriterion descriptor zone",
			key: "routes[].rate_limit[].key", write: "key: client"},
		{at: "routes[].limit", names: "amount max most requests connections", key: "routes[]." +
			"limit.concurrent", write: "concurrent: 100"},
		{at: everywhere, names: "basicauth authbasic authbasicuserfile htpasswd", key: "routes[]." +
			"auth", write: "auth: {basic: team}", say: "the users are in a file of <auth.basic>"},
		{at: everywhere, names: "forwardauth extauthz authrequest", key: "routes[].auth",
			write: "auth: {forward: sso}", say: "the server is in <auth.forward>"},
		{at: everywhere, names: "jwt oidc oauth2 authjwt jwtauth requestauthentication",
			key: "routes[].auth", write: "auth: {jwt: main}", say: "the issuer is in <auth.jwt>"},
		{at: everywhere, names: "apikey keyauth", key: "routes[].auth",
			write: "auth: {api_key: partners}", say: "the keys are in a file of <auth.api_keys>"},
		{at: everywhere, names: "auth authorization digestauth ldap", key: "routes[].auth",
			say: "it knows passwords, keys, tokens, certificates, and a server that is asked"},
		{at: everywhere, names: "errorpages errorpage errordocument errors handleerrors",
			key: "routes[].error_pages", without: "pages for errors"},
		{at: everywhere, names: "middlewares middleware plugins plugin filters filter " +
			"httpfilters policies annotations snippets directives", say: plugins},
		{at: everywhere, names: "cache caching proxycache httpcache", without: "a cache of " +
			"responses"},
		{at: everywhere, names: "static root alias fileserver tryfiles index php fastcgi " +
			"fastcgipass uwsgipass documentroot", without: "files or programs of its own",
			say: "it sends requests on, to <clusters>"},
		{at: everywhere, names: "allow deny allowlist denylist whitelist blacklist ipallowlist " +
			"ipwhitelist ipdenylist iprestriction sourcerange acl acls clients",
			key: "routes[].clients", without: "lists of clients that are refused",
			say: "<routes[].when.clients> makes a route for some clients alone"},
		{at: everywhere, names: "lua script scripts wasm waf modsecurity", without: "programs " +
			"that requests run through"},
		{at: "/ listeners[] clusters[]", names: "header headers addheader proxysetheader " +
			"setheaders requestheaders responseheaders hsts", key: "routes[].headers",
			write: "headers: {request: {set: {X-From: edge}}}"},
		{at: "/ listeners[] clusters[]", names: "clientmaxbodysize maxbody maxbodysize bodylimit " +
			"maxbodybytes bodysize", key: "routes[].max_body_bytes", write: "max_body_bytes: " +
			"10485760"},
		{at: "/ listeners[] clusters[]", names: "retries retry retrypolicy proxynextupstream tries",
			key: "routes[].retry", write: "retry: {attempts: 2}"},
		{at: "*", names: "enabled enable disabled disable", say: "a section is on where it " +
			"stands; remove it to turn it off"},
		{at: "*", names: "description comment comments note notes summary", say: "write a " +
			"comment of YAML: # and the text"},
		{at: "*", names: "labels tags meta", without: "labels"},
		{at: "*", names: "include includes import imports confd $ref $include extends", say: "a " +
			"configuration is one file; GATEWAY_ENV lays a second one over it"},
		{at: "*", names: "<<", say: "write out what a merge key of YAML would put in"},
		{at: "*", names: "if unless", key: "routes[].when",
			write: `when: {headers: {X-Canary: "1"}}`},

		// Listeners.
		{at: "listeners[]", names: "listen bind addr host ip port ports url socket unix " +
			"listenaddress bindaddress socketaddress interface", key: "listeners[].address",
			write: "address: 0.0.0.0:8080"},
		{at: "listeners[]", names: "hosts hostname hostnames servername servernames domains domain",
			key: "routes[].hosts", write: "hosts: [www.example.com]"},
		{at: "listeners[]", names: "routes route locations location paths path pathprefix rules " +
			"virtualhosts handle handlers filterchains allowedroutes", key: "routes", say: "a " +
			"route takes the requests of all listeners, or of those in <routes[].listeners>"},
		{at: "listeners[]", names: "backend backends upstream upstreams service services target " +
			"proxypass proxy defaultbackend usebackend forward endpoints servers reverseproxy",
			say: "requests go where <routes[].cluster> says; a listener with protocol: tcp has " +
				"<listeners[].cluster>"},
		{at: "listeners[]", names: "ssl https cert certs certificate certificates tlscert " +
			"sslcertificate sslcert crt pem key sslcertificatekey privatekey keyfile tlskey",
			key: "listeners[].tls", write: "tls: {certificates: [{cert: site.pem, key: " +
				"site.key}]}"},
		{at: "listeners[]", names: "clientca clientauth clientcas mtls sslclientcertificate " +
			"sslverifyclient cacert", key: "listeners[].tls.client_ca"},
		{at: "listeners[]", names: "mode type kind", key: "listeners[].protocol",
			write: "protocol: tcp"},
		{at: "listeners[]", names: "h2 h2c", key: "listeners[].http2"},
		{at: "listeners[]", names: "acceptproxyprotocol acceptproxy proxyprotocolv2",
			key: "listeners[].proxy_protocol", write: "proxy_protocol: true"},
		{at: "listeners[]", names: "realip realipfrom setrealipfrom trustedips forwardedheaders " +
			"xff usexff xffnumtrustedhops usremoteaddress useremoteaddress",
			key: "listeners[].trusted_proxies", write: "trusted_proxies: [10.0.0.0/8]"},
		{at: "listeners[]", names: "maxconn maxconns maxconnections connectionlimit",
			key: "listeners[].limits.max_connections"},
		{at: "listeners[]", names: "timeout respondingtimeouts transport",
			key: "listeners[].timeouts", write: "timeouts: {header: 10s, keepalive: 75s}"},
		{at: "listeners[]", names: "keepalive keepalivetimeout idletimeout timeoutkeepalive",
			key: "listeners[].timeouts.keepalive", write: "keepalive: 75s"},
		{at: "listeners[]", names: "readtimeout headertimeout clientheadertimeout " +
			"readheadertimeout timeoutclient", key: "listeners[].timeouts.header",
			write: "header: 10s"},
		{at: "listeners[]", names: "clientbodytimeout writetimeout sendtimeout bodytimeout",
			key: "listeners[].timeouts.body_idle", write: "body_idle: 30s"},
		{at: "listeners[].timeouts", names: "read client clientheader headers readheader",
			key: "listeners[].timeouts.header"},
		{at: "listeners[].timeouts", names: "write send body clientbody",
			key: "listeners[].timeouts.body_idle"},
		{at: "listeners[].timeouts", names: "request response server upstream backend",
			key: "routes[].timeouts.request"},
		{at: "listeners[].timeouts", names: "tunnel session", key: "listeners[].timeouts.idle"},
		{at: "listeners[].limits", names: "maxconn connections conns",
			key: "listeners[].limits.max_connections"},
		{at: "listeners[].limits", names: "headersize maxheadersize largeclientheaderbuffers",
			key: "listeners[].limits.max_header_bytes"},
		{at: "listeners[].limits", names: "body maxbody maxbodysize clientmaxbodysize bodysize",
			key: "routes[].max_body_bytes"},
		{at: "listeners[].limits", names: "streams maxstreams http2maxconcurrentstreams",
			key: "listeners[].limits.max_concurrent_streams"},
		{at: "listeners[].tls", names: "cert certs certificate certfile certificatefile crt pem " +
			"key keyfile privatekey sslcertificate sslcertificatekey certificaterefs keypair",
			key: "listeners[].tls.certificates", write: "certificates: [{cert: site.pem, key: " +
				"site.key}]"},
		{at: "listeners[].tls", names: "protocols minprotocol version versions sslprotocols " +
			"tlsversion minimumversion maxversion", key: "listeners[].tls.min_version",
			write: `min_version: "1.2"`},
		{at: "listeners[].tls", names: "ciphersuites ciphersuite sslciphers",
			key: "listeners[].tls.ciphers"},
		{at: "listeners[].tls", names: "ca cafile clientauth clientcas trustedca verifyclient " +
			"sslclientcertificate mtls frontendvalidation", key: "listeners[].tls.client_ca"},
		{at: "listeners[].tls", names: "mode passthrough", key: "listeners[].sni", say: "tls " +
			"ends TLS here; sni sends it on undecrypted"},
		{at: "listeners[].tls listeners[].tls.certificates[]", names: "sni hosts host domains " +
			"domain servername", say: "a certificate is chosen by the names that are in it"},
		{at: "listeners[].tls", names: "stapling sslstapling ocspstapling",
			key: "listeners[].tls.certificates[].ocsp"},
		{at: "listeners[].tls.certificates[]", names: "certificate certfile crt pem chain " +
			"fullchain file certificatechain", key: "listeners[].tls.certificates[].cert"},
		{at: "listeners[].tls.certificates[]", names: "keyfile privatekey certificatekey",
			key: "listeners[].tls.certificates[].key"},
		{at: "listeners[].sni[]", names: "host sni servername servernames names match domain " +
			"domains hostsni", key: "listeners[].sni[].hosts"},
		{at: "listeners[].sni[]", names: "backend upstream target service proxypass",
			key: "listeners[].sni[].cluster"},

		// Clusters.
		{at: "clusters[]", names: "servers server hosts host targets target nodes members " +
			"upstreams upstream backends addresses address url urls uri to dial port ip " +
			"instances destinations origin origins proxypass loadassignment loadbalancer " +
			"lbendpoints", key: "clusters[].endpoints", write: cluster},
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

		// Routes.
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
			key: "clusters[].endpoints", write: cluster},
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

		// The rest.
		{at: "admin", names: "listen bind port host addr", key: "admin.address",
			write: "address: 127.0.0.1:9901"},
		{at: "admin", names: "password secret apikey auth", key: "admin.token"},
		{at: "admin", names: "health healthz readiness probe", key: "admin.probes"},
		{at: "access_log", names: "path file filename location", key: "access_log.output"},
		{at: "access_log", names: "fields template", without: "formats of your own",
			say: "it is one JSON object a line, or text"},
		{at: "access_log", names: "sampling rate ratio", key: "access_log.sample"},
		{at: "access_log", names: "slower slowest minduration threshold", key: "access_log.slow",
			write: "slow: 1s"},
		{at: "access_log", names: "filter mask hide", key: "access_log.redact",
			write: "redact: {query: [token]}"},
		{at: "drain", names: "grace graceperiod period shutdown", key: "drain.timeout"},
		{at: "drain", names: "wait predelay", key: "drain.delay"},
		{at: "gossip", names: "address listen port", key: "gossip.bind"},
		{at: "gossip", names: "peers seeds members nodes", key: "gossip.join"},
		{at: "gossip", names: "secret encrypt", key: "gossip.key"},
		{at: "config_sync", names: "server url endpoint servers", key: "config_sync.address"},
		{at: "tracing.otlp", names: "url address host server", key: "tracing.otlp.endpoint",
			write: "endpoint: 127.0.0.1:4317"},
	}
}
