package fields_test

import "testing"

const editRoutes = `
routes:
  - name: r
    cluster: http1
    headers:
      request: {set: {X-Forwarded-User: ops}, remove: [X-Forwarded-Email]}
      response: {set: {Via: "1.1 site", X-Forwarded-For: none}, remove: [Vary]}
`

// The gateway refuses edits of what it writes itself, and of nothing else.
func TestWhatTheGatewayDoesNotWriteCanBeEdited(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"", ", trusted_proxies: [127.0.0.0/8]"} {
		f := start(t, more, editRoutes)
		f.each(t, func(t *testing.T, c *asker) {
			r, g := c.ask(t, "/", "X-Forwarded-User: liar", "X-Forwarded-Email: liar")
			if got := g.Header.Values("X-Forwarded-User"); len(got) != 1 || got[0] != "ops" {
				t.Errorf("the endpoint gets X-Forwarded-User %q", got)
			}
			if got := g.Header.Values("X-Forwarded-Email"); len(got) > 0 {
				t.Errorf("the endpoint gets X-Forwarded-Email %q", got)
			}
			if r.Header.Get("Via") != "1.1 site" || r.Header.Get("X-Forwarded-For") != "none" ||
				r.Header.Get("Vary") != "" {
				t.Errorf("the client gets %v", r.Header)
			}
		})
	}
}
