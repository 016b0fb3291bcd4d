package configserver

import (
	"context"
	"crypto/x509"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// What begins the URI names of certificates.
const (
	nodeURI     = "spiffe://gateway/node/"
	operatorURI = "spiffe://gateway/operator/"
)

// A caller is who a client is.
type caller struct {
	node, operator string // one of them, or both where there are no certificates
	anybody        bool   // there are none: the names are what the client says
}

// who finds out who calls.
func (s *Server) who(ctx context.Context) (caller, error) {
	if !s.options.Secured {
		return caller{anybody: true}, nil
	}
	p, ok := peer.FromContext(ctx)
	if !ok {
		return caller{}, status.Error(codes.Unauthenticated, "the connection has no peer")
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return caller{}, status.Error(codes.Unauthenticated, "a client certificate is wanted")
	}
	c := named(info.State.VerifiedChains[0][0])
	if c == (caller{}) {
		return caller{},
			status.Errorf(codes.PermissionDenied,
				"the certificate names neither a node (%sNAME) nor an operator (%sNAME)", nodeURI,
				operatorURI)
	}
	return c, nil
}

// named reads who a certificate is for. One without any URI of ours is a node's under its common
// name, as certificates were made before there were such names; nothing but a URI makes an
// operator.
func named(cert *x509.Certificate) (c caller) {
	for _, u := range cert.URIs {
		text := u.String()
		if name, ok := strings.CutPrefix(text, operatorURI); ok && validName(name) {
			c.operator = name
		}
		if name, ok := strings.CutPrefix(text, nodeURI); ok && validName(name) {
			c.node = name
		}
	}
	if c == (caller{}) && len(cert.URIs) == 0 && validName(cert.Subject.CommonName) {
		c.node = cert.Subject.CommonName
	}
	return c
}

// validName keeps names short and printable: they are keys of etcd, and go into logs.
func validName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	return strings.Trim(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") == ""
}

// operator returns the name of the operator who calls.
func (s *Server) operator(ctx context.Context, claimed string) (string, error) {
	c, err := s.who(ctx)
	switch {
	case err != nil:
		return "", err
	case c.anybody && claimed == "":
		return "anonymous", nil
	case c.anybody && (len(claimed) > 253 || strings.ContainsFunc(claimed, func(r rune) bool {
		return r < ' ' || r == 0x7f
	})):
		return "", status.Error(codes.InvalidArgument, "the author is no name")
	case c.anybody:
		return claimed, nil
	case c.operator == "":
		return "",
			status.Errorf(codes.PermissionDenied,
				"this is for operators, and the certificate is node %q's", c.node)
	}
	return c.operator, nil
}

// nodeName holds the name that a node goes by against its certificate.
func (s *Server) nodeName(ctx context.Context, claimed string) error {
	c, err := s.who(ctx)
	switch {
	case err != nil:
		return err
	case !validName(claimed):
		return status.Error(codes.InvalidArgument,
			"the node's name is empty, too long, or has other characters than letters, "+
				"digits and -_.:")
	case !c.anybody && c.node == "":
		return status.Errorf(codes.PermissionDenied,
			"this is for nodes, and the certificate is operator %q's", c.operator)
	case !c.anybody && c.node != claimed:
		return status.Errorf(codes.FailedPrecondition,
			"the node says it is %q, and its certificate is %q's", claimed, c.node)
	}
	return nil
}
