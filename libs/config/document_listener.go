package config

import (
	"net/netip"
	"time"
)

// Protocols of a listener.
const (
	ProtocolHTTP = "http"
	ProtocolTCP  = "tcp"
)

// Listener is one address the gateway accepts connections on.
type Listener struct {
	Name          string           `config:"name,required,name"`
	Address       string           `config:"address,required,form=address"`
	Unix          *UnixSocket      `config:"unix"`                   // nil: its defaults
	Protocol      string           `config:"protocol,enum=http|tcp"` // ProtocolHTTP or ProtocolTCP
	TLS           *TLS             `config:"tls"`                    // nil: plain text
	Limits        ListenerLimits   `config:"limits"`
	Timeouts      ListenerTimeouts `config:"timeouts"`
	HTTP1         bool             `config:"http1"`
	HTTP2         bool             `config:"http2"`
	ProxyProtocol bool             `config:"proxy_protocol"`
	// ProxyProtocolFrom is whose PROXY headers are believed; empty: of TrustedProxies.
	ProxyProtocolFrom []netip.Prefix `config:"proxy_protocol_from"`
	TrustedProxies    []netip.Prefix `config:"trusted_proxies"`
	// Forwarded is what the world outside speaks; nil: what the listener does.
	Forwarded  *Forwarded  `config:"forwarded"`
	Cluster    string      `config:"cluster,ref"`
	SNI        []SNIRoute  `config:"sni"`
	ErrorPages []ErrorPage `config:"error_pages"`
	// As is the reference that the address is the value of, in a document that
	// [Document.Revealed] has made; "": it stands in the file.
	As string `config:"-"`
}

func (Listener) keyTexts() texts {
	return texts{
		"name": "Required, unique.",
		"address": "`host:port`. Required. Port 0 is any free port; no host means every " +
			"interface. No two listeners, nor the admin API, may share one. `unix:PATH` is a " +
			"[unix socket](unix-sockets.md), `unix:@NAME` one in the abstract namespace of " +
			"Linux, and `systemd:NAME` one that [systemd](systemd.md) has bound.",
		"unix":     "For an address `unix:PATH`: who may connect to it.",
		"protocol": "`http` or `tcp`.",
		"tls":      "Ends TLS here; absent, the listener is plain text.",
		"limits":   "What clients may ask for.",
		"timeouts": "How long clients may take. `0s` means no limit.",
		"http1": "http: speak HTTP/1.1 and 1.0. Without, every connection is HTTP/2 from its " +
			"first byte.",
		"http2": "http: speak HTTP/2 too. With `tls` where its `alpn` has `h2`; on plain text " +
			"with clients that begin with it (prior knowledge).",
		"proxy_protocol": "Every connection begins with a PROXY header, version 1 or 2, before " +
			"TLS. Only those of `proxy_protocol_from` may connect then. A header that names " +
			"nobody (`UNKNOWN`, `LOCAL`) leaves the connection its own addresses.",
		"proxy_protocol_from": "Ranges of addresses whose connections begin with a PROXY header, " +
			"which is believed; others are closed. Empty: those of `trusted_proxies`. Where " +
			"that is empty too, whoever can connect can pretend to be any client. It says " +
			"nothing of X-Forwarded-*.",
		"trusted_proxies": "Ranges of addresses of clients whose X-Forwarded-* and X-Request-Id " +
			"are kept. From all others they are dropped and set afresh. With `proxy_protocol` " +
			"the client is the one that the header names.",
		"forwarded": "http: what clients outside speak, where TLS ends before the gateway. " +
			"`X-Forwarded-Proto`, `X-Forwarded-Port` and redirects have it.",
		"cluster": "tcp: where sessions go.",
		"sni":     "tcp: where TLS sessions go by server name, undecrypted.",
		"error_pages": "http: as those of routes, for errors of the gateway (`from: gateway`) " +
			"that no page of a route is for, such as 404 where there is no route.",
	}
}

// UnixSocket is the file of a unix socket that a listener has.
type UnixSocket struct {
	Mode  string `config:"mode,form=mode"`
	User  string `config:"user"`
	Group string `config:"group"`
}

func (UnixSocket) keyTexts() texts {
	return texts{
		"mode": "The permission bits of its file, octal and in quotes: `\"0660\"`. Who connects " +
			"needs the one to write.",
		"user":  "The owner of the file, a name or a number. Absent: the user of the process.",
		"group": "The group of the file, a name or a number. Absent: that of the process.",
	}
}

// SchemePort is the port that URLs with a scheme have when they name none: 443 for https, or 80.
func SchemePort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

// Forwarded is what the world outside of a listener speaks.
type Forwarded struct {
	Proto string `config:"proto,form=scheme"`
	Port  int    `config:"port,min=0,max=65535"`
}

func (Forwarded) keyTexts() texts {
	return texts{
		"proto": "`http` or `https`. Absent: what the listener speaks.",
		"port": "0 or absent: that of `proto`, 80 or 443. Without `proto` too, the port that " +
			"the client came to.",
	}
}

// ListenerLimits bounds what clients of a listener may ask for.
type ListenerLimits struct {
	MaxConnections      int  `config:"max_connections,min=1,max=1000000"`
	MaxRequestLineBytes int  `config:"max_request_line_bytes,min=64,max=1048576"`
	MaxHeaderBytes      int  `config:"max_header_bytes,min=256,max=1048576"`
	MaxHeaders          int  `config:"max_headers,min=1,max=10000"`
	AllowUnderscores    bool `config:"allow_underscores"`
	MaxStreams          int  `config:"max_concurrent_streams,min=1,max=10000"`
	MinBodyRate         int  `config:"min_body_rate,min=0,max=1000000000,zero=means no limit"`
}

func (ListenerLimits) keyTexts() texts {
	return texts{
		"max_connections": "Client connections at once. Over it, new ones are told so (503; " +
			"with TLS an alert, without a handshake) and closed.",
		"max_request_line_bytes": "Over it: 414 `GW_URI_TOO_LONG`.",
		"max_header_bytes":       "Of a request's head. Over it: 431 `GW_HEADERS_TOO_LARGE`.",
		"max_headers": "Fields of a request; cookies that HTTP/2 splits count as one. Over it: " +
			"431 `GW_HEADERS_TOO_LARGE`.",
		"allow_underscores": "Let field names with an underscore through. Otherwise: 400 " +
			"`GW_BAD_REQUEST`, since many applications read `X_User` and `X-User` as one.",
		"min_body_rate": "Bytes a second, on average after 30s, that a request's body has to " +
			"come with while its endpoint has not begun to answer, and when it has ended its " +
			"answer. Under it: 408 `GW_REQUEST_TIMEOUT`. Not for gRPC calls. 0 means no limit.",
		"max_concurrent_streams": "Requests that one HTTP/2 connection may have open at once.",
	}
}

// ListenerTimeouts bounds how long clients of a listener may take. 0 means no limit.
type ListenerTimeouts struct {
	Header    time.Duration `config:"header"`
	BodyIdle  time.Duration `config:"body_idle"`
	KeepAlive time.Duration `config:"keepalive"`
	Connect   time.Duration `config:"connect"`
	Idle      time.Duration `config:"idle"`
	// HalfClosed takes the place of Idle once one side has ended.
	HalfClosed time.Duration `config:"half_closed"`
	Overall    time.Duration `config:"overall"`
}

func (ListenerTimeouts) keyTexts() texts {
	return texts{
		"header": "http: for a whole request head.",
		"body_idle": "http: between two reads of a request's body, and between two writes of a " +
			"response's. Never a total. How long endpoints may be silent is `body_idle` of the " +
			"cluster.",
		"keepalive": "http: for a connection without a request.",
		"connect":   "tcp: to reach the endpoint.",
		"idle":      "tcp: for a session without a byte either way.",
		"half_closed": "tcp: as `idle`, once one side has closed its own; of the two the shorter " +
			"counts. A client that does not notice that its server has left keeps its place for " +
			"that long.",
		"overall": "tcp: for a whole session.",
	}
}

// TLS ends TLS at a listener.
type TLS struct {
	Certificates []Certificate `config:"certificates"`
	MinVersion   string        `config:"min_version,enum=1.2|1.3"`
	ALPN         []string      `config:"alpn,enum=h2|http/1.1"`
	ClientCA     string        `config:"client_ca,file"`
	ClientAuth   string        `config:"client_auth,enum=required|optional"`
	// Ciphers are the suites of TLS 1.2 and older that may be agreed on; none: those that encrypt
	// and authenticate in one (AEAD).
	Ciphers []string `config:"ciphers,form=cipher"`
}

func (TLS) keyTexts() texts {
	return texts{
		"certificates": "Chosen by SNI: exact name, then wildcard, then the first.",
		"min_version":  "`1.2` or `1.3`.",
		"alpn":         "Protocols offered, best first.",
		"client_ca":    "PEM file; present, a client certificate is required.",
		"client_auth": "With `client_ca`: `required`, or `optional` for clients that show none. " +
			"A certificate that is shown is verified either way. Who may use a route is then " +
			"for its `auth` or `client_certificate` to say.",
		"ciphers": "Cipher suites of TLS 1.2, by their IANA names, in place of the six with " +
			"AES-GCM or ChaCha20-Poly1305 (AEAD) and ECDHE. Those of TLS 1.3 are always on. A " +
			"suite with CBC is for old clients; they don't get HTTP/2 (RFC 9113 section 9.2.2).",
	}
}

// Certificate is one certificate chain with its key, as PEM files.
type Certificate struct {
	Cert string `config:"cert,required,file"`
	Key  string `config:"key,required,secret,file"`
	OCSP string `config:"ocsp,file"`
}

func (Certificate) keyTexts() texts {
	return texts{
		"cert": "PEM file of the chain.",
		"key":  "PEM file of the key, or a secret.",
		"ocsp": "File of an OCSP response in DER form, shown with the certificate (stapled) " +
			"while its time lasts. Something has to renew the file.",
	}
}

// SNIRoute sends TLS sessions for some server names to a cluster, undecrypted.
type SNIRoute struct {
	Hosts   []string `config:"hosts,required,form=host"`
	Cluster string   `config:"cluster,ref"`
}

func (SNIRoute) keyTexts() texts {
	return texts{
		"hosts":   "Exact or `*.x`; each in one entry. Required.",
		"cluster": "The cluster's name.",
	}
}
