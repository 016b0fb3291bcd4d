package main

import (
	"bufio"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/gatewayhomebrew/gateway/release/pack"
	"github.com/gatewayhomebrew/gateway/tools/image/internal/oci"
)

// spec is what flags say of an image.
type spec struct {
	out, name, about, version, status, zones string
	programs                                 []string // OS/ARCH=FILE
	files                                    []string // NAME=FILE
	args, ports, volumes                     []string
}

// Where programs are, and where they look for gateway.yaml.
const (
	programs = "usr/local/bin/"
	home     = "/etc/gateway"
)

func build(args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	zones, err := os.ReadFile(s.zones)
	if err != nil {
		return err
	}
	base, err := oci.Base(zones)
	if err != nil {
		return err
	}
	labels, err := s.labels()
	if err != nil {
		return err
	}
	platforms, byPlatform, err := s.byPlatform()
	if err != nil {
		return err
	}
	extra, err := named(s.files)
	if err != nil {
		return err
	}
	extra = append(extra, pack.File{
		Name: strings.TrimPrefix(home, "/"), Mode: os.ModeDir | 0o755,
	})
	// A volume that is made anew gets the owner of the folder that it is mounted over.
	for _, v := range s.volumes {
		extra = append(extra, pack.File{
			Name: strings.TrimPrefix(v, "/"), Mode: os.ModeDir | 0o700,
			UID: oci.User, GID: oci.User,
		})
	}
	var images []v1.Image
	for _, platform := range platforms {
		img, err := oci.Build(oci.Image{
			Platform: platform, Entrypoint: []string{"/" + programs + s.name}, Args: s.args,
			WorkingDir: home, Ports: s.ports, Volumes: s.volumes, Labels: labels,
			Env: []string{
				"PATH=/usr/local/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
			},
			Layers: []oci.Layer{
				{Says: "certificates, time zones, user", Files: base},
				{Says: s.name, Files: oci.Folders(append(byPlatform[platform], extra...))},
			},
		})
		if err != nil {
			return err
		}
		images = append(images, img)
	}
	idx, err := oci.Index(images, labels)
	if err != nil {
		return err
	}
	return oci.Save(s.out, s.version, idx)
}

func parse(args []string) (s spec, err error) {
	o := flag.NewFlagSet("build", flag.ContinueOnError)
	o.StringVar(&s.out, "out", "", "the `file` to write, .tar")
	o.StringVar(&s.name, "name", "", "the `program` that is the entry point")
	o.StringVar(&s.about, "about", "", "what the image is, in `words`")
	o.StringVar(&s.version, "version", "", "the `version`, which is the image's tag")
	o.StringVar(&s.status, "status", "", "a status `file` of Bazel that has the commit")
	o.StringVar(&s.zones, "zones", "", "the `file` zoneinfo.zip of a Go SDK")
	for name, list := range map[string]*[]string{
		"program": &s.programs, "file": &s.files, "arg": &s.args, "port": &s.ports,
		"volume": &s.volumes,
	} {
		o.Func(name, "can be given more than once", func(v string) error {
			*list = append(*list, v)
			return nil
		})
	}
	if err := o.Parse(args); err != nil {
		return s, err
	}
	if s.out == "" || s.name == "" || s.version == "" || s.zones == "" || len(s.programs) == 0 {
		return s, fmt.Errorf("--out, --name, --version, --zones and --program are needed")
	}
	return s, nil
}

// labels are those of the OCI image specification (annotations.md) that stay true wherever the
// image is: no time, and no name of a registry.
func (s spec) labels() (map[string]string, error) {
	const pre, site = "org.opencontainers.image.", "https://github.com/gatewayhomebrew/gateway"
	labels := map[string]string{
		pre + "title": s.name, pre + "description": s.about, pre + "version": s.version,
		pre + "licenses": "Apache-2.0", pre + "source": site, pre + "url": site,
		pre + "documentation": site + "/tree/v" + s.version + "/docs",
		pre + "vendor":        "gatewayhomebrew",
	}
	if s.status == "" {
		return labels, nil
	}
	commit, err := commitIn(s.status)
	if err != nil {
		return nil, err
	}
	labels[pre+"revision"] = commit
	return maps.Clone(labels), nil
}

// commitIn finds the commit in a status file, as tools/status.sh writes it.
func commitIn(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		switch key, value, _ := strings.Cut(lines.Text(), " "); key {
		case "STABLE_COMMIT", "GATEWAY_COMMIT":
			return value, nil
		}
	}
	return "", fmt.Errorf("%s has no line with the commit", file)
}

// byPlatform sorts programs by what they run on. Platforms stay in the order in which they are
// first named.
func (s spec) byPlatform() (order []string, found map[string][]pack.File, err error) {
	found = map[string][]pack.File{}
	for _, given := range s.programs {
		platform, file, ok := strings.Cut(given, "=")
		if !ok {
			return nil, nil, fmt.Errorf("--program %q is not OS/ARCH=FILE", given)
		}
		if found[platform] == nil {
			order = append(order, platform)
		}
		found[platform] = append(found[platform], pack.File{
			Name: programs + path.Base(file), From: file, Mode: 0o755,
		})
	}
	return order, found, nil
}

func named(given []string) (files []pack.File, err error) {
	for _, pair := range given {
		name, file, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("--file %q is not NAME=FILE", pair)
		}
		files = append(files, pack.File{Name: name, From: file})
	}
	return files, nil
}
