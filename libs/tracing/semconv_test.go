package tracing

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"google.golang.org/grpc/codes"
)

// The names are those of the newest conventions that the module go.opentelemetry.io/otel has.
func TestNamesAreThoseOfTheConventions(t *testing.T) {
	if schema != semconv.SchemaURL {
		t.Errorf("the schema is %s, not %s", schema, semconv.SchemaURL)
	}
	for name, want := range map[string]attribute.Key{
		keyClientAddress: semconv.ClientAddressKey, keyErrorType: semconv.ErrorTypeKey,
		keyHostName: semconv.HostNameKey, keyMethod: semconv.HTTPRequestMethodKey,
		keyMethodOriginal: semconv.HTTPRequestMethodOriginalKey,
		keyResendCount:    semconv.HTTPRequestResendCountKey,
		keyStatusCode:     semconv.HTTPResponseStatusCodeKey, keyRoute: semconv.HTTPRouteKey,
		keyPeerAddress: semconv.NetworkPeerAddressKey, keyPeerPort: semconv.NetworkPeerPortKey,
		keyProtocolName:    semconv.NetworkProtocolNameKey,
		keyProtocolVersion: semconv.NetworkProtocolVersionKey,
		keyTransport:       semconv.NetworkTransportKey, keyRPCMethod: semconv.RPCMethodKey,
		keyRPCStatus: semconv.RPCResponseStatusCodeKey, keyRPCSystem: semconv.RPCSystemNameKey,
		keyServerAddress: semconv.ServerAddressKey, keyServerPort: semconv.ServerPortKey,
		keyInstance: semconv.ServiceInstanceIDKey, keyServiceName: semconv.ServiceNameKey,
		keyServiceVersion: semconv.ServiceVersionKey, keyFull: semconv.URLFullKey,
		keyPath: semconv.URLPathKey, keyScheme: semconv.URLSchemeKey,
		keyUserAgent: semconv.UserAgentOriginalKey,
	} {
		if name != string(want) {
			t.Errorf("%s is %s", name, want)
		}
	}
	for value, want := range map[string]attribute.KeyValue{
		otherMethod: semconv.HTTPRequestMethodOther, systemGRPC: semconv.RPCSystemNameGRPC,
		transportUnix: semconv.NetworkTransportUnix,
	} {
		if value != want.Value.AsString() {
			t.Errorf("%s is %v", value, want)
		}
	}
	for _, m := range []attribute.KeyValue{
		semconv.HTTPRequestMethodConnect, semconv.HTTPRequestMethodDelete,
		semconv.HTTPRequestMethodGet, semconv.HTTPRequestMethodHead,
		semconv.HTTPRequestMethodOptions, semconv.HTTPRequestMethodPatch,
		semconv.HTTPRequestMethodPost, semconv.HTTPRequestMethodPut,
		semconv.HTTPRequestMethodTrace, semconv.HTTPRequestMethodQuery,
	} {
		if !known(m.Value.AsString()) {
			t.Errorf("%v is not known", m)
		}
	}
}

func TestNamesOfStatusesAreThoseOfGRPC(t *testing.T) {
	for i := range 17 {
		var c codes.Code
		if err := c.UnmarshalJSON([]byte(`"` + GRPCName(i) + `"`)); err != nil || int(c) != i {
			t.Errorf("%d is %s: %v %v", i, GRPCName(i), c, err)
		}
	}
	if GRPCName(17) != "UNKNOWN" || GRPCName(-1) != "UNKNOWN" {
		t.Error("a status that there is not has a name")
	}
}
