package fromcaddy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// makeListener puts a listener into the draft.
func (im *importer) makeListener(l *listener) {
	kind := "http"
	if l.tls {
		kind = "https"
	}
	hint := kind + "-" + strconv.Itoa(l.port)
	if l.port == 80 && !l.tls || l.port == 443 && l.tls {
		hint = kind
	}
	l.name = im.draft.Name("listener", hint)
	o := &draft.Object{Name: l.name, From: l.from, What: "site"}
	o.Keys.Set("address", l.address)
	if l.tls {
		im.tls(l, o)
	}
	for _, p := range im.options.Clone() {
		o.Keys.Put(p.Key, p.Value)
	}
	im.draft.Listeners = append(im.draft.Listeners, o)
}

// tls maps the certificates of the sites of a listener.
func (im *importer) tls(l *listener, o *draft.Object) {
	tls := draft.Map{}
	var certificates []draft.Map
	var at *line
	var without []*site
	for _, s := range l.sites {
		found := false
		for _, d := range s.from.block {
			if d.name() != "tls" {
				continue
			}
			if len(d.args()) == 2 {
				found, at = true, d
				certificates = append(certificates, draft.Map{
					{Key: "cert", Value: im.draft.Path(d.arg(0), im.dir)},
					{Key: "key", Value: im.draft.Path(d.arg(1), im.dir)},
				})
			}
			im.tlsOptions(d, &tls)
		}
		if !found {
			without = append(without, s)
		}
	}
	if len(without) > 0 {
		im.draft.LeftOut(without[0].from.Place, "automatic HTTPS", "this version gets no "+
			"certificates by itself; give the listener "+o.Name+" some for "+
			strings.Join(labels(without), ", "))
	}
	certificates = slices.CompactFunc(certificates, func(a, b draft.Map) bool {
		return draft.Key(a) == draft.Key(b)
	})
	if len(certificates) == 0 {
		o.Beside = append(o.Beside, "it has no TLS until it has certificates: tls: {certificates: "+
			"[{cert: "+without[0].label+".pem, key: "+without[0].label+".key}]}")
		return
	}
	tls.Set("certificates", certificates)
	im.draft.TLS(o, at.Place, "tls", tls)
}

func labels(sites []*site) (all []string) {
	for _, s := range sites {
		all = append(all, s.label)
	}
	return all
}

// tlsOptions maps the block of tls.
func (im *importer) tlsOptions(d *line, tls *draft.Map) {
	for _, o := range d.block {
		switch o.name() {
		case "protocols":
			if o.arg(0) == "tls1.3" {
				tls.Set("min_version", "1.3")
			}
		case "alpn":
			tls.Set("alpn", o.args())
		case "client_auth":
			mode, ca := "", ""
			for _, c := range o.block {
				switch c.name() {
				case "mode":
					mode = c.arg(0)
				case "trusted_ca_cert_file":
					ca = c.arg(0)
				case "trust_pool":
					if c.arg(0) == "file" && len(c.args()) == 2 {
						ca = c.arg(1)
					}
				}
			}
			if ca != "" && (mode == "" || mode == "require_and_verify") {
				tls.Set("client_ca", im.draft.Path(ca, im.dir))
			}
		case "ciphers", "curves":
			im.draft.LeftOut(o.Place, "tls "+o.name(), "the gateway has a list of its own")
		default:
			im.draft.Meaningless(o.Place, "tls "+o.name())
		}
	}
}

// asksForCertificates says whether a site wants certificates of clients that its listeners do not
// ask for.
func (im *importer) asksForCertificates(s *site) bool {
	for _, d := range s.from.block {
		if d.name() != "tls" || !slices.ContainsFunc(d.block, func(o *line) bool {
			return o.name() == "client_auth"
		}) {
			continue
		}
		for _, l := range s.on {
			for _, o := range im.draft.Listeners {
				if o.Name != l.name {
					continue
				}
				if tls, _ := o.Keys.Get("tls").(draft.Map); tls.Get("client_ca") == nil {
					return true
				}
			}
		}
	}
	return false
}
