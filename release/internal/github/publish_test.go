package github_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/release/internal/github"
)

// hub is GitHub's API of releases for one repository, as far as its documentation says what a
// client sees of it.
type hub struct {
	mu       sync.Mutex
	url      string
	releases []map[string]any
	assets   []map[string]any
	uploads  []string
	breaks   string // the upload of this file breaks off, once
	writes   int
}

func serve(t *testing.T) *hub {
	t.Helper()
	h := &hub{}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer token" {
		http.Error(w, `{"message": "Bad credentials"}`, http.StatusUnauthorized)
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/repos/me/gateway/releases")
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet {
		h.writes++
	}
	answer := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	switch {
	case r.Method == http.MethodGet && path == "":
		answer(http.StatusOK, h.releases)
	case r.Method == http.MethodGet && strings.HasPrefix(path, "/tags/"):
		for _, one := range h.releases {
			if one["tag_name"] == strings.TrimPrefix(path, "/tags/") && one["draft"] == false {
				answer(http.StatusOK, one)
				return
			}
		}
		http.NotFound(w, r)
	case r.Method == http.MethodPost && path == "":
		var one map[string]any
		_ = json.NewDecoder(r.Body).Decode(&one)
		one["id"], one["html_url"] = 1, "https://hub.example/v"
		one["upload_url"] = h.url + r.URL.Path + "/1/assets{?name,label}"
		h.releases = append(h.releases, one)
		answer(http.StatusCreated, one)
	case r.Method == http.MethodPatch && path == "/1":
		_ = json.NewDecoder(r.Body).Decode(&h.releases[0])
		answer(http.StatusOK, h.releases[0])
	case r.Method == http.MethodGet && path == "/1/assets":
		answer(http.StatusOK, h.assets)
	case r.Method == http.MethodDelete && strings.HasPrefix(path, "/assets/"):
		h.assets = slices.DeleteFunc(h.assets, func(a map[string]any) bool {
			return fmt.Sprint(a["id"]) == strings.TrimPrefix(path, "/assets/")
		})
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPost && path == "/1/assets":
		h.upload(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (h *hub) upload(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	for _, a := range h.assets {
		if a["name"] == name {
			http.Error(w, `{"errors": [{"code": "already_exists"}]}`,
				http.StatusUnprocessableEntity)
			return
		}
	}
	body, _ := io.ReadAll(r.Body)
	one := map[string]any{
		"id": 100 + len(h.uploads), "name": name, "state": "uploaded", "size": len(body),
		"digest": fmt.Sprintf("sha256:%x", sha256.Sum256(body)),
	}
	h.uploads = append(h.uploads, name)
	if h.breaks == name {
		// What is left of it keeps the name.
		h.breaks, one["state"], one["digest"] = "", "starter", nil
		h.assets = append(h.assets, one)
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	h.assets = append(h.assets, one)
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(one)
}

// files are three files of a release.
func files(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"SHA256SUMS", "a.tar.gz", "b.zip"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("the content of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func (h *hub) publish(t *testing.T, files []string, yes bool) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := github.Client{API: h.url, Repo: "me/gateway", Token: "token", HTTP: http.DefaultClient}
	var out bytes.Buffer
	err := c.Publish(ctx, github.Publication{
		Version: "0.6.0", Commit: "abc", Notes: "first", Files: files, Yes: yes, Out: &out,
	})
	return out.String(), err
}

func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	h := serve(t)
	out, err := h.publish(t, files(t), false)
	if err != nil || !strings.Contains(out, "Nothing was done") ||
		!strings.Contains(out, "a.tar.gz: is uploaded") {
		t.Errorf("%q, %v", out, err)
	}
	if h.writes != 0 {
		t.Errorf("%d writes", h.writes)
	}
}

func TestAReleaseIsPublishedWhenAllFilesAreThere(t *testing.T) {
	t.Parallel()
	h := serve(t)
	paths := files(t)
	if _, err := h.publish(t, paths, true); err != nil {
		t.Fatal(err)
	}
	r := h.releases[0]
	if r["tag_name"] != "v0.6.0" || r["draft"] != false || r["body"] != "first" ||
		r["target_commitish"] != "abc" || r["prerelease"] != false || len(h.assets) != 3 {
		t.Errorf("%v with %v", r, h.assets)
	}
	// Once more: nothing is written.
	writes := h.writes
	if out, err := h.publish(t, paths, true); err != nil || h.writes != writes {
		t.Errorf("%d writes more, %v: %s", h.writes-writes, err, out)
	}
}

func TestAnUploadThatBrokeOffGoesOn(t *testing.T) {
	t.Parallel()
	h := serve(t)
	h.breaks = "a.tar.gz"
	paths := files(t)
	if _, err := h.publish(t, paths, true); err == nil ||
		!strings.Contains(err.Error(), "upload a.tar.gz") {
		t.Fatalf("an upload that broke off: %v", err)
	}
	if h.releases[0]["draft"] != true {
		t.Error("half a release is published")
	}
	if _, err := h.publish(t, paths, true); err != nil {
		t.Fatal(err)
	}
	want := []string{"SHA256SUMS", "a.tar.gz", "a.tar.gz", "b.zip"}
	if !slices.Equal(h.uploads, want) || h.releases[0]["draft"] != false || len(h.releases) != 1 {
		t.Errorf("uploads %q, releases %v", h.uploads, h.releases)
	}
}

func TestAPublishedFileIsNeverAnother(t *testing.T) {
	t.Parallel()
	h := serve(t)
	paths := files(t)
	if _, err := h.publish(t, paths, true); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paths[2], []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	writes := h.writes
	if _, err := h.publish(t, paths, true); err == nil ||
		!strings.Contains(err.Error(), "another file b.zip") || h.writes != writes {
		t.Errorf("%d writes, %v", h.writes-writes, err)
	}
}

func TestAWrongTokenIsSaid(t *testing.T) {
	t.Parallel()
	h := serve(t)
	c := github.Client{API: h.url, Repo: "me/gateway", Token: "x", HTTP: http.DefaultClient}
	err := c.Publish(t.Context(), github.Publication{Version: "0.6.0", Out: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "Bad credentials") {
		t.Errorf("%v", err)
	}
}
