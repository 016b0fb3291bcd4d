package config

import (
	"errors"
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// balance checks how a cluster shares what it gets.
func (v *validator) balance(c *Cluster, at spot) {
	b := &c.Balance
	path := at.of("balance.key").String()
	tcp := v.tcpListener(c.Name)
	switch key, err := ParseBalanceKey(b.Key); {
	case b.Key != "" && b.Policy != BalanceHash && contains(balancePolicies(), b.Policy):
		v.add(path, CodeConflict, "only requests that are hashed have a key, and the policy is "+
			b.Policy, "set policy: hash, or remove the key")
	case err != nil:
		v.add(path, CodeValue, fmt.Sprintf("%s %s", text.Quote(b.Key), err),
			"write client, header:NAME, cookie:NAME, query:NAME or path")
	case b.Policy == BalanceHash && tcp != "" && key.Kind != KeyClient:
		v.add(path, CodeConflict, fmt.Sprintf("the tcp listener %s leads here, and a TCP session "+
			"has nothing to hash but its client's address", text.Quote(tcp)),
			"write key: client, or make a cluster of its own for the listener")
	}
	if c.Sticky != nil {
		v.sticky(c, at, tcp)
	}
}

func balancePolicies() []string {
	return []string{BalanceRoundRobin, BalanceLeastRequest, BalanceHash}
}

// sticky checks the cookie of a cluster; tcp is a listener whose sessions go there, "" for none.
func (v *validator) sticky(c *Cluster, at spot, tcp string) {
	s := c.Sticky
	if tcp != "" && !v.routed(c.Name) {
		v.add(at.of("sticky").String(), CodeConflict, fmt.Sprintf("only the tcp listener %s leads "+
			"here, and a TCP session has no cookies", text.Quote(tcp)),
			"write balance: {policy: hash, key: client}")
	}
	switch {
	case s.Cookie == "":
		v.add(at.of("sticky.cookie").String(), CodeMissing, "the cookie has no name",
			"give it one, such as cookie: gw")
	case !validToken(s.Cookie):
		v.add(at.of("sticky.cookie").String(), CodeValue, fmt.Sprintf(
			"%s is no name of a cookie", text.Quote(s.Cookie)),
			"use letters, digits and - _ .")
	}
	if s.TTL > 0 && s.TTL < time.Second {
		v.add(at.of("sticky.ttl").String(), CodeValue, fmt.Sprintf(
			"%s is too short, and cookies count in seconds", shortDuration(s.TTL)),
			"1s is the least; 0s lasts until the browser closes")
	}
	if s.Secret == "" {
		return
	}
	if n := len(v.value(s.Secret)); n < LeastStickySecret {
		v.wrongSecret(at.of("sticky.secret").String(), s.Secret, fmt.Errorf(
			"has %d bytes, and %d are the least", n, LeastStickySecret))
	}
}

// wrongSecret says what is wrong with a secret, which is not shown if it stands in the file either.
func (v *validator) wrongSecret(path, value string, why error) {
	const hint = "make one with: openssl rand -base64 32"
	if isSecret(value) {
		v.wrong(path, CodeSecret, value, errors.New("is too short"), hint)
		return
	}
	v.add(path, CodeSecret, "the secret "+why.Error(), hint)
}

// tcpListener returns the name of a tcp listener whose sessions may go to a cluster, "" for none.
func (v *validator) tcpListener(cluster string) string {
	if cluster == "" {
		return ""
	}
	for i := range v.doc.Listeners {
		l := &v.doc.Listeners[i]
		if l.Protocol != ProtocolTCP {
			continue
		}
		if l.Cluster == cluster {
			return l.Name
		}
		for j := range l.SNI {
			if l.SNI[j].Cluster == cluster {
				return l.Name
			}
		}
	}
	return ""
}

// routed says whether a route leads to a cluster.
func (v *validator) routed(cluster string) bool {
	for i := range v.doc.Routes {
		r := &v.doc.Routes[i]
		if r.Cluster == cluster {
			return true
		}
		for j := range r.Split {
			if r.Split[j].Cluster == cluster {
				return true
			}
		}
	}
	return false
}
