// Package pemfile reads certificates and keys from text in PEM form (RFC 7468), and takes nothing
// that it can't read.
//
// crypto/tls and crypto/x509 skip a block that is damaged, or that has another label. What is left
// then looks complete: a file of authorities has lost one of them, and a chain its intermediate.
// Here each such file is refused, with the line of the mistake. Text between the blocks is let
// through, as OpenSSL and curl write some there.
//
// No error of this package has anything of what a file holds but labels and names in it, so that
// errors about keys can be logged. Nothing here reads files: the caller has the bytes, since
// certificates may be the values of secrets too.
package pemfile
