package policy

import (
	"bytes"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/placeholder"
)

// AppendPlaceholder appends what a placeholder stands for in this request; nothing where there is
// none. It is placeholder.Source's.
func (r *Request) AppendPlaceholder(dst []byte, n placeholder.Name) []byte {
	switch n {
	case placeholder.ClientAddress:
		if a := r.Origin(); a.IsValid() {
			dst = a.AppendTo(dst)
		}
	case placeholder.ClientPort:
		return r.appendPort(dst)
	case placeholder.CertificateSubject, placeholder.CertificateFingerprint,
		placeholder.CertificateDNS, placeholder.CertificateURI:
		return r.appendCertificate(dst, n)
	case placeholder.RequestID:
		return append(dst, r.ID...)
	case placeholder.RequestHost:
		return append(dst, r.Head.Authority...)
	case placeholder.RequestMethod:
		return append(dst, r.Head.MethodName...)
	case placeholder.RequestScheme:
		return append(dst, r.Scheme...)
	case placeholder.RequestPath:
		return append(dst, r.Head.Path...)
	case placeholder.RequestQuery:
		return append(dst, bytes.TrimPrefix(r.Head.Query, question)...)
	case placeholder.Listener:
		return append(dst, r.Listener...)
	case placeholder.Route:
		return append(dst, r.Route...)
	case placeholder.Cluster:
		return append(dst, r.Cluster...)
	case placeholder.Endpoint:
		return append(dst, r.Endpoint...)
	case placeholder.TLSVersion:
		return append(dst, r.TLSVersion...)
	case placeholder.TLSServerName:
		return placeholder.AppendFree(dst, r.ServerName, "")
	case placeholder.AuthSubject:
		if r.Identity != nil {
			return placeholder.AppendFree(dst, r.Identity.Subject, "")
		}
	case placeholder.RequestOrigin:
		if f := r.Head.Named("origin"); f != nil {
			return append(dst, r.Head.Value(f)...)
		}
	}
	return dst
}

// AppendClaim appends a claim of the client's identity. It is placeholder.Source's.
func (r *Request) AppendClaim(dst []byte, name string) []byte {
	if r.Identity == nil || r.Identity.Claims == nil {
		return dst
	}
	return r.Identity.Claims.AppendClaim(dst, name)
}

var question = []byte{'?'}

// appendPort appends the client's port. A proxy that names the client does not tell it.
func (r *Request) appendPort(dst []byte) []byte {
	if r.Client.Port() == 0 || r.Origin() != r.Client.Addr() {
		return dst
	}
	return strconv.AppendUint(dst, uint64(r.Client.Port()), 10)
}

// appendCertificate appends a part of the client's certificate. Where there are several names, a
// comma is between them, and those within one are encoded.
func (r *Request) appendCertificate(dst []byte, n placeholder.Name) []byte {
	if r.Certificate == nil {
		return dst
	}
	names := r.Certificate.URIs
	switch n {
	case placeholder.CertificateSubject:
		return placeholder.AppendFree(dst, r.Certificate.Subject, "")
	case placeholder.CertificateFingerprint:
		return append(dst, r.Certificate.Hash...)
	case placeholder.CertificateDNS:
		names = r.Certificate.DNS
	}
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = placeholder.AppendFree(dst, name, ",")
	}
	return dst
}
