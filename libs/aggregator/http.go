package aggregator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/timeline"
)

// views are the paths of openspec/health.yaml.
func (a *Aggregator) views(stop <-chan struct{}) []admin.View {
	return []admin.View{
		{Path: "/fleet", Serve: a.plain(func(f Fleet) any { return f })},
		{Path: "/fleet/nodes", Serve: a.plain(func(f Fleet) any {
			return map[string]any{"nodes": f.Nodes}
		})},
		{Path: "/fleet/endpoints", Serve: a.plain(func(f Fleet) any {
			return map[string]any{"endpoints": f.Endpoints, "clusters": f.Clusters}
		})},
		{Path: "/fleet/endpoints/timeline", Serve: a.serveTimeline},
		{Path: "/fleet/flapping", Serve: a.serveFlapping},
		{Path: "/fleet/watch", Serve: func(w http.ResponseWriter, r *http.Request) {
			a.serveWatch(w, r, stop)
		}},
	}
}

// plain answers with a part of the fleet.
func (a *Aggregator) plain(part func(Fleet) any) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := queries(w, r); ok {
			admin.Answer(w, part(a.Fleet()))
		}
	}
}

// queries reads the query, and refuses keys that there are not: a filter that is misspelt must not
// seem to work.
func queries(w http.ResponseWriter, r *http.Request, known ...string) (url.Values, bool) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		admin.Fail(w, gwerr.BadRequest, "the query can't be read: "+err.Error())
		return nil, false
	}
	for k, values := range q {
		switch {
		case !slices.Contains(known, k):
			admin.Fail(w, gwerr.BadRequest,
				fmt.Sprintf("there is no %q in the query of this path; it has: %s", k,
					strings.Join(known, ", ")))
			return nil, false
		case len(values) > 1:
			admin.Fail(w, gwerr.BadRequest, fmt.Sprintf("%q is in the query twice", k))
			return nil, false
		}
	}
	return q, true
}

func (a *Aggregator) serveTimeline(w http.ResponseWriter, r *http.Request) {
	q, ok := queries(w, r, "cluster", "endpoint", "node", "since", "until", "before", "limit")
	if !ok {
		return
	}
	query := timeline.Query{
		Cluster: q.Get("cluster"), Endpoint: q.Get("endpoint"), Observer: q.Get("node"),
	}
	var err error
	wrong := func(key, want string) {
		admin.Fail(w, gwerr.BadRequest,
			fmt.Sprintf("%s is %q, and %s is wanted", key, q.Get(key), want))
	}
	if query.Since, err = moment(q.Get("since"), a.now()); err != nil {
		wrong("since", "a time such as 2006-01-02T15:04:05Z, or how long ago, such as 10m")
		return
	}
	if query.Until, err = moment(q.Get("until"), a.now()); err != nil {
		wrong("until", "a time such as 2006-01-02T15:04:05Z, or how long ago, such as 10m")
		return
	}
	if text := q.Get("before"); text != "" {
		if query.Before, err = strconv.ParseUint(text, 10, 64); err != nil || query.Before == 0 {
			wrong("before", "the id of an event")
			return
		}
	}
	if text := q.Get("limit"); text != "" {
		if query.Limit, err = strconv.Atoi(text); err != nil || query.Limit < 1 ||
			query.Limit > timeline.MaxLimit {
			wrong("limit", fmt.Sprintf("a number from 1 to %d", timeline.MaxLimit))
			return
		}
	}
	page, err := a.timeline(query)
	if err != nil {
		a.log.WithError(err).Error("the history can't be read")
		admin.Fail(w, gwerr.Internal, "the history can't be read; the log says why")
		return
	}
	admin.Answer(w, page)
}

// moment reads a time, or how long ago it was; "" is none.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Parse(time.RFC3339, text)
}

func (a *Aggregator) serveFlapping(w http.ResponseWriter, r *http.Request) {
	q, ok := queries(w, r, "within", "changes")
	if !ok {
		return
	}
	within, changes := flapWithin, flapChanges
	var err error
	if text := q.Get("within"); text != "" {
		if within, err = time.ParseDuration(text); err != nil || within <= 0 {
			admin.Fail(w, gwerr.BadRequest,
				fmt.Sprintf("within is %q, and a duration such as 10m is wanted", text))
			return
		}
	}
	if text := q.Get("changes"); text != "" {
		if changes, err = strconv.Atoi(text); err != nil || changes < 1 || changes > 10000 {
			admin.Fail(w, gwerr.BadRequest,
				fmt.Sprintf("changes is %q, and a number from 1 to 10000 is wanted", text))
			return
		}
	}
	out, err := a.flapping(within, changes)
	if err != nil {
		a.log.WithError(err).Error("the history can't be read")
		admin.Fail(w, gwerr.Internal, "the history can't be read; the log says why")
		return
	}
	admin.Answer(w, out)
}

// writeTimeout is how long a watcher may take for one line.
const writeTimeout = 10 * time.Second

// serveWatch streams the fleet, a line each time.
func (a *Aggregator) serveWatch(w http.ResponseWriter, r *http.Request, stop <-chan struct{}) {
	if _, ok := queries(w, r); !ok {
		return
	}
	c := http.NewResponseController(w)
	// that of the request's head; net/http would take it for the client going away
	_ = c.SetReadDeadline(time.Time{})
	begun := false
	ok := a.watch(r.Context(), stop, func(v *view) error {
		line, err := v.line()
		if err != nil {
			return err
		}
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "application/jsonl")
			w.WriteHeader(http.StatusOK)
		}
		if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return err
		}
		if r.Method == http.MethodHead {
			return http.ErrAbortHandler // there is no body to send
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
		return c.Flush()
	})
	if !ok {
		w.Header().Set("Retry-After", "5")
		admin.Fail(w, gwerr.Overloaded,
			fmt.Sprintf("%d clients watch already; ask /fleet again and again instead",
				maxWatchers))
	}
}
