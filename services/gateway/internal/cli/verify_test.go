package cli_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
)

// downloaded is a folder with two files of a release, their list, its signature, and the key.
func downloaded(t *testing.T) (path func(string) string) {
	t.Helper()
	dir := t.TempDir()
	path = func(name string) string { return filepath.Join(dir, name) }
	write := func(name, body string) {
		if err := os.WriteFile(path(name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.tar.gz", "a")
	write("b.zip", "b")
	var listed []checksums.Sum
	for _, name := range []string{"a.tar.gz", "b.zip"} {
		s, err := checksums.Of(path(name))
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, s)
	}
	list := checksums.Format(listed)
	write("SHA256SUMS", list)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	signature, err := checksums.Sign(key, []byte(list))
	if err != nil {
		t.Fatal(err)
	}
	write("SHA256SUMS.sig", signature)
	if der, err = x509.MarshalPKIXPublicKey(public); err != nil {
		t.Fatal(err)
	}
	write("cosign.pub", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	return path
}

func TestFilesOfAReleaseAreVerified(t *testing.T) {
	path := downloaded(t)
	files := []string{"verify", path("a.tar.gz"), path("b.zip"), "--sums", path("SHA256SUMS")}
	invoke(t, files...).want(t, 0, "ok "+path("a.tar.gz"), "")
	signed := append(files, "--key", path("cosign.pub"))
	invoke(t, signed...).want(t, 0, "ok "+path("b.zip"), "")

	// One byte more.
	if err := os.WriteFile(path("b.zip"), []byte("b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	invoke(t, files...).want(t, 1, "FAILED "+path("b.zip")+": it is another file", "")
	invoke(t, append(files, "--json")...).want(t, 1, `"ok": false`, "")

	// A list that says so, which nobody signed.
	listed, err := checksums.Of(path("b.zip"))
	if err != nil {
		t.Fatal(err)
	}
	list := checksums.Format([]checksums.Sum{listed})
	if err := os.WriteFile(path("SHA256SUMS"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	invoke(t, "verify", path("b.zip"), "--sums", path("SHA256SUMS")).want(t, 0, "ok ", "")
	invoke(t, "verify", path("b.zip"), "--sums", path("SHA256SUMS"), "--key", path("cosign.pub")).
		want(t, 1, "", "is not signed by the owner of")
	invoke(t, "verify", path("a.tar.gz"), "--sums", path("SHA256SUMS")).
		want(t, 1, "it is not in "+path("SHA256SUMS"), "")
}

func TestWhatVerifyCannotRead(t *testing.T) {
	path := downloaded(t)
	sums := []string{"--sums", path("SHA256SUMS")}
	key := append([]string{"a", "--key", path("cosign.pub")}, sums...)
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no file":       {sums, 2, "needs a FILE"},
		"no list":       {[]string{path("a.tar.gz")}, 2, "--sums is missing"},
		"no such list":  {[]string{path("a.tar.gz"), "--sums", path("no")}, 1, "no such file"},
		"another list":  {[]string{path("a.tar.gz"), "--sums", path("a.tar.gz")}, 1, "line 1"},
		"no key":        {append([]string{"a", "--signature", "x"}, sums...), 2, "needs --key"},
		"not a key":     {append([]string{"a", "--key", path("a.tar.gz")}, sums...), 1, "PEM"},
		"no signature":  {append(key, "--signature", path("no")), 1, "the signature: "},
		"not signature": {append(key, "--signature", path("cosign.pub")), 1, "not base64"},
	} {
		t.Run(name, func(t *testing.T) {
			invoke(t, append([]string{"verify"}, c.args...)...).want(t, c.code, "", c.want)
		})
	}
	invoke(t, append([]string{"verify", path("no")}, sums...)...).
		want(t, 1, "FAILED "+path("no"), "")
}
