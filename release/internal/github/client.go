package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 16 << 20

// A Client speaks to the API of one repository.
type Client struct {
	API   string // https://api.github.com
	Repo  string // owner/name
	Token string // of somebody who may write releases; "": only what anybody may read
	HTTP  *http.Client
}

// errNotFound is the answer 404.
var errNotFound = errors.New("not found")

// release and asset are what the API says of both.
type release struct {
	ID         int64  `json:"id,omitempty"`
	Tag        string `json:"tag_name"`
	Name       string `json:"name"`
	Body       string `json:"body"`
	Draft      bool   `json:"draft"`
	Prerelease bool   `json:"prerelease"`
	UploadURL  string `json:"upload_url,omitempty"`
	HTMLURL    string `json:"html_url,omitempty"`
	// Commit is what the tag names once the release is published and the tag is not there yet.
	Commit string `json:"target_commitish,omitempty"`
}

type asset struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	State  string `json:"state"` // uploaded, or starter of one that broke off
	Size   int64  `json:"size"`
	Digest string `json:"digest"` // sha256:HEX
}

// call sends body as JSON, unless it is nil, and reads the answer into into, unless it is nil.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.API+"/repos/"+c.Repo+path, reader)
	if err != nil {
		return err
	}
	return c.do(req, into)
}

func (c *Client) do(req *http.Request, into any) error {
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	switch {
	case res.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, errNotFound)
	case res.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %s", req.Method, req.URL.Path, res.Status,
			strings.TrimSpace(string(text[:min(len(text), 500)])))
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s %s: the answer is not what the API says: %w", req.Method,
			req.URL.Path, err)
	}
	return nil
}

// find returns the release of a tag. A draft has none that the API finds it by, so they are looked
// through: those that somebody with the right to write sees.
func (c *Client) find(ctx context.Context, tag string) (r release, ok bool, err error) {
	err = c.call(ctx, http.MethodGet, "/releases/tags/"+url.PathEscape(tag), nil, &r)
	if err == nil {
		return r, true, nil
	}
	if !errors.Is(err, errNotFound) {
		return r, false, err
	}
	for page := 1; ; page++ {
		var some []release
		path := fmt.Sprintf("/releases?per_page=100&page=%d", page)
		if err := c.call(ctx, http.MethodGet, path, nil, &some); err != nil {
			return r, false, err
		}
		for _, r := range some {
			if r.Tag == tag {
				return r, true, nil
			}
		}
		if len(some) < 100 {
			return r, false, nil
		}
	}
}

func (c *Client) assets(ctx context.Context, r release) (map[string]asset, error) {
	found := map[string]asset{}
	for page := 1; ; page++ {
		var some []asset
		path := fmt.Sprintf("/releases/%d/assets?per_page=100&page=%d", r.ID, page)
		if err := c.call(ctx, http.MethodGet, path, nil, &some); err != nil {
			return nil, err
		}
		for _, a := range some {
			found[a.Name] = a
		}
		if len(some) < 100 {
			return found, nil
		}
	}
}
