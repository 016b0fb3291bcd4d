package config

// documentSynonyms are names at the top of a document.
func documentSynonyms() []synonym {
	const top = "<listeners>, <clusters> and <routes> stand at the top of the file"
	return []synonym{
		{at: "/", names: "upstreams upstream backends backend services service pools pool " +
			"loadbalancers loadbalancer targetgroups origins reverseproxy proxies cluster",
			key: "clusters", write: "clusters: [{name: app, " + clusterExample + "}]"},
		{at: "/", names: "servers server frontends frontend entrypoints entrypoint ports port " +
			"listen listener bind gateways gateway sites site address", key: "listeners",
			write: "listeners: [{name: public, address: 0.0.0.0:8080}]"},
		{at: "/", names: "routers router rules rule ingress ingresses httproutes httproute " +
			"virtualhosts virtualhost vhosts vhost locations location paths path pathprefix " +
			"mappings handlers handle routeconfig routeconfigs proxypass matchers", key: "routes",
			write: "routes: [{name: app, path_prefix: /, cluster: app}]"},
		{at: "/", names: "endpoints endpoint targets nodes urls", key: "clusters[].endpoints",
			write: clusterExample},
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
	}
}
