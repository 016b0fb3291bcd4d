package adminclient

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gatewayhomebrew/gateway/libs/aggregator"
)

// ErrNoFleet says that what answers has no view of a fleet: it is a gateway, and no health
// aggregator.
var ErrNoFleet = errors.New(
	"what runs there is no health aggregator; name its admin address with --admin ADDR")

// Fleet asks a health aggregator what all nodes say.
func (c *Client) Fleet(ctx context.Context) (aggregator.Fleet, error) {
	var f aggregator.Fleet
	err := c.ask(ctx, http.MethodGet, "/fleet", &f, func() bool { return f.Aggregator != "" })
	return f, c.noFleet(err)
}

func (c *Client) noFleet(err error) error {
	var r *Refusal
	if errors.As(err, &r) && r.Status == http.StatusNotFound {
		return fmt.Errorf("admin API at %s: %w", c.shown, ErrNoFleet)
	}
	return err
}

// WatchFleet calls show for what all nodes say, at once and after every change, until ctx ends, the
// aggregator ends it, or show fails.
func (c *Client) WatchFleet(ctx context.Context, show func(aggregator.Fleet) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.address+"/fleet/watch",
		nil)
	if err != nil {
		return fmt.Errorf("the address %q of the admin API can't be asked", c.shown)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.explain(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, mostBytes)) // what there is of it is enough
		return c.noFleet(c.refusal(resp, body))
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, mostBytes)
	for lines.Scan() {
		var f aggregator.Fleet
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return fmt.Errorf("admin API at %s: a line of the stream makes no sense: %w", c.shown,
				err)
		}
		if err := show(f); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return c.explain(err)
	}
	return fmt.Errorf("admin API at %s: %w", c.shown, io.ErrUnexpectedEOF)
}
