package config

import (
	"fmt"
	"regexp"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

var errorStatus = regexp.MustCompile(`^[45]([0-9][0-9]|xx)$`)

// errorPages checks the pages of a route, or of a listener, which has no endpoints.
func (v *validator) errorPages(pages []ErrorPage, at spot, listener bool) {
	type shown struct{ on, whose string }
	taken := make(map[shown]string) // where
	for i := range pages {
		if v.full() {
			return
		}
		p, at := &pages[i], at.item("error_pages", i)
		if listener && p.From != ErrorsOfGateway {
			v.add(at.of("from").String(), CodeConflict,
				"a listener has pages for errors of the gateway alone",
				"remove it; the routes have error_pages for what endpoints answer")
		}
		for j, on := range p.On {
			at := text.JoinIndex(at.of("on").String(), j)
			if !errorStatus.MatchString(on) {
				v.add(at, CodeValue, fmt.Sprintf("%s is no status of an error", text.Quote(on)),
					`they are "400" to "599" in quotes, 4xx and 5xx`)
				continue
			}
			before := ""
			for _, whose := range []string{ErrorsOfGateway, ErrorsOfUpstream} {
				if p.From != whose && p.From != ErrorsOfBoth {
					continue
				}
				if first, ok := taken[shown{on, whose}]; ok && before == "" {
					before = first
				} else if !ok {
					taken[shown{on, whose}] = at
				}
			}
			if before != "" {
				v.add(at, CodeConflict, fmt.Sprintf("%s has a page already, %s", text.Quote(on),
					before), "remove one, or write another from")
			}
		}
		if p.File != "" {
			v.page(at.of("file"), p.File)
		}
	}
}
