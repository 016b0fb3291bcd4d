package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/placeholder"
)

// template checks the value of a field that may have placeholders. name is the field's in lower
// case.
func (v *validator) template(at, name, written string) {
	if isSecret(written) { // its braces mean nothing
		v.headerValue(at, name, written)
		return
	}
	if strings.Contains(written, "$proxy_add_x_forwarded_for") {
		v.add(at, CodePlaceholder, "$proxy_add_x_forwarded_for is not filled in here",
			"remove it: the gateway adds the client's address to X-Forwarded-For by itself")
		return
	}
	if said, ours := otherVariable(written); said != "" {
		v.foreignVariable(at, said, ours)
		return
	}
	t, err := placeholder.Parse(written)
	if err != nil {
		v.noPlaceholder(at, written, err)
		return
	}
	if t.AsksWho() && v.forEverybody {
		v.add(at, CodePlaceholder, text.Quote(written)+
			" has a placeholder about who the client is, and the route does not find that out",
			"add auth to the route")
		return
	}
	filled, err := placeholder.Parse(t.With(func(name string) string {
		return v.doc.secrets[variableRef(name)]
	}))
	if err != nil {
		v.add(at, CodePlaceholder, err.Error(), "") // Parse reads what With has written
		return
	}
	value, fixed := filled.Fixed()
	if !fixed {
		value = filled.With(nil) // there are no variables left
	}
	if !v.fieldText(at, written, value, false) || name != "host" {
		return
	}
	if fixed {
		if !hostField(value) {
			v.wrong(at, CodeHeader, written, errors.New("is not a host, or a host with a port"), "")
		}
		return
	}
	for _, n := range filled.Uses() {
		if !slices.Contains(hostNames, n) {
			v.add(at, CodePlaceholder, fmt.Sprintf("{%s} can't be a part of a host", n),
				"those that can are "+braced(hostNames))
			return
		}
	}
}

// hostNames are the placeholders that the Host field may have.
var hostNames = []placeholder.Name{
	placeholder.RequestHost, placeholder.TLSServerName, placeholder.Endpoint, placeholder.Cluster,
	placeholder.Route, placeholder.Listener,
}

func braced(names []placeholder.Name) string {
	var out []string
	for _, n := range names {
		out = append(out, "{"+n.String()+"}")
	}
	return strings.Join(out, ", ")
}

// noPlaceholder notes what is wrong with a placeholder.
func (v *validator) noPlaceholder(at, written string, err error) {
	const escape = "a brace that begins none is written {{"
	wrong := &placeholder.Error{}
	if !errors.As(err, &wrong) {
		v.wrong(at, CodePlaceholder, written, err, "")
		return
	}
	hint := ""
	switch wrong.Kind {
	case placeholder.Open:
		hint = escape
	case placeholder.NoClaim:
		hint = "write {auth.claim.NAME}"
	case placeholder.NoVariable:
		hint = "write {env.NAME}"
	default:
		hint = v.nearestPlaceholder(wrong.Name)
		if hint == "" {
			hint = escape + "; docs/fields.md has the placeholders"
		}
	}
	name := wrong.Name
	if len(name) > 80 { // of a text that is no placeholder at all
		err = errors.New("has a { that begins no placeholder")
	}
	v.add(at, CodePlaceholder, text.Quote(written)+" "+text.Printable(err.Error()), hint)
}

// nearestPlaceholder is the hint for a name that is none, "" where nothing is like it.
func (v *validator) nearestPlaceholder(name string) string {
	name = strings.TrimSpace(name)
	if ours := oursFor(name); ours != "" {
		return "did you mean {" + ours + "}?"
	}
	v.suggestions++
	near := suggest(name, placeholder.Names(), "", v.suggestions)
	if quoted, ok := strings.CutPrefix(near, "did you mean \""); ok {
		return "did you mean {" + strings.TrimSuffix(quoted, "\"?") + "}?"
	}
	return near
}

// foreignVariable notes a variable as other products write them.
func (v *validator) foreignVariable(at, said, ours string) {
	hint := "docs/fields.md has the placeholders; they are written {client.address}"
	if ours != "" {
		hint = "did you mean {" + ours + "}?"
	} else if name := strings.Trim(said, "$%{}"); name != "" {
		v.suggestions++
		if near := v.nearestPlaceholder(name); near != "" {
			hint = near
		}
	}
	v.add(at, CodePlaceholder, text.Quote(said)+" is not how a placeholder is written", hint)
}

// otherVariable finds in a text what other products would fill in: ${name} and %{name} of any name,
// and $name, %NAME% and %[name] of those that are known here. ours is the placeholder that it is,
// "" where that is not known.
func otherVariable(s string) (said, ours string) {
	for i := range len(s) {
		rest := s[i:]
		if rest[0] != '$' && rest[0] != '%' || len(rest) < 2 {
			continue
		}
		switch {
		case rest[1] == '{' && !strings.HasPrefix(rest[2:], "{"):
			if end := strings.IndexByte(rest, '}'); end > 0 {
				return rest[:end+1], oursFor(rest[2:end])
			}
		case rest[0] == '$' && (i == 0 || !alphanumeric(s[i-1])):
			n := 1
			for n < len(rest) && (alphanumeric(rest[n]) || rest[n] == '_') {
				n++
			}
			if ours := oursFor(rest[1:n]); ours != "" {
				return rest[:n], ours
			}
		case rest[0] == '%':
			closing := byte('%')
			if rest[1] == '[' {
				closing = ']'
			}
			if end := strings.IndexByte(rest[1:], closing); end > 0 {
				if ours := oursFor(strings.Trim(rest[1:end+1], "[]")); ours != "" {
					return rest[:end+2], ours
				}
			}
		}
	}
	return "", ""
}

// oursFor is the placeholder for what other products call it, "" where there is none. They are
// nginx, Caddy, Envoy, HAProxy and Apache.
func oursFor(name string) string {
	plain := strings.ToLower(name)
	for _, prefix := range []string{"http.request.", "http."} {
		plain = strings.TrimPrefix(plain, prefix)
	}
	plain = strings.NewReplacer("_", "", ".", "", "-", "", ":", "", "(", "", ")", "").Replace(plain)
	for _, n := range placeholder.Names() {
		if strings.ReplaceAll(strings.ReplaceAll(n, ".", ""), "_", "") == plain {
			return n
		}
	}
	for _, w := range strings.Split(otherNames, "\n") {
		ours, theirs, _ := strings.Cut(w, ": ")
		if slices.Contains(strings.Fields(theirs), plain) {
			return ours
		}
	}
	return ""
}

const otherNames = `client.address: remoteaddr realipremoteaddr remotehost remote src clientip ip
client.address: address downstreamremoteaddresswithoutport downstreamremoteaddress clientaddr
client.port: remoteport srcport
client.certificate.subject: sslclientsdn sslclientsdndn sslcsdn tlsclientsubject subject
client.certificate.subject: downstreampeersubject certificatesubject
client.certificate.fingerprint: sslclientfingerprint tlsclientfingerprint fingerprint sslcsha1
client.certificate.fingerprint: downstreampeerfingerprint256
client.certificate.dns: downstreampeerdnssan
client.certificate.uri: downstreampeerurisan
request.id: requestid uuid id uniqueid xrequestid
request.host: host httphost hostport reqauthority authority reqhdrhost hdrhost
request.method: requestmethod method reqmethod
request.scheme: scheme proto protocol requestscheme xforwardedproto
request.path: uri documenturi path origuripath reqpath
request.path}?{request.query: requesturi origuri
request.query: args querystring query reqquery
tls.version: sslprotocol tlsversion sslfcprotocol downstreamtlsversion
tls.server_name: sslservername sni tlsservername sslfcsni requestedservername
endpoint: upstreamaddr proxyhost upstream upstreamhost reverseproxyupstreamhostport backend
cluster: upstreamcluster proxyname service
route: routename
listener: entrypoint`
