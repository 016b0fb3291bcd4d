// Package devca makes certificates for development: an authority of one's own, kept in
// a folder, and leaf certificates that it signs. It is no PKI: keys lie in files, and
// nothing is ever revoked.
package devca
