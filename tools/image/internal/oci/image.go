package oci

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"runtime"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

// User is whom images run as, user and group: nobody that a system knows, and not root. Policies
// that want a number, such as runAsNonRoot of Kubernetes, are content with it.
const User = 65532

// A Layer is some files of an image, with the words of its history.
type Layer struct {
	Says  string
	Files []pack.File
}

// An Image is what runs on one platform.
type Image struct {
	Platform   string // os/arch
	Entrypoint []string
	Args       []string // of the entry point, unless who runs it gives others
	WorkingDir string
	Env        []string
	Ports      []string // such as 8080/tcp
	Volumes    []string // folders that a program keeps data in
	Labels     map[string]string
	Layers     []Layer // the lowest first: what changes least
}

// Build makes the image.
func Build(i Image) (v1.Image, error) {
	system, arch, ok := strings.Cut(i.Platform, "/")
	if !ok {
		return nil, fmt.Errorf("%q is not os/arch, as linux/%s", i.Platform, runtime.GOARCH)
	}
	ports := map[string]struct{}{}
	for _, p := range i.Ports {
		ports[p] = struct{}{}
	}
	volumes := map[string]struct{}{}
	for _, v := range i.Volumes {
		volumes[v] = struct{}{}
	}
	user := fmt.Sprintf("%d:%d", User, User)
	made := v1.Time{Time: pack.Time}
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
	img, err := mutate.ConfigFile(img, &v1.ConfigFile{
		OS: system, Architecture: arch, Created: made,
		RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User: user, Entrypoint: i.Entrypoint, Cmd: i.Args, WorkingDir: i.WorkingDir,
			Env: i.Env, ExposedPorts: ports, Volumes: volumes, Labels: i.Labels,
			StopSignal: "SIGTERM",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("configure an image: %w", err)
	}
	for _, l := range i.Layers {
		layer, err := build(l)
		if err != nil {
			return nil, err
		}
		img, err = mutate.Append(img, mutate.Addendum{
			Layer: layer, History: v1.History{Created: made, CreatedBy: l.Says},
		})
		if err != nil {
			return nil, fmt.Errorf("add the layer %s: %w", l.Says, err)
		}
	}
	return img, nil
}

func build(l Layer) (v1.Layer, error) {
	var b bytes.Buffer
	if err := pack.TarGz(&b, l.Files); err != nil {
		return nil, fmt.Errorf("write the layer %s: %w", l.Says, err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, fmt.Errorf("read the layer %s: %w", l.Says, err)
	}
	return layer, nil
}

// Index puts images of several platforms under one name. Each says its platform in its
// configuration. The annotations are the index's.
func Index(images []v1.Image, annotations map[string]string) (v1.ImageIndex, error) {
	idx := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, img := range images {
		config, err := img.ConfigFile()
		if err != nil {
			return nil, fmt.Errorf("read the configuration of an image: %w", err)
		}
		platform := v1.Platform{OS: config.OS, Architecture: config.Architecture}
		idx = mutate.AppendManifests(idx, mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &platform},
		})
	}
	annotated, ok := mutate.Annotations(idx, maps.Clone(annotations)).(v1.ImageIndex)
	if !ok {
		return nil, fmt.Errorf("an index became a %T by its annotations", idx)
	}
	return annotated, nil
}
