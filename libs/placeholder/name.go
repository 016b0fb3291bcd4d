package placeholder

// A Name is a placeholder that is filled in for each request.
type Name uint8

// The placeholders.
const (
	ClientAddress Name = iota + 1
	ClientPort
	CertificateSubject
	CertificateFingerprint
	CertificateDNS
	CertificateURI
	RequestID
	RequestHost
	RequestMethod
	RequestScheme
	RequestPath
	RequestQuery
	Listener
	Route
	Cluster
	Endpoint
	TLSVersion
	TLSServerName
	// AuthSubject is who the client is, as an authenticator found out.
	AuthSubject
	// RequestOrigin is the value of the Origin field. No text has it: see Only.
	RequestOrigin
)

// spelled are the placeholders as texts have them.
var spelled = [...]string{
	ClientAddress: "client.address", ClientPort: "client.port",
	CertificateSubject:     "client.certificate.subject",
	CertificateFingerprint: "client.certificate.fingerprint",
	CertificateDNS:         "client.certificate.dns",
	CertificateURI:         "client.certificate.uri",
	RequestID:              "request.id",
	RequestHost:            "request.host",
	RequestMethod:          "request.method",
	RequestScheme:          "request.scheme",
	RequestPath:            "request.path",
	RequestQuery:           "request.query",
	Listener:               "listener",
	Route:                  "route",
	Cluster:                "cluster",
	Endpoint:               "endpoint",
	TLSVersion:             "tls.version",
	TLSServerName:          "tls.server_name",
	AuthSubject:            "auth.subject",
}

// Names returns how the placeholders are written, without their braces. env.NAME and
// auth.claim.NAME are beside them.
func Names() []string { return append([]string(nil), spelled[1:]...) }

// String is how the placeholder is written.
func (n Name) String() string {
	if int(n) < len(spelled) {
		return spelled[n]
	}
	return ""
}

// named finds a placeholder; 0: there is none of that name.
func named(s string) Name {
	for n := 1; n < len(spelled); n++ {
		if spelled[n] == s {
			return Name(n)
		}
	}
	return 0
}
