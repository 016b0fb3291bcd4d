package fromnginx

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// requestFields maps proxy_set_header, whose name is that of the directive. host is what endpoints
// get as Host where nothing is said of it. The result says that the location is for WebSockets.
func (im *importer) requestFields(sv *server, s *scope, name, host string,
	keys *draft.Map) (tunnel bool) {
	edits := draft.Edits{Request: true}
	hostSaid := false
	for _, d := range s.all(name) {
		field, value := strings.ToLower(d.arg(0)), d.arg(1)
		why := ""
		switch field {
		case "host":
			hostSaid = true
			why = im.hostField(sv, d, host, &edits)
		case "upgrade":
			tunnel = true
			continue
		case "connection", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
			"x-request-id",
			"te", "keep-alive", "x-forwarded-server":
			continue // the gateway writes its own
		case "x-forwarded-proto", "x-forwarded-scheme":
			if value == "https" || value == "http" {
				im.draft.LeftOut(d.Place, d.text(), "what clients outside speak is `forwarded: "+
					"{proto: "+
					value+"}` of the listener here")
			}
			if field == "x-forwarded-proto" {
				continue
			}
			fallthrough
		default:
			if value == "" {
				why = edits.Remove(d.arg(0))
				break
			}
			if sv.asked.takes(d) {
				continue // it is copied
			}
			if value == "$http_"+strings.ReplaceAll(field, "-", "_") {
				continue // it goes on as it came
			}
			var to string
			if to, why = sv.filled(value); why == "" {
				why = edits.Set(d.arg(0), to)
			}
		}
		if why != "" {
			im.draft.LeftOut(d.Place, d.text(), why)
		}
	}
	if !hostSaid && host != "" {
		if why := edits.Set("Host", host); why != "" {
			im.draft.LeftOut(s.list[0].Place, "proxy_set_header Host", why)
		}
	}
	edits.Into(keys)
	return tunnel
}

// hostField maps the Host field that endpoints get. By itself the gateway leaves it as it came.
func (im *importer) hostField(sv *server, d *directive, host string, edits *draft.Edits) string {
	value, known := sv.constant(d.arg(1))
	switch {
	case value == "$host", value == "$http_host":
		return ""
	case value == "$host:$server_port", value == "$host:$proxy_port":
		im.draft.Differs(d.Place, d.text(), "the Host field goes on as it came")
		return ""
	case value == "$proxy_host", value == "$proxy_host:$proxy_port":
		return edits.Set("Host", host)
	case !known:
		return "this gateway has no placeholder for it in Host, which goes on as it came"
	}
	return edits.Set("Host", draft.Literal(value))
}

// responseFields maps add_header, proxy_hide_header and expires. own is the block that answers, if
// it is another one than that of the scope.
func (im *importer) responseFields(sv *server, s *scope, own []*directive, keys *draft.Map) {
	edits := draft.Edits{}
	all := s.all("add_header")
	if fields := named(own, "add_header"); len(fields) > 0 {
		all = fields
	}
	answers := keys.Get("respond") != nil
	for _, d := range all {
		if d.arg(1) == "" || sv.asked.takes(d) ||
			answers && strings.EqualFold(d.arg(0), "Content-Type") {
			continue
		}
		value, why := sv.filled(d.arg(1))
		if why == "" {
			why = edits.Add(d.arg(0), value)
		}
		if why != "" {
			im.draft.LeftOut(d.Place, d.text(), why)
		} else if d.arg(2) != "always" && !slices.Contains(im.plainly, d) {
			im.plainly = append(im.plainly, d)
		}
	}
	for _, d := range s.all("proxy_hide_header") {
		if why := edits.Remove(d.arg(0)); why != "" {
			im.draft.LeftOut(d.Place, d.text(), why)
		}
	}
	if d := s.find("expires"); d != nil && d.arg(0) != "off" && keys.Get("cluster") != nil {
		if t, ok := duration(d.arg(0)); ok && len(d.args) == 1 {
			_ = edits.Set("Cache-Control", "max-age="+strconv.Itoa(int(t.Seconds())))
			im.draft.Differs(d.Place, d.text(), "Cache-Control alone says it, without Expires")
		} else if d.arg(0) == "-1" || d.arg(0) == "epoch" {
			_ = edits.Set("Cache-Control", "no-cache")
		} else {
			im.draft.LeftOut(d.Place, d.text(), "only a time can be carried over")
		}
	}
	edits.Into(keys)
}
