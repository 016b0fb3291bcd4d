package plan

import (
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
)

// extensions makes the selection of what clients' PROXY headers say that endpoints are told too.
func extensions(names []string) (s proxyproto.Selection) {
	for _, n := range names {
		if n == config.PassExtensions {
			s = s.And(proxyproto.All())
		} else if kind, ok := config.ParseExtension(n); ok {
			s = s.With(kind)
		}
	}
	return s
}
