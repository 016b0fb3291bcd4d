package config

import "slices"

// synonyms returns the table. It is about nginx, HAProxy, Traefik, Caddy, Envoy, Kong, and Ingress
// and Gateway API of Kubernetes. A test holds every path and example in it against the document.
func synonyms() []synonym {
	return slices.Concat(documentSynonyms(), sharedSynonyms(), listenerSynonyms(),
		clusterSynonyms(), routeSynonyms(), sectionSynonyms())
}

// clusterExample is what a cluster has at least.
const clusterExample = "endpoints: [{address: 127.0.0.1:9001}]"

// sectionSynonyms are names for keys of the sections that stand once in a document.
func sectionSynonyms() []synonym {
	return []synonym{
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
