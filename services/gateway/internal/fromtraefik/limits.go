package fromtraefik

import (
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// rateLimit maps rateLimit, whose buckets are those of this gateway.
func (im *importer) rateLimit(v *node, what string, w *work, leave func(string) []*work) []*work {
	n, ok := v.get("average").number()
	if ok && n == 0 {
		return []*work{w} // it limits nothing
	}
	per := time.Second
	if s := v.get("period").str(); s != "" {
		var valid bool
		per, valid = duration(s)
		ok = ok && valid && per > 0
	}
	burst := 1
	if b := v.get("burst"); b != nil {
		if burst, _ = b.number(); burst < 1 {
			ok = false
		}
	}
	if !ok || n < 0 {
		return leave("its average, period or burst is no number that can be")
	}
	limit := draft.Map{{Key: "requests", Value: n}, {Key: "per", Value: per}}
	limit.Set("burst", burst)
	if source := v.get("sourceCriterion"); source != nil {
		name := source.get("requestHeaderName").str()
		switch {
		case name != "":
			limit.Set("key", "header:"+name)
		case strings.EqualFold(source.get("requestHost").str(), "true"):
			return leave("a limit does not count by the host: make a route for each, with " +
				"`key: route`")
		case source.get("ipStrategy") != nil:
			im.draft.Differs(v.Place, what, "clients' addresses are those after "+
				"`trusted_proxies` of the listener")
		}
	}
	w.mods.Put("rate_limit", limit)
	return []*work{w}
}
