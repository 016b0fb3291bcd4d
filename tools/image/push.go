package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/gatewayhomebrew/gateway/tools/image/internal/oci"
)

// push sends the images of archives to a registry: gateway_0.6.0_edge.oci.tar becomes REPO/edge.
// Without --yes it only says what it would do. What the registry has already is not sent again, so
// a push that broke off is begun anew and goes on. Who may push is in the configuration of docker
// or podman, as for other tools.
func push(ctx context.Context, args []string, out io.Writer) error {
	o := flag.NewFlagSet("push", flag.ContinueOnError)
	repo := o.String("repo", "", "the `repository` below which images go, as ghcr.io/me/gateway")
	yes := o.Bool("yes", false, "push, and not only say what would be pushed")
	latest := o.Bool("latest", true, "name a version that is no pre-release latest, too")
	listed := o.String("files", "", "`archives` too, with spaces between them")
	insecure := o.Bool("insecure", false, "speak HTTP to a registry that is not on this machine")
	if err := o.Parse(args); err != nil {
		return err
	}
	files := append(o.Args(), strings.Fields(*listed)...)
	if *repo == "" || len(files) == 0 {
		return errors.New("--repo and the archives of images are needed: " +
			"tools/bazel run --config=release //release:push -- --repo ghcr.io/me/gateway")
	}
	p := pusher{repo: *repo, yes: *yes, latest: *latest, out: out}
	if *insecure {
		p.name = append(p.name, name.Insecure)
	}
	for _, file := range files {
		if err := p.archive(ctx, file); err != nil {
			return err
		}
	}
	if !*yes {
		fmt.Fprintln(out, "Nothing was pushed. With --yes it is.")
	}
	return nil
}

type pusher struct {
	repo   string
	yes    bool
	latest bool
	name   []name.Option
	out    io.Writer
}

func (p pusher) archive(ctx context.Context, file string) error {
	dir, err := os.MkdirTemp("", "push")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	idx, version, err := oci.Load(file, dir)
	if err != nil {
		return err
	}
	digest, err := idx.Digest()
	if err != nil {
		return err
	}
	repo, err := name.NewRepository(p.repo+"/"+imageName(file), p.name...)
	if err != nil {
		return fmt.Errorf("--repo: %w", err)
	}
	there, err := p.there(ctx, repo.Tag(version))
	if err != nil {
		return err
	}
	// A version means one image for ever.
	if there != (v1.Hash{}) && there != digest && !strings.Contains(version, "-") {
		return fmt.Errorf("%s:%s is there, and is another image: %s, not %s", repo, version, there,
			digest)
	}
	tags := tags(version, p.latest)
	if !p.yes {
		fmt.Fprintf(p.out, "%s@%s would get the tags %s\n", repo, digest,
			strings.Join(tags, ", "))
		return nil
	}
	// By digest first: no tag ever names what is not whole.
	options := append(p.options(ctx), remote.WithJobs(2))
	if err := remote.WriteIndex(repo.Digest(digest.String()), idx, options...); err != nil {
		return fmt.Errorf("push %s: %w", repo, err)
	}
	for _, tag := range tags {
		if err := remote.Tag(repo.Tag(tag), idx, p.options(ctx)...); err != nil {
			return fmt.Errorf("name %s %s: %w", repo, tag, err)
		}
	}
	fmt.Fprintf(p.out, "%s@%s has the tags %s\n", repo, digest, strings.Join(tags, ", "))
	return nil
}

// there is the digest of what the registry has under a tag, or none. A dry run asks too, unless
// the registry can't be reached.
func (p pusher) there(ctx context.Context, tag name.Tag) (v1.Hash, error) {
	desc, err := remote.Head(tag, p.options(ctx)...)
	if err == nil {
		return desc.Digest, nil
	}
	// A repository that is not there yet is one that lacks the tag.
	if !p.yes || isNotFound(err) {
		return v1.Hash{}, nil
	}
	return v1.Hash{}, fmt.Errorf("ask for %s: %w", tag, err)
}

func (p pusher) options(ctx context.Context) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithUserAgent("gateway-release"),
	}
}

// imageName is edge for gateway_0.6.0_edge.oci.tar.
func imageName(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), ".oci.tar")
	return base[strings.LastIndex(base, "_")+1:]
}

// tags are the names of a version: 1.2.3, 1.2, 1 and latest. 0.6.0 is no 0, since what is in 0.7.0
// may break what is in 0.6.0. A pre-release has only its own.
func tags(version string, latest bool) []string {
	parts := strings.Split(version, ".")
	if strings.Contains(version, "-") || len(parts) != 3 {
		return []string{version}
	}
	names := []string{version, parts[0] + "." + parts[1]}
	if parts[0] != "0" {
		names = append(names, parts[0])
	}
	if latest {
		names = append(names, "latest")
	}
	return names
}

func isNotFound(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}
