package config

// sharedSynonyms are names that may stand at any of several places.
func sharedSynonyms() []synonym {
	const (
		everywhere = "/ listeners[] clusters[] routes[]"
		plugins    = "what others have plugins for is in keys of a route, such as " +
			"<routes[].headers>, <routes[].rewrite> and <routes[].retry>"
		byItself = "certificates that it gets by itself (ACME, Let's Encrypt)"
	)
	return []synonym{
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
	}
}
