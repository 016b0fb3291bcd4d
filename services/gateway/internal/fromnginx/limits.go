package fromnginx

import (
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// limits maps limit_req and limit_conn.
func (im *importer) limits(s *scope, keys *draft.Map) {
	var all []draft.Map
	for _, d := range s.all("limit_req") {
		if limit := im.limitRequests(s, d); limit != nil {
			all = append(all, limit)
		}
	}
	switch len(all) {
	case 0:
	case 1:
		keys.Put("rate_limit", all[0])
	default:
		keys.Put("rate_limit", all)
	}
	for _, d := range s.all("limit_conn") {
		n, err := strconv.Atoi(d.arg(1))
		zone := s.zone("limit_conn_zone", d.arg(0))
		switch {
		case err != nil || n < 1 || zone == nil:
			im.draft.LeftOut(d.Place, d.text(), "it names no zone, or no number")
		case zone.arg(0) != "$server_name":
			im.draft.LeftOut(d.Place, d.text(), "`limit` counts the requests of a route, and not "+
				"by a key")
		default:
			im.draft.Differs(d.Place, d.text(), "each route counts its own requests")
			keys.Set("limit.concurrent", n)
		}
	}
}

// zone returns the directive that sets up a zone of shared memory, nil if there is none.
func (s *scope) zone(directive, name string) *directive {
	for ; s != nil; s = s.up {
		for _, d := range named(s.list, directive) {
			for _, arg := range d.args {
				zone, ok := strings.CutPrefix(arg, "zone=")
				if at, _, _ := strings.Cut(zone, ":"); ok && at == name {
					return d
				}
			}
		}
	}
	return nil
}

// limitRequests maps one limit_req. A bucket of nginx holds what is beyond the one request that the
// rate lets in.
func (im *importer) limitRequests(s *scope, d *directive) (limit draft.Map) {
	name, burst, nodelay := "", 0, false
	for _, arg := range d.args {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "zone":
			name = value
		case "burst":
			burst, _ = strconv.Atoi(value)
		case "nodelay":
			nodelay = true
		}
	}
	zone := s.zone("limit_req_zone", name)
	if zone == nil {
		im.draft.LeftOut(d.Place, d.text(), "there is no limit_req_zone of this name")
		return nil
	}
	requests, per, ok := rateOf(zone)
	key, known := keyOf(zone.arg(0))
	if !ok || !known || burst < 0 {
		im.draft.LeftOut(d.Place, d.text(), "its zone counts by "+zone.arg(0)+", and a limit here "+
			"by the client, a field, a cookie or a parameter of the query")
		return nil
	}
	why := "each route counts for itself, and what is too much gets 429"
	if burst > 0 && !nodelay {
		why += "; nothing waits: what is within the burst passes at once"
	}
	im.draft.Differs(d.Place, d.text(), why)
	limit = draft.Map{{Key: "requests", Value: requests}}
	limit.Set("per", per)
	limit.Set("burst", burst+1)
	if key != "client" {
		limit.Set("key", key)
	}
	return limit
}

// rateOf reads the rate of a zone: 10r/s or 30r/m.
func rateOf(zone *directive) (requests int, per time.Duration, ok bool) {
	for _, arg := range zone.args {
		rate, is := strings.CutPrefix(arg, "rate=")
		if !is {
			continue
		}
		number, unit, _ := strings.Cut(rate, "r/")
		n, err := strconv.Atoi(number)
		per := map[string]time.Duration{"s": time.Second, "m": time.Minute}[unit]
		return n, per, err == nil && n > 0 && per > 0
	}
	return 0, 0, false
}

// keyOf maps the variable that a zone counts by.
func keyOf(variable string) (key string, ok bool) {
	name := strings.Trim(strings.TrimPrefix(variable, "$"), "{}")
	switch name {
	case "binary_remote_addr", "remote_addr":
		return "client", true
	case "server_name", "server_addr", "server_port":
		return "route", true
	}
	for prefix, kind := range map[string]string{
		"http_": "header:", "cookie_": "cookie:", "arg_": "query:",
	} {
		if rest, is := strings.CutPrefix(name, prefix); is && rest != "" {
			if kind == "header:" {
				rest = strings.ReplaceAll(rest, "_", "-")
			}
			return kind + rest, true
		}
	}
	return "", false
}
