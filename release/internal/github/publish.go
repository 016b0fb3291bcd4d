package github

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
)

// A Publication is what becomes a release.
type Publication struct {
	Version string // without v
	Commit  string // that the tag names
	Notes   string // in Markdown
	Files   []string
	Yes     bool // do it, and not only say what would be done
	Out     io.Writer
}

// Publish makes a draft, uploads the files, and publishes the draft when all are there: nobody sees
// half a release. Files that are there with the same SHA-256 stay. In a release that is published
// another file of the same name is an error, and nothing is changed.
func (c *Client) Publish(ctx context.Context, p Publication) error {
	tag := "v" + p.Version
	r, there, err := c.find(ctx, tag)
	if err != nil {
		return fmt.Errorf("look for the release %s: %w", tag, err)
	}
	if !there {
		p.say("release %s: is made, as a draft", tag)
		if p.Yes {
			r, err = c.create(ctx, p)
			if err != nil {
				return fmt.Errorf("make a draft of %s: %w", tag, err)
			}
		}
	}
	has := map[string]asset{}
	if r.ID != 0 {
		if has, err = c.assets(ctx, r); err != nil {
			return fmt.Errorf("list the files of %s: %w", tag, err)
		}
	}
	todo, err := p.missing(r, there && !r.Draft, has)
	if err != nil {
		return err
	}
	for _, file := range todo {
		p.say("%s: is uploaded", file.name)
		if !p.Yes {
			continue
		}
		if err := c.upload(ctx, r, file); err != nil {
			return fmt.Errorf("upload %s (what is there stays; begin again and it goes on): %w",
				file.name, err)
		}
	}
	if there && !r.Draft {
		p.say("release %s: is published already, with all its files: %s", tag, r.HTMLURL)
		return nil
	}
	p.say("release %s: is published", tag)
	if !p.Yes {
		p.say("Nothing was done. With --yes it is.")
		return nil
	}
	r.Draft, r.Body, r.Prerelease = false, p.Notes, strings.Contains(p.Version, "-")
	if err := c.call(ctx, http.MethodPatch, fmt.Sprintf("/releases/%d", r.ID), r, &r); err != nil {
		return fmt.Errorf("publish the draft of %s: %w", tag, err)
	}
	p.say("%s", r.HTMLURL)
	return nil
}

func (p Publication) say(format string, args ...any) { fmt.Fprintf(p.Out, format+"\n", args...) }

func (c *Client) create(ctx context.Context, p Publication) (r release, err error) {
	tag := "v" + p.Version
	err = c.call(ctx, http.MethodPost, "/releases", release{
		Tag: tag, Name: tag, Body: p.Notes, Draft: true, Commit: p.Commit,
		Prerelease: strings.Contains(p.Version, "-"),
	}, &r)
	return r, err
}

// upload is a file to send, and what has to go before.
type upload struct {
	name, path string
	instead    int64 // the asset that is deleted first; 0: none
}

// missing are the files that are not there, or are another in a draft.
func (p Publication) missing(r release, published bool, has map[string]asset) ([]upload, error) {
	var todo []upload
	for _, path := range p.Files {
		sum, err := checksums.Of(path)
		if err != nil {
			return nil, err
		}
		a, there := has[sum.Name]
		switch {
		case there && a.State == "uploaded" && a.Digest == "sha256:"+sum.Hex:
			p.say("%s: is there", sum.Name)
		case there && published:
			return nil, fmt.Errorf("%s is published with another file %s (%s, and this one has "+
				"%s): a version is one set of files for ever", r.Tag, sum.Name, a.Digest, sum.Hex)
		default:
			todo = append(todo, upload{sum.Name, path, a.ID})
		}
	}
	return todo, nil
}

func (c *Client) upload(ctx context.Context, r release, u upload) error {
	if u.instead != 0 {
		path := fmt.Sprintf("/releases/assets/%d", u.instead)
		if err := c.call(ctx, http.MethodDelete, path, nil, nil); err != nil {
			return err
		}
	}
	f, err := os.Open(u.path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	// The URL is a template: …/assets{?name,label}.
	base, _, _ := strings.Cut(r.UploadURL, "{")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost,
		base+"?name="+url.QueryEscape(u.name), f)
	if err != nil {
		return err
	}
	req.ContentLength = info.Size()
	req.Header.Set("Content-Type", "application/octet-stream")
	return c.do(req, nil)
}
