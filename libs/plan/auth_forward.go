package plan

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/policy/auth/forward"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// forward makes the authenticator of an entry of auth.forward.
func (p *Plan) forward(before *Plan, written, doc *config.Document, i int) error {
	shown, c := &written.Auth.Forward[i], &doc.Auth.Forward[i]
	ref := config.AuthRef{Kind: config.AuthForward, Name: shown.Name}
	last, _ := before.authenticator(ref).(*forward.Authenticator)
	security := shown.Security
	security.Mode = c.Secured().Mode // the URL may be a secret
	var secured *tlsconf.Client
	if before != nil {
		secured = before.asks[ref]
	}
	secured, err := tlsconf.NewClient(written, security, secured)
	if err != nil {
		return err
	}
	p.asks[ref] = secured
	p.note(fmt.Sprintf("%s %q", ref.List(), ref.Name), secured.Notes())
	p.auth[ref], err = forward.New(c, secured.Config(), last)
	return err
}
