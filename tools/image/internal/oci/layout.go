package oci

import (
	"fmt"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// tagAnnotation names an image of a layout (annotations.md of the OCI image specification).
const tagAnnotation = "org.opencontainers.image.ref.name"

// Save writes an index as an archive of an OCI layout, which podman, docker, skopeo and crane open.
// The layout names the index as tag.
func Save(file, tag string, idx v1.ImageIndex) error {
	dir, err := os.MkdirTemp("", "layout")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("begin a layout: %w", err)
	}
	err = path.AppendIndex(idx, layout.WithAnnotations(map[string]string{tagAnnotation: tag}))
	if err != nil {
		return fmt.Errorf("write a layout: %w", err)
	}
	files, err := tree(dir)
	if err != nil {
		return err
	}
	return pack.Write(file, files)
}

// tree is everything below a folder.
func tree(dir string) (files []pack.File, err error) {
	err = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f := pack.File{Name: filepath.ToSlash(name), From: path, Mode: 0o644}
		if entry.IsDir() {
			f.Mode, f.From = os.ModeDir|0o755, ""
		}
		files = append(files, f)
		return nil
	})
	return files, err
}

// Load opens an archive that Save has written, unpacked below dir, and returns its index with the
// name it has there.
func Load(file, dir string) (idx v1.ImageIndex, tag string, err error) {
	files, err := pack.Read(file)
	if err != nil {
		return nil, "", err
	}
	for _, f := range files {
		to := filepath.Join(dir, filepath.FromSlash(f.Name))
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return nil, "", fmt.Errorf("%s has a file outside of it: %s", file, f.Name)
		}
		if f.Mode.IsDir() {
			err = os.MkdirAll(to, 0o755)
		} else {
			err = os.WriteFile(to, f.Body, 0o600)
		}
		if err != nil {
			return nil, "", err
		}
	}
	root, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", file, err)
	}
	manifest, err := root.IndexManifest()
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", file, err)
	}
	if len(manifest.Manifests) != 1 {
		return nil, "", fmt.Errorf("%s has %d images or indexes at its top, want one index", file,
			len(manifest.Manifests))
	}
	top := manifest.Manifests[0]
	if idx, err = root.ImageIndex(top.Digest); err != nil {
		return nil, "", fmt.Errorf("%s: %w", file, err)
	}
	return idx, top.Annotations[tagAnnotation], nil
}
