package config

import (
	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// healthAgg checks that nobody asks an aggregator across a network without saying who he is.
func (v *validator) healthAgg() {
	h := v.doc.HealthAgg
	if h == nil {
		return
	}
	v.tls(&Listener{TLS: h.TLS}, block("healthagg"))
	if h.TLS != nil && h.TLS.ClientAuth == ClientAuthOptional {
		v.add("healthagg.tls.client_auth", CodeSecurity,
			"it lets in clients without a certificate, and healthagg has no routes that decide",
			"remove it")
	}
	host, _, err := splitAddress(v.value(h.Address))
	if err != nil {
		v.wrong("healthagg.address", CodeAddress, h.Address, err,
			"write host:port, such as "+DefaultHealthAgg)
		return
	}
	if (h.TLS == nil || h.TLS.ClientCA == "") && !hostname.Loopback(host) {
		v.add("healthagg.address", CodeSecurity, text.Quote(h.Address)+
			" is not on loopback, where anybody could see what the fleet knows",
			"set healthagg.tls with client_ca, or bind to 127.0.0.1")
	}
	if v.value(h.History) == "" {
		v.add("healthagg.history", CodeValue, "the history has no file",
			"leave the key out for "+DefaultHistory)
	}
}
