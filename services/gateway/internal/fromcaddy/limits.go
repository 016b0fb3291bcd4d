package fromcaddy

import (
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// rateLimit maps rate_limit of the plugin github.com/mholt/caddy-ratelimit.
func (im *importer) rateLimit(l *line, args []string, b *branch) {
	if len(args) > 0 {
		im.draft.LeftOut(l.Place, l.name(), "only the form with zones is read, that of "+
			"github.com/mholt/caddy-ratelimit: write `rate_limit` of the route by hand")
		return
	}
	if len(l.block) == 0 {
		im.draft.LeftOut(l.Place, l.name(), "it has no zone")
		return
	}
	var all []draft.Map
	for _, z := range l.block {
		switch z.name() {
		case "zone":
			limit, why := zone(z)
			if why != "" {
				im.draft.LeftOut(z.Place, l.name()+" zone", why)
				continue
			}
			im.draft.Differs(z.Place, l.name()+" zone", "each route counts for itself, and not "+
				"within a window that moves: a key that was quiet may have `burst` at once and "+
				"the rate behind it")
			all = append(all, limit)
		case "distributed", "storage":
			im.draft.LeftOut(z.Place, l.name()+" "+z.name(), "each node counts for itself; "+
				"`rate_limit.scope: fleet` shares a limit")
		default:
			im.draft.Meaningless(z.Place, l.name()+" "+z.name())
		}
	}
	before, there := b.mods.Get("rate_limit").([]draft.Map)
	if one, ok := b.mods.Get("rate_limit").(draft.Map); ok {
		before, there = []draft.Map{one}, true
	}
	switch all = append(before[:len(before):len(before)], all...); {
	case len(all) == 1:
		b.mods.Put("rate_limit", all[0])
	case len(all) > 1 || there:
		b.mods.Put("rate_limit", all)
	}
}

// zone is one limit, or why it can't be one here.
func zone(z *line) (limit draft.Map, why string) {
	var events, window, key string
	for _, o := range z.block {
		switch o.name() {
		case "events":
			events = o.arg(0)
		case "window":
			window = o.arg(0)
		case "key":
			key = o.arg(0)
		case "match":
			return nil, "it is for some requests only: make a route of them, with a `rate_limit`"
		default:
			return nil, "the option " + o.name() + " can't be carried over"
		}
	}
	n, err := strconv.Atoi(events)
	per, ok := duration(window)
	if err != nil || n < 1 || !ok || per <= 0 {
		return nil, "its events or its window is no number that can be"
	}
	by, ok := keyOf(key)
	if !ok {
		return nil, "it counts by something that a limit here has no key for: the client, a " +
			"field, a cookie, a parameter of the query, or the route"
	}
	return draft.Map{{Key: "requests", Value: n}, {Key: "per", Value: per},
		{Key: "key", Value: by}}, ""
}

// keyOf maps what a zone counts by: a placeholder, or a text that is the same for all.
func keyOf(key string) (by string, ok bool) {
	if !strings.Contains(key, "{") {
		return "route", true
	}
	name, ok := strings.CutPrefix(key, "{")
	name, closed := strings.CutSuffix(name, "}")
	if !ok || !closed || strings.ContainsAny(name, "{}") {
		return "", false
	}
	name = strings.TrimPrefix(name, "http.request.")
	name = strings.TrimPrefix(name, "http.vars.")
	switch name {
	case "remote_host", "remote.host", "remote_ip", "client_ip":
		return "client", true
	}
	for prefix, kind := range map[string]string{
		"header.": "header:", "cookie.": "cookie:", "query.": "query:", "uri.query.": "query:",
	} {
		if rest, is := strings.CutPrefix(name, prefix); is && rest != "" && rest != "*" {
			return kind + rest, true
		}
	}
	return "", false
}
