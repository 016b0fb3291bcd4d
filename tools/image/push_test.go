package main

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// made is an archive of an image for two platforms, made by the command itself.
func made(t *testing.T, version, content string) string {
	t.Helper()
	dir := t.TempDir()
	var zones bytes.Buffer
	z := zip.NewWriter(&zones)
	if w, err := z.Create("UTC"); err != nil {
		t.Fatal(err)
	} else if _, err := w.Write([]byte("TZif")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write := func(name, body string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	out := filepath.Join(dir, "gateway_"+version+"_edge.oci.tar")
	program := write("edge", content)
	if err := build([]string{
		"--out", out, "--name", "edge", "--about", "the edge", "--version", version,
		"--zones", write("zoneinfo.zip", zones.String()),
		"--status", write("status", "BUILD_USER x\nSTABLE_COMMIT abc\n"),
		"--program", "linux/amd64=" + program, "--program", "linux/arm64=" + program,
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// a server is a registry that counts what it is sent, and can break.
type server struct {
	host   string
	blobs  atomic.Int64 // uploads that were begun
	broken atomic.Int64 // manifests to refuse from now on
}

func serve(t *testing.T) *server {
	t.Helper()
	s := &server{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/blobs/uploads/") {
			s.blobs.Add(1)
		}
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") &&
			s.broken.Add(-1) >= 0 {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	s.host = strings.TrimPrefix(h.URL, "http://")
	return s
}

func (s *server) push(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	err := push(ctx, append([]string{"--repo", s.host + "/me/gateway"}, args...), &out)
	return out.String(), err
}

func (s *server) digest(t *testing.T, tag string) string {
	t.Helper()
	ref, err := name.NewTag(s.host + "/me/gateway/edge:" + tag)
	if err != nil {
		t.Fatal(err)
	}
	desc, err := remote.Get(ref, remote.WithContext(t.Context()))
	if err != nil {
		return ""
	}
	idx, err := desc.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := idx.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, m := range manifest.Manifests {
		platforms = append(platforms, m.Platform.String())
	}
	if want := []string{"linux/amd64", "linux/arm64"}; !slices.Equal(platforms, want) {
		t.Errorf("%s is for %q", tag, platforms)
	}
	return desc.Digest.String()
}

func TestADryRunSendsNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	out, err := s.push(t, made(t, "0.6.0", "a"))
	if err != nil || !strings.Contains(out, "would get the tags 0.6.0, 0.6, latest") {
		t.Errorf("%q, %v", out, err)
	}
	if s.blobs.Load() != 0 || s.digest(t, "0.6.0") != "" {
		t.Error("the registry got something")
	}
}

func TestAPushIsByDigestAndTags(t *testing.T) {
	t.Parallel()
	s := serve(t)
	file := made(t, "0.6.0", "a")
	out, err := s.push(t, "--yes", file)
	if err != nil {
		t.Fatal(err)
	}
	digest := s.digest(t, "0.6.0")
	if digest == "" || s.digest(t, "0.6") != digest || s.digest(t, "latest") != digest ||
		!strings.Contains(out, "@"+digest) {
		t.Errorf("the tags are %q, %q, %q; it says %q", digest, s.digest(t, "0.6"),
			s.digest(t, "latest"), out)
	}
	// Again: nothing is sent a second time, and nothing changes.
	sent := s.blobs.Load()
	if _, err := s.push(t, "--yes", file); err != nil {
		t.Error(err)
	}
	if s.blobs.Load() != sent || s.digest(t, "0.6.0") != digest {
		t.Errorf("a second push sent %d blobs", s.blobs.Load()-sent)
	}
}

func TestAPushThatBrokeOffGoesOn(t *testing.T) {
	t.Parallel()
	s := serve(t)
	file := made(t, "0.6.0", "a")
	s.broken.Store(1)
	if _, err := s.push(t, "--yes", file); err == nil {
		t.Fatal("a registry that refuses a manifest was no error")
	}
	if s.digest(t, "0.6.0") != "" || s.digest(t, "latest") != "" {
		t.Error("a tag names what is not whole")
	}
	if _, err := s.push(t, "--yes", file); err != nil || s.digest(t, "latest") == "" {
		t.Errorf("the second try: %v", err)
	}
}

func TestAVersionIsOneImageForEver(t *testing.T) {
	t.Parallel()
	s := serve(t)
	if _, err := s.push(t, "--yes", made(t, "0.6.0", "a")); err != nil {
		t.Fatal(err)
	}
	before := s.digest(t, "0.6.0")
	_, err := s.push(t, "--yes", made(t, "0.6.0", "b"))
	if err == nil || !strings.Contains(err.Error(), "is another image") {
		t.Errorf("another image under the same version: %v", err)
	}
	if s.digest(t, "0.6.0") != before {
		t.Error("the version is another image now")
	}
}

func TestEqualFilesMakeAnEqualImage(t *testing.T) {
	t.Parallel()
	first, err := os.ReadFile(made(t, "0.6.0", "a"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(made(t, "0.6.0", "a"))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two images of the same files differ (%v)", err)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][]string{
		"0.6.0": {"0.6.0", "0.6", "latest"}, "1.2.3": {"1.2.3", "1.2", "1", "latest"},
		"1.2.3-rc.1": {"1.2.3-rc.1"},
	} {
		if got := tags(version, true); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
	}
}
