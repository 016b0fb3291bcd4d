package checksums_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
)

// pair is a private and a public key in PEM.
func pair(t *testing.T, private, public any) (key, pub []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	pubDER, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pubDER})
}

func ecdsaPair(t *testing.T) (key, pub []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pair(t, k, &k.PublicKey)
}

func TestASignatureIsOfOneTextAndOneKey(t *testing.T) {
	t.Parallel()
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edKey, edPub := pair(t, edPrivate, edPublic)
	ecKey, ecPub := ecdsaPair(t)
	_, other := ecdsaPair(t)
	text := []byte(abc + "  a\n")
	for name, keys := range map[string][2][]byte{
		"ed25519": {edKey, edPub}, "ecdsa": {ecKey, ecPub},
	} {
		signature, err := checksums.Sign(keys[0], text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, err := checksums.Sign(keys[0], text); err != nil || again != signature {
			t.Errorf("%s: a second signature is %q, %v, not %q", name, again, err, signature)
		}
		if err := checksums.Verify(keys[1], text, signature+"\n"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		changed := []byte(empty + "  a\n")
		if err := checksums.Verify(keys[1], changed, signature); !errors.Is(err,
			checksums.ErrSignature) {
			t.Errorf("%s, another text: %v", name, err)
		}
		if err := checksums.Verify(other, text, signature); !errors.Is(err,
			checksums.ErrSignature) {
			t.Errorf("%s, another key: %v", name, err)
		}
	}
}

func TestKeysThatAreNoneAreNamed(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, pub := pair(t, rsaKey, &rsaKey.PublicKey)
	encrypted := []byte("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n" +
		"-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n")
	for _, c := range []struct {
		key  []byte
		want string
	}{{key, "rsa"}, {pub, "neither"}, {[]byte("x"), "PEM"}, {encrypted, "encrypted"}} {
		if _, err := checksums.Sign(c.key, nil); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("sign: %v, want %q", err, c.want)
		}
	}
	for _, c := range []struct {
		key       []byte
		signature string
		want      string
	}{
		{pub, "", "rsa"}, {key, "", "no public key"}, {[]byte("x"), "", "PEM"},
		{pub, "%", "base64"},
	} {
		if err := checksums.Verify(c.key, nil, c.signature); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("verify: %v, want %q", err, c.want)
		}
	}
}
