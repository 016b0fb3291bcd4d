package fromnginx

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// placeholder returns what a variable of nginx is here, or "".
func placeholder(variable string) string {
	switch variable {
	case "remote_addr", "realip_remote_addr":
		return "{client.address}"
	case "remote_port":
		return "{client.port}"
	case "host", "http_host":
		return "{request.host}"
	case "request_id":
		return "{request.id}"
	case "request_method":
		return "{request.method}"
	case "scheme":
		return "{request.scheme}"
	case "uri", "document_uri":
		return "{request.path}"
	case "args", "query_string":
		return "{request.query}"
	case "ssl_protocol":
		return "{tls.version}"
	case "ssl_server_name":
		return "{tls.server_name}"
	case "ssl_client_s_dn":
		return "{client.certificate.subject}"
	}
	return ""
}

// A piece of a value: a text, or the name of a variable.
type piece struct{ text, variable string }

// pieces takes a value apart.
func pieces(value string) (all []piece) {
	for value != "" {
		i := strings.IndexByte(value, '$')
		if i < 0 {
			return append(all, piece{text: value})
		}
		if i > 0 {
			all = append(all, piece{text: value[:i]})
		}
		value = value[i+1:]
		n := 0
		if strings.HasPrefix(value, "{") {
			if end := strings.IndexByte(value, '}'); end > 0 {
				all = append(all, piece{variable: value[1:end]})
				value = value[end+1:]
				continue
			}
		}
		for n < len(value) && (value[n] == '_' || value[n] >= '0' && value[n] <= '9' ||
			value[n] >= 'a' && value[n] <= 'z' || value[n] >= 'A' && value[n] <= 'Z') {
			n++
		}
		if n == 0 {
			all = append(all, piece{text: "$"})
			continue
		}
		all = append(all, piece{variable: value[:n]})
		value = value[n:]
	}
	return all
}

// constant fills in variables whose value is known, and returns false where one is left.
func (sv *server) constant(value string) (string, bool) {
	var b strings.Builder
	known := true
	for _, p := range pieces(value) {
		switch {
		case p.variable == "":
			b.WriteString(p.text)
		case p.variable == "server_name" && sv.firstName() != "":
			b.WriteString(sv.firstName())
		default:
			if v, ok := sv.vars[p.variable]; ok {
				b.WriteString(v)
				continue
			}
			known = false
			b.WriteString("$" + p.variable)
		}
	}
	return b.String(), known
}

// filled is a value of a header field with placeholders in the place of variables. why says why it
// can't be carried over, or is "".
func (sv *server) filled(value string) (filled, why string) {
	value, known := sv.constant(value)
	if known {
		return draft.Literal(value), ""
	}
	var b strings.Builder
	for _, p := range pieces(value) {
		if p.variable == "" {
			b.WriteString(draft.Literal(p.text))
			continue
		}
		in := placeholder(p.variable)
		if f := sv.asked.answers[p.variable]; f != "" && sv.asked.name != "" {
			in = "{auth.claim." + f + "}"
		}
		switch {
		case in == "":
			return "", "this gateway has no placeholder for $" + p.variable
		case !draft.Has(draft.Placeholders):
			return "", draft.Missing(draft.Placeholders) + ", which $" + p.variable + " needs"
		}
		b.WriteString(in)
	}
	return b.String(), ""
}
