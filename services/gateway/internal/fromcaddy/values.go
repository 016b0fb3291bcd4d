package fromcaddy

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// placeholder returns what a placeholder of Caddy is here, or "".
func placeholder(name string) string {
	switch strings.TrimPrefix(name, "http.request.") {
	case "remote_host", "remote.host", "client_ip":
		return "{client.address}"
	case "remote_port", "remote.port":
		return "{client.port}"
	case "host", "hostport":
		return "{request.host}"
	case "scheme":
		return "{request.scheme}"
	case "method":
		return "{request.method}"
	case "path", "uri.path":
		return "{request.path}"
	case "query", "uri.query":
		return "{request.query}"
	case "uuid", "http.request.uuid":
		return "{request.id}"
	case "tls_version", "tls.version":
		return "{tls.version}"
	case "tls_client_subject", "tls.client.subject":
		return "{client.certificate.subject}"
	case "tls.server_name":
		return "{tls.server_name}"
	}
	if env, ok := strings.CutPrefix(name, "env."); ok {
		return "{env." + env + "}"
	}
	return ""
}

// filled is a value of a header field with the placeholders of here. why says why it can't be
// carried over, or is "".
func filled(value string) (text, why string) {
	var b strings.Builder
	rest := value
	for {
		before, after, ok := strings.Cut(rest, "{")
		b.WriteString(draft.Literal(before))
		if !ok {
			return b.String(), ""
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed || !regexp.MustCompile(`^[a-z$][\w.$-]*$`).MatchString(name) {
			b.WriteString(draft.Literal("{"))
			rest = after
			continue
		}
		in := placeholder(name)
		switch {
		case in == "":
			return "", "this gateway has no placeholder for {" + name + "}"
		case !draft.Has(draft.Placeholders):
			return "", draft.Missing(draft.Placeholders) + ", which {" + name + "} needs"
		}
		b.WriteString(in)
		rest = behind
	}
}

// fields maps header and request_header.
func (im *importer) fields(l *line, args []string, edits *draft.Edits) {
	if len(args) > 0 {
		im.field(l, args, edits)
		return
	}
	for _, o := range l.block {
		if o.name() == "defer" || o.name() == "match" {
			im.draft.Meaningless(o.Place, l.name()+" "+o.name())
			continue
		}
		im.field(o, o.words, edits)
	}
}

// field maps one edit: +Name, -Name, ?Name or Name, with a value.
func (im *importer) field(l *line, args []string, edits *draft.Edits) {
	name := strings.TrimPrefix(args[0], ">")
	what := "header " + name
	value := ""
	if len(args) > 1 {
		value = args[1]
	}
	if len(args) > 2 {
		im.draft.LeftOut(l.Place, what, "a part of a value can't be replaced in this version")
		return
	}
	remove := func(name string) string { return edits.Remove(name) }
	why := ""
	switch {
	case strings.Contains(name, "*"):
		why = "fields are edited by their whole names"
	case strings.HasPrefix(name, "-"):
		why = remove(name[1:])
	case value == "" && len(args) == 1:
		why = "it has no value"
	default:
		value, why = filled(value)
		switch {
		case why != "":
		case strings.HasPrefix(name, "+"):
			why = edits.Add(name[1:], value)
		case strings.HasPrefix(name, "?"):
			if why = edits.Set(name[1:], value); why == "" {
				im.draft.Differs(l.Place, what, "it takes the place of a field that is there "+
					"already")
			}
		default:
			why = edits.Set(name, value)
		}
	}
	if why != "" {
		im.draft.LeftOut(l.Place, what, why)
	}
}

// duration reads a duration of Caddy: those of Go, and days.
func duration(s string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && n >= 0 && n <= 365
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0 && d <= 365*24*time.Hour
}

// size reads a size: 10MB, 1MiB, 512.
func size(s string) (int64, bool) {
	units := []struct {
		unit  string
		bytes int64
	}{
		{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9},
		{"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"b", 1}, {"", 1},
	}
	lower := strings.ToLower(strings.ReplaceAll(s, " ", ""))
	for _, u := range units {
		if digits, ok := strings.CutSuffix(lower, u.unit); ok {
			n, err := strconv.ParseInt(digits, 10, 64)
			return n * u.bytes, err == nil && n >= 0 && n < 1<<20
		}
	}
	return 0, false
}
