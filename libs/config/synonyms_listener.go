package config

// listenerSynonyms are names for keys of listeners.
func listenerSynonyms() []synonym {
	return []synonym{
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
	}
}
