package tracing

import (
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

// Variables of the environment that OpenTelemetry has for who it is that tells. A configuration's
// own word counts more. Those about the collector are not read: where secrets go is said in one
// place.
const (
	EnvServiceName = "OTEL_SERVICE_NAME"
	EnvAttributes  = "OTEL_RESOURCE_ATTRIBUTES"
)

// DefaultService is the service.name where nobody gives another.
const DefaultService = "gateway"

// An Identity is who tells of requests, as the process knows it.
type Identity struct {
	Version string
	Env     func(string) string
	// instance tells this process from others.
	instance, host string
}

// NewIdentity makes the Identity of a process.
func NewIdentity(version string, env func(string) string) Identity {
	host, _ := os.Hostname() // without one there is no such attribute
	id := tracecontext.NewTraceID()
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // a UUID of version 4 (RFC 9562)
	h := string(id.Append(nil))
	return Identity{
		Version: version, Env: env, host: host,
		instance: h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:],
	}
}

// resource is the identity as a collector gets it: service is the name, "" for the environment's,
// and own are attributes of the configuration.
func (id *Identity) resource(service string, own map[string]string) *resourcepb.Resource {
	all := map[string]string{
		keyServiceName: DefaultService, keyServiceVersion: id.Version, keyInstance: id.instance,
		keyHostName: id.host,
	}
	if id.Env != nil {
		maps.Copy(all, parseAttributes(id.Env(EnvAttributes)))
		if name := id.Env(EnvServiceName); name != "" {
			all[keyServiceName] = name
		}
	}
	maps.Copy(all, own)
	if service != "" {
		all[keyServiceName] = service
	}
	var a attributes
	for _, key := range slices.Sorted(maps.Keys(all)) {
		a.text(clean(key), all[key])
	}
	return &resourcepb.Resource{Attributes: a}
}

// parseAttributes reads KEY=VALUE,KEY=VALUE, with values percent-encoded. As the specification asks
// for, a text that is not well formed counts for nothing.
func parseAttributes(text string) map[string]string {
	all := make(map[string]string)
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		key = strings.TrimSpace(key)
		if !ok || err != nil || key == "" {
			return nil
		}
		all[key] = value
	}
	return all
}
