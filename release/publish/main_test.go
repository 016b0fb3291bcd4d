package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheListIsSignedAndGoesWithTheFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, body string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// There is no release yet.
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/releases") {
			_, _ = w.Write([]byte("[]"))
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(api.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := []string{
		"--api", api.URL, "--repo", "me/gateway", "--version", "0.6.0", "--commit", "abc",
		"--notes", write("notes.md", "first"), "--key", write("key.pem", key),
		"--files", write("a.tar.gz", "a") + " " + write("SHA256SUMS", "x"),
	}
	var out bytes.Buffer
	if err := run(ctx, args, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"a.tar.gz: is uploaded", "SHA256SUMS: is uploaded", "SHA256SUMS.sig: is uploaded",
		"Nothing was done",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &out)
		}
	}
	write("key.pem", "x")
	if err := run(ctx, args, &out); err == nil || !strings.Contains(err.Error(), "PEM") {
		t.Errorf("a key that is none: %v", err)
	}
}
