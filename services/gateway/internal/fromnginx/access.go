package fromnginx

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// prefix reads an address or a range of them.
func prefix(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), true
	}
	return netip.Prefix{}, false
}

func everybody() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
}

// less returns what is left of a range without another one.
func less(p, without netip.Prefix) []netip.Prefix {
	switch {
	case !p.Overlaps(without):
		return []netip.Prefix{p}
	case without.Bits() <= p.Bits():
		return nil
	}
	var left []netip.Prefix
	for bits := p.Bits() + 1; bits <= without.Bits(); bits++ {
		// The other half of the range of this length that the hole is in.
		raw := without.Addr().AsSlice()
		raw[(bits-1)/8] ^= 1 << (7 - (bits-1)%8)
		a, _ := netip.AddrFromSlice(raw)
		left = append(left, netip.PrefixFrom(a, bits).Masked())
	}
	return left
}

// mostRanges bounds what one list of rules may become.
const mostRanges = 1000

// access maps allow and deny. In nginx the first rule counts that an address is in, here deny comes
// before allow; so what an earlier allow has is taken out of a deny.
func (im *importer) access(s *scope, keys *draft.Map) {
	rules, level := []*directive(nil), s
	for ; level != nil && len(rules) == 0; level = level.up {
		for _, d := range level.list {
			if d.name == "allow" || d.name == "deny" {
				rules = append(rules, d)
			}
		}
	}
	if len(rules) == 0 {
		return
	}
	var allow, deny []netip.Prefix
	closed := false
	for _, d := range rules {
		if d.arg(0) == "all" {
			if d.name == "deny" {
				closed = true
			}
			break // nothing behind it counts
		}
		p, ok := prefix(d.arg(0))
		if !ok {
			im.shut(d, "it is no range of addresses", keys)
			return
		}
		if d.name == "allow" {
			if !slices.Contains(allow, p) {
				allow = append(allow, p)
			}
			continue
		}
		left := []netip.Prefix{p}
		for _, a := range allow {
			var next []netip.Prefix
			for _, l := range left {
				next = append(next, less(l, a)...)
			}
			left = next
		}
		for _, l := range left {
			if !slices.Contains(deny, l) {
				deny = append(deny, l)
			}
		}
		if len(deny)+len(allow) > mostRanges {
			im.shut(d, "these rules become too many ranges", keys)
			return
		}
	}
	switch {
	case closed && len(allow) == 0:
		deny = everybody()
		allow = nil
	case closed:
		deny = slices.DeleteFunc(deny, func(d netip.Prefix) bool {
			return !slices.ContainsFunc(allow, d.Overlaps)
		})
	default:
		allow = nil
	}
	if len(allow) > 0 {
		keys.Set("clients.allow", texts(allow))
	}
	if len(deny) > 0 {
		keys.Set("clients.deny", texts(deny))
	}
}

func texts(prefixes []netip.Prefix) (all []string) {
	for _, p := range prefixes {
		all = append(all, p.String())
	}
	return all
}

// shut closes a route to all clients, since what keeps some of them away could not be carried over.
func (im *importer) shut(d *directive, why string, keys *draft.Map) {
	im.draft.LeftOut(d.Place, d.text(), why+"; its routes are closed (`clients: {deny: …}`) until "+
		"you open them")
	keys.Set("clients", draft.Map{{Key: "deny", Value: texts(everybody())}})
}

// passwordsByHand is why users with passwords are not carried over: nginx takes hashes of any
// kind.
const passwordsByHand = "the users are `auth.basic` here, to be written by hand, since only " +
	"bcrypt and argon2id are taken: no apr1, crypt, SHA or plain text"

// passwords closes routes that need something of clients that is not carried over.
func (im *importer) passwords(sv *server, s *scope, keys *draft.Map) {
	im.users(s, keys)
	im.forward(sv, s, keys)
	im.others(s, keys)
	for _, kind := range [][2]string{
		{"auth_jwt", "the issuer of tokens is `auth.jwt` here, to be written by hand"},
		{"auth_oidc", "signing in is left to a server of `auth.forward`, such as oauth2-proxy"},
		{"secure_link", "this gateway has no signed links"},
		{"auth_pam", "passwords are in files here, see `auth.basic`"},
		{"auth_digest", "there is no digest auth, see `auth.basic`"},
		{"js_access", "this gateway runs no scripts"},
		{"modsecurity", "this gateway has no such filter of requests"},
		{"SecRulesEnabled", "this gateway has no such filter of requests"},
		{"perl", "this gateway runs no scripts"},
		{"access_by_lua_block", "this gateway runs no scripts"},
		{"access_by_lua_file", "this gateway runs no scripts"},
	} {
		if d := s.find(kind[0]); d != nil && d.arg(0) != "off" {
			im.shut(d, kind[1], keys)
		}
	}
	im.certificates(sv, s, keys)
}

// others closes routes that have an access control of a module that nobody here knows, such as
// auth_ldap: its name says so.
func (im *importer) others(s *scope, keys *draft.Map) {
	for at := s; at != nil; at = at.up {
		for _, d := range at.list {
			switch d.name {
			case "auth_basic", "auth_basic_user_file", "auth_request", "auth_request_set",
				"auth_delay", "auth_jwt", "auth_oidc", "auth_pam", "auth_digest":
				continue
			}
			if strings.HasPrefix(d.name, "auth_") && s.value(d.name) != "off" {
				im.shut(d, "this gateway has no such access control; see `auth.forward`", keys)
				return
			}
		}
	}
}

// forward maps auth_request, beside or in the place of passwords.
func (im *importer) forward(sv *server, s *scope, keys *draft.Map) {
	a := &sv.asked
	if a.by == nil {
		return
	}
	if a.why != "" {
		im.shut(a.by, a.why+": the server that is asked is `auth.forward` here, to be written by "+
			"hand", keys)
		return
	}
	auth, _ := keys.Get("auth").(draft.Map)
	basic := auth.Get("basic")
	switch any := s.find("satisfy"); {
	case basic == nil:
		keys.Set("auth.forward", a.name)
	case any != nil && any.arg(0) == "any":
		keys.Put("auth", draft.Map{{Key: "any_of", Value: []draft.Map{
			{{Key: "basic", Value: basic}}, {{Key: "forward", Value: a.name}},
		}}})
		if s.find("allow") == nil && s.find("deny") == nil {
			im.skipped[any] = true
		}
	default:
		im.shut(a.by, "a route asks for passwords or a server, and not for both", keys)
	}
}

// users maps auth_basic, where the file of users can be used as it is.
func (im *importer) users(s *scope, keys *draft.Map) {
	d := s.find("auth_basic")
	if d == nil || d.arg(0) == "off" {
		return
	}
	file := s.find("auth_basic_user_file")
	realm := d.arg(0)
	if file == nil || strings.Contains(realm+file.arg(0), "$") {
		im.shut(d, passwordsByHand, keys)
		return
	}
	path := im.draft.Path(file.arg(0), im.dir)
	if why := im.draft.Users(path); why != "" {
		im.shut(d, why+": "+passwordsByHand, keys)
		return
	}
	keys.Set("auth.basic", im.draft.Auth("basic", realm, draft.Map{
		{Key: "realm", Value: realm}, {Key: "file", Value: path}, {Key: "keep", Value: true},
	}))
}

// certificates closes routes that need a certificate of clients that their listeners do not ask
// for.
func (im *importer) certificates(sv *server, s *scope, keys *draft.Map) {
	if d := s.find("ssl_verify_client"); d != nil && d.arg(0) == "on" {
		for _, l := range sv.on {
			if l.tls && !l.asks {
				im.shut(d, "the listener asks all clients for a certificate, or none, as the "+
					"default server says, and that one does not", keys)
				return
			}
		}
	}
	for ; s != nil; s = s.up {
		for _, d := range named(s.list, "if") {
			t, _ := testOf(d)
			switch t.variable {
			case "ssl_client_verify", "ssl_client_s_dn", "ssl_client_fingerprint", "secure_link":
				im.shut(d, "it keeps clients away by what this gateway has no condition for", keys)
				return
			}
		}
	}
}
