package devca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	// AuthorityLife and LeafLife are how long certificates are valid. Leaves live
	// shorter than any browser's limit (398 days).
	AuthorityLife = 10 * 365 * 24 * time.Hour
	LeafLife      = 90 * 24 * time.Hour
	// backdate allows for clocks that differ.
	backdate = 5 * time.Minute

	authorityName = "ca"
	certSuffix    = ".pem"
	keySuffix     = ".key"
)

// An Authority signs certificates.
type Authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	// Made reports whether Open had to make it.
	Made bool
}

// A Leaf says what a certificate is for.
type Leaf struct {
	File   string   // the name of its files, without an ending
	Names  []string // DNS names and IP addresses
	URIs   []string
	Common string // the common name; the first name if ""
}

// Files are the paths of a certificate and its key.
type Files struct {
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

// Open reads the authority in dir, or makes it with the folder. An authority that is
// there is never replaced: every client that trusts it would have to be told.
func Open(dir string, now time.Time) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	a := &Authority{dir: dir}
	f := a.files(authorityName)
	_, certErr := os.Stat(f.Cert)
	_, keyErr := os.Stat(f.Key)
	switch {
	case errors.Is(certErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist):
		return a, a.make(now)
	case errors.Is(certErr, fs.ErrNotExist):
		return nil,
			fmt.Errorf(
				"%s is there and %s is not: put the pair together again, or move the rest away",
				f.Key, f.Cert)
	case errors.Is(keyErr, fs.ErrNotExist):
		return nil,
			fmt.Errorf(
				"%s is there and %s is not: put the pair together again, or move the rest away",
				f.Cert, f.Key)
	}
	return a, a.read(f, now)
}

func (a *Authority) files(name string) Files {
	base := filepath.Join(a.dir, name)
	return Files{Cert: base + certSuffix, Key: base + keySuffix}
}

// Files are the authority's own.
func (a *Authority) Files() Files { return a.files(authorityName) }

// NotAfter is when it ends.
func (a *Authority) NotAfter() time.Time { return a.cert.NotAfter }

func (a *Authority) read(f Files, now time.Time) error {
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return fmt.Errorf("the authority %s: %w", f.Cert, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return fmt.Errorf("%s is no authority that this command has made", f.Cert)
	}
	if now.After(pair.Leaf.NotAfter) {
		return fmt.Errorf("the authority %s has expired, at %s: move it away, and whoever trusts "+
			"it has to trust the next", f.Cert, pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	a.cert, a.key = pair.Leaf, key
	return nil
}

func (a *Authority) make(now time.Time) error {
	template := &x509.Certificate{
		Subject: pkix.Name{
			CommonName: "gateway development CA", Organization: []string{"development only"},
		},
		NotAfter: now.Add(AuthorityLife),
		IsCA:     true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	var err error
	a.cert, a.key, err = a.write(authorityName, template, now)
	a.Made = true
	return err
}

// Sign makes a certificate for servers and clients alike, in place of one that is there.
func (a *Authority) Sign(l Leaf, now time.Time) (Files, error) {
	template := &x509.Certificate{
		Subject:  pkix.Name{CommonName: l.Common, Organization: []string{"development only"}},
		NotAfter: now.Add(LeafLife),
		KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{
			x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth,
		},
	}
	for _, n := range l.Names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	for _, s := range l.URIs {
		u, err := url.Parse(s)
		if err != nil || u.Scheme == "" || u.Host == "" {
			return Files{}, fmt.Errorf("%q is no URI such as spiffe://gateway/node/edge-1", s)
		}
		template.URIs = append(template.URIs, u)
	}
	if template.Subject.CommonName == "" && len(l.Names) > 0 {
		template.Subject.CommonName = l.Names[0]
	}
	if a.cert.NotAfter.Before(template.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	if l.File == authorityName {
		return Files{}, fmt.Errorf("%q is the name of the authority's own files", l.File)
	}
	_, _, err := a.write(l.File, template, now)
	return a.files(l.File), err
}

// write makes a key and a certificate for it, signed by the authority or, for that, by
// itself.
func (a *Authority) write(
	name string, template *x509.Certificate, now time.Time,
) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader,
		new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, nil, err
	}
	template.NotBefore = now.Add(-backdate)
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, nil, fmt.Errorf("making the certificate %s: %w", name, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	f := a.files(name)
	// The key first: a certificate without its key is of no use to anybody.
	if err := replace(f.Key, 0o600, &pem.Block{Type: "PRIVATE KEY", Bytes: raw}); err != nil {
		return nil, nil, err
	}
	return cert, key, replace(f.Cert, 0o644, &pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// replace writes a file whole, or leaves what is there.
func replace(path string, mode fs.FileMode, block *pem.Block) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	err = errors.Join(pem.Encode(tmp, block), tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(tmp.Name(), path)
}
