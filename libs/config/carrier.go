package config

import (
	"errors"
	"slices"
	"strings"
)

// Where a request may have a credential.
const (
	InHeader = "header"
	InQuery  = "query"
	InCookie = "cookie"
)

// A Carrier is where requests have a credential: InHeader, InQuery or InCookie, and the name there,
// which is in lower case for a field.
type Carrier struct{ Kind, Name string }

// needed are fields that requests need for other things. A credential ends at the gateway, and the
// field with it.
var needed = []string{
	"host", "cookie", "content-length", "transfer-encoding", "connection", "te", "trailer",
	"upgrade", "keep-alive", "proxy-connection",
}

// ParseCarrier reads header:NAME, query:NAME or cookie:NAME.
func ParseCarrier(s string) (Carrier, error) {
	kind, name, _ := strings.Cut(s, ":")
	c := Carrier{kind, name}
	ok := false
	switch kind {
	case InHeader:
		c.Name, ok = strings.ToLower(name), validToken(name)
	case InCookie:
		ok = validToken(name)
	case InQuery:
		ok = name != ""
	}
	if !ok {
		return Carrier{}, errors.New("is no place of a request")
	}
	if kind == InHeader && slices.Contains(needed, c.Name) {
		return Carrier{}, errors.New("is a field that requests need for other things")
	}
	return c, nil
}
