package pemfile_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/pemfile"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func encode(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func decode(t testing.TB, text []byte) []byte {
	t.Helper()
	b, _ := pem.Decode(text)
	if b == nil {
		t.Fatal("no PEM")
	}
	return b.Bytes
}

// line returns the number of the line of text that part begins in.
func line(text, part string) int {
	return strings.Count(text[:strings.Index(text, part)], "\n") + 1
}

// A file of authorities keeps all of them or is refused, and the line is told: one authority the
// fewer is clients who are refused without a reason.
func TestNoAuthorityIsLost(t *testing.T) {
	a, b := string(testkit.NewAuthority(t).PEM), string(testkit.NewAuthority(t).PEM)
	der := decode(t, []byte(b))
	second := strings.Count(a, "\n") + 1
	third := func(edit func(lines []string) []string) string {
		return a + strings.Join(edit(strings.SplitAfter(b, "\n")), "")
	}
	for name, tc := range map[string]struct {
		text, want string
		line       int
	}{
		"both": {a + b, "", 0},
		"with text between": {
			"# one\nSubject: CN=a\n=====\n" + a + "\ntwo\n" + b + "\n",
			"",
			0,
		},
		"with line ends of DOS": {strings.ReplaceAll(a+b, "\n", "\r\n"), "", 0},
		"without the last end":  {strings.TrimSpace(a + b), "", 0},
		"with blanks":           {strings.ReplaceAll(a+b, "\n", " \t\n"), "", 0},
		"commented out":         {a + "#" + strings.ReplaceAll(b, "\n", "\n#"), "", 0},
		"with a fingerprint":    {strings.Repeat("ab", 32) + "\n" + a + b, "", 0},
		"empty":                 {"", "is empty", 0},
		"white space":           {"\n \n", "is empty", 0},
		"something else":        {"hello\n", "holds no certificate in PEM form", 0},
		"DER":                   {string(der), "DER form", 0},
		"UTF-16":                {"\xff\xfe-\x00", "UTF-16", 1},
		"a byte order mark":     {"\xef\xbb\xbf" + a + b, "byte order mark", 1},
		"only base64":           {base64.StdEncoding.EncodeToString(der), "base64 without", 1},
		"quotes":                {`"` + a + `"`, "quotes", 1},
		`\n`:                    {strings.ReplaceAll(a, "\n", `\n`), `\n`, 1},
		"a lost END line":       {a[:strings.Index(a, "-----END")] + b, "no END line", second - 1},
		"the last END line":     {a + b[:strings.Index(b, "-----END")], "no END line", second},
		"a short END line": {
			a + strings.Replace(b, "END CERTIFICATE-----", "END CERTIFICATE----", 1),
			"no END line",
			second + strings.Count(b, "\n") - 1,
		},
		"another END line": {
			a + strings.Replace(b, "END CERTIFICATE", "END KEY", 1),
			"ends as KEY",
			second + strings.Count(b, "\n") - 1,
		},
		"a short BEGIN line": {a + b[1:], "looks like one", second},
		"a BEGIN line in small": {
			a + strings.Replace(b, "BEGIN", "Begin", 1),
			"looks like one",
			second,
		},
		"a lost BEGIN line": {
			third(func(l []string) []string { return l[1:] }),
			"base64 without a BEGIN",
			second,
		},
		"another label": {
			a + encode("TRUSTED CERTIFICATE", der),
			"here is a TRUSTED CERTIFICATE",
			second,
		},
		"the label X509": {
			a + encode("X509 CERTIFICATE", der),
			"here is a X509 CERTIFICATE",
			second,
		},
		"a list of revoked ones": {a + encode("X509 CRL", der), "here is a X509 CRL", second},
		"a key":                  {a + encode("PRIVATE KEY", der), "here is a PRIVATE KEY", second},
		"a letter that is none": {
			third(func(l []string) []string { l[2] = "!" + l[2][1:]; return l }),
			"damaged here",
			second + 2,
		},
		"a lost line": {
			third(func(l []string) []string { return append(l[:2:2], l[3:]...) }),
			"damaged",
			second,
		},
		"a lost letter": {
			third(func(l []string) []string { l[2] = l[2][1:]; return l }),
			"not complete",
			second,
		},
		"another letter": {
			a + encode("CERTIFICATE", append([]byte{0x31}, der[1:]...)),
			"damaged",
			second,
		},
		"bytes at the end": {
			a + encode("CERTIFICATE", append(der[:len(der):len(der)], 0)),
			"damaged",
			second,
		},
		"nothing inside": {
			a + "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
			"not complete",
			second,
		},
	} {
		certs, err := pemfile.Certificates([]byte(tc.text))
		if _, poolErr := pemfile.Pool([]byte(tc.text)); (poolErr == nil) != (err == nil) {
			t.Errorf("%s: as a pool %v, as certificates %v", name, poolErr, err)
		}
		if tc.want == "" {
			if want := strings.Count(tc.text, "\n-----END"); err != nil ||
				len(certs) != max(want, 1) && name != "with blanks" {
				t.Errorf("%s: %d certificates of %d, %v", name, len(certs), want, err)
			}
			continue
		}
		var e *pemfile.Error
		if !errors.As(err, &e) || !strings.Contains(e.What, tc.want) || e.Line != tc.line {
			t.Errorf("%s: %v, want %q in line %d", name, err, tc.want, tc.line)
		}
	}
}

func rsaPSS(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		Version   int
		Algorithm struct{ OID asn1.ObjectIdentifier }
		Key       []byte
	}{Algorithm: struct{ OID asn1.ObjectIdentifier }{
		asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10},
	}, Key: x509.MarshalPKCS1PrivateKey(key)})
	if err != nil {
		t.Fatal(err)
	}
	return encode("PRIVATE KEY", der)
}

// What a pair can't be made of is told in words of its own, which hold nothing of the key.
func TestPairs(t *testing.T) {
	authority := testkit.NewAuthority(t)
	leaf, other := authority.Leaf(t, nil, "a.test"), authority.Leaf(t, nil, "a.test")
	cert, key, ca := string(leaf.Cert), string(leaf.Key), string(authority.PEM)
	signer, err := pemfile.PrivateKey(leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(signer.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	der := decode(t, leaf.Key)
	legacy := "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n" +
		"DEK-Info: AES-256-CBC,00\n\n" +
		strings.SplitN(encode("EC PRIVATE KEY", sec1), "\n", 2)[1]
	for name, tc := range map[string]struct {
		cert, key, want string
		line            int
		ofKey           bool
	}{
		"a pair":  {cert, key, "", 0, false},
		"a chain": {cert + ca, key, "", 0, false},
		"SEC 1":   {cert, encode("EC PRIVATE KEY", sec1), "", 0, false},
		"with parameters": {
			cert,
			"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + key,
			"",
			0,
			false,
		},
		"all in one": {key + cert + ca, key + cert + ca, "", 0, false},
		"a garbage intermediate": {
			cert + encode("CERTIFICATE", []byte("garbage")),
			key,
			"damaged",
			line(cert+"-", "-----END") + 1,
			false,
		},
		"an intermediate by name": {
			cert + encode("X509 CERTIFICATE", decode(t, authority.PEM)),
			key,
			"X509 CERTIFICATE",
			line(cert+"-", "-----END") + 1,
			false,
		},
		"reversed": {
			ca + cert,
			key,
			"the chain is reversed",
			strings.Count(ca, "\n") + 1,
			false,
		},
		"another key": {
			cert,
			string(other.Key),
			"belongs to another certificate",
			0,
			true,
		},
		"no key": {cert, cert, "no private key", 0, true},
		"two keys": {
			cert,
			key + string(other.Key),
			"a second key",
			strings.Count(key, "\n") + 1,
			true,
		},
		"an encrypted key": {
			cert,
			encode("ENCRYPTED PRIVATE KEY", der),
			"encrypted",
			1,
			true,
		},
		"an old encrypted key": {cert, legacy, "encrypted", 1, true},
		"a key of SSH":         {cert, encode("OPENSSH PRIVATE KEY", der), "OPENSSH", 1, true},
		"a key for RSA-PSS":    {cert, rsaPSS(t), "RSASSA-PSS", 1, true},
		"a damaged key":        {cert, encode("PRIVATE KEY", der[:40]), "damaged", 1, true},
		"a key in DER":         {cert, string(der), "DER", 0, true},
		"a key in base64": {
			cert,
			base64.StdEncoding.EncodeToString(der),
			"base64 without",
			1,
			true,
		},
		"a key with a mark":        {cert, "\xef\xbb\xbf" + key, "byte order mark", 1, true},
		"a key in quotes":          {cert, "'" + key + "'", "quotes", 1, true},
		"a key that is a password": {cert, "hunter2", "no private key", 0, true},
	} {
		pair, err := pemfile.Pair([]byte(tc.cert), []byte(tc.key))
		if tc.want == "" {
			if err != nil || pair.Leaf == nil || !pair.PrivateKey.(*ecdsa.PrivateKey).Equal(
				crypto.PrivateKey(signer)) ||
				len(pair.Certificate) != strings.Count(tc.cert, "BEGIN CERT") {
				t.Errorf("%s: %d certificates, %v", name, len(pair.Certificate), err)
			}
			continue
		}
		var e *pemfile.Error
		if !errors.As(err, &e) || !strings.Contains(e.What, tc.want) || e.Line != tc.line ||
			e.Key != tc.ofKey {
			t.Errorf("%s: %+v, want %q in line %d", name, err, tc.want, tc.line)
			continue
		}
		for i := 0; i+12 <= len(tc.key); i += 12 {
			if part := tc.key[i : i+12]; !strings.ContainsAny(part, "- ") &&
				strings.Contains(e.Error()+e.Hint(), part) {
				t.Errorf("%s: the error shows the key: %v", name, e)
			}
		}
	}
}

func TestPublicKeys(t *testing.T) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := x509.MarshalPKIXPublicKey(curve.Public())
	if err != nil {
		t.Fatal(err)
	}
	one := encode("PUBLIC KEY", ed)
	if keys, err := pemfile.PublicKeys([]byte(one + one)); err != nil || len(keys) != 2 ||
		!bytes.Equal(keys[1], public) {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	for text, want := range map[string]string{
		one + encode("PUBLIC KEY", ec):        "line 4: holds a key that is not Ed25519",
		one + encode("PUBLIC KEY", ed[:20]):   "line 4: the public key that begins here is damaged",
		one + encode("RSA PUBLIC KEY", ed):    "line 4: here is a RSA PUBLIC KEY",
		strings.Replace(one, "END", "EMD", 1): "no END line",
		"nothing":                             "holds no public key",
		"\xef\xbb\xbf" + one:                  "byte order mark",
	} {
		if _, err := pemfile.PublicKeys([]byte(text)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
