package config

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// maxTracingEntries bounds what every batch of spans has with it.
const maxTracingEntries = 64

// tracing checks where spans go.
func (v *validator) tracing() {
	t := v.doc.Tracing
	if t == nil {
		return
	}
	o := &t.OTLP
	if o.Endpoint != "" {
		v.collector(o.Endpoint)
	}
	v.secured(&o.Security, func(key string) func() string {
		return func() string { return text.JoinKey("tracing.otlp.security", key) }
	})
	path := v.value(o.Path)
	if o.Protocol == OTLPGRPC && path != DefaultTracingPath && path != "" {
		v.add("tracing.otlp.path", CodeConflict, "gRPC has no path",
			"write protocol: http, or remove it")
	}
	if path != "" && (path[0] != '/' || strings.ContainsAny(path, "?#") || !visible(path)) {
		v.wrong("tracing.otlp.path", CodeValue, o.Path, errors.New("is no path"),
			"write "+DefaultTracingPath)
	}
	v.tracingHeaders(o.Headers)
	v.tracingAttributes(t.Attributes)
}

// collector checks the address of the collector.
func (v *validator) collector(endpoint string) {
	host, port, err := splitAddress(v.value(endpoint))
	if ip, isIP := netip.ParseAddr(host); err == nil && (host == "" || isIP == nil &&
		ip.IsUnspecified()) {
		err = errors.New("names no host to call")
	}
	if err == nil && port == 0 {
		err = errors.New("has the port 0, and nobody can be called there")
	}
	if err != nil {
		v.wrong("tracing.otlp.endpoint", CodeAddress, endpoint, err,
			"write host:port, such as 127.0.0.1:4317; TLS is security: {mode: tls}")
	}
}

// visible reports whether a text has nothing but visible characters of ASCII.
func visible(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
}

// notOurs are fields that the protocol writes itself.
var notOurs = []string{
	"host", "content-type", "content-length", "content-encoding", "transfer-encoding", "connection",
	"user-agent", "te", "upgrade", "keep-alive", "proxy-connection",
}

func (v *validator) tracingHeaders(headers map[string]string) {
	const path = "tracing.otlp.headers"
	if len(headers) > maxTracingEntries {
		v.add(path, CodeValue, fmt.Sprintf("there are more than %d", maxTracingEntries), "")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		at, lower := text.JoinKey(path, name), strings.ToLower(name)
		switch {
		case !validToken(name):
			v.add(at, CodeHeader, text.Quote(name)+" is no name of a header field", "")
		case slices.Contains(notOurs, lower), strings.HasPrefix(lower, "grpc-"):
			v.add(at, CodeHeader, text.Quote(name)+" is a field that the protocol writes itself",
				"remove it")
		case strings.IndexFunc(v.value(headers[name]), func(c rune) bool {
			return c < ' ' || c > '~'
		}) >= 0: // what it is may be near to a secret
			v.add(at, CodeHeader, "the value has characters that are not visible ones of ASCII",
				"look for the end of a line in it")
		}
	}
}

func (v *validator) tracingAttributes(attributes map[string]string) {
	const path = "tracing.attributes"
	if len(attributes) > maxTracingEntries {
		v.add(path, CodeValue, fmt.Sprintf("there are more than %d", maxTracingEntries), "")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		switch at := text.JoinKey(path, name); {
		case name == "":
			v.add(at, CodeValue, "an attribute has no name", "")
		case name == "service.name":
			v.add(at, CodeConflict, "the name of the service has a key of its own",
				"write tracing.service")
		}
	}
}
